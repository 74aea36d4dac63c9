import { insertSession, type OpenedBy, type Role } from '../../sql/auth/sessions.ts';
import type { Sql } from '../../sql/database/database.ts';
import { newToken, tokenHash } from './tokens.ts';

const HOUR_MS = 3_600_000;
const STAFF: readonly Role[] = ['owner', 'admin', 'trainer', 'vending_owner'];

/** Whether somebody works here: their sessions are shorter, and a second factor may be demanded of them. */
export const isStaff = (roles: readonly Role[]) => roles.some((role) => STAFF.includes(role));

/** How long a session lasts from when it was used last: 12 hours for staff, 30 days for clients. */
export const sessionMs = (roles: readonly Role[]) => (isStaff(roles) ? 12 : 30 * 24) * HOUR_MS;

export type Visit = { agent: string; address: string };

/** Opens a session. Returns its token, which is kept nowhere here, and its end unless it is used meanwhile. */
export async function openSession(
  db: Sql,
  person: { id: number; roles: readonly Role[]; isLimited?: boolean },
  openedBy: OpenedBy,
  visit: Visit,
  now: Date,
): Promise<{ id: number; token: string; expires: Date }> {
  const token = newToken();
  const expires = new Date(now.getTime() + sessionMs(person.roles));
  const { id: userId, isLimited = false } = person;
  const id = await insertSession(db, { userId, hash: tokenHash(token), openedBy, isLimited, now, expires, ...visit });
  return { id, token, expires };
}
