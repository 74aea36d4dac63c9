import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { findRoles } from '../../sql/auth/roles.ts';
import { endSession, findSession, type OpenedBy, type OpenSession } from '../../sql/auth/sessions.ts';
import { hasTotp } from '../../sql/auth/totp.ts';
import { deviceWith } from '../../workers/sign-in/device.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { secretOf, tokenHash } from '../../workers/sign-in/tokens.ts';
import { deviceCookie, sessionCookie } from '../auth/visit.ts';
import { Problem } from '../http/problems.ts';
import type { Context } from '../http/route.ts';

export const userItem = z
  .object({ id: z.int(), first_name: z.string(), last_name: z.string(), roles: z.array(z.string()) })
  .meta({ id: 'SignedIn' });
export const signedIn = z.object({ user: userItem });

/**
 * Opens a session for whoever has shown who they are. Whoever has a second factor and has not shown it, since they came by another way
 * than a password, must show it before anything else. Throws a 401 for somebody who has left the studio.
 */
export async function open({ fleet, visit, now }: Context, userId: number, openedBy: OpenedBy) {
  const { db, settings } = fleet;
  const roles = await findRoles(db, userId);
  const isLimited = openedBy !== 'password' && (await hasTotp(db, userId));
  const { agent, address } = visit;
  const { token, expires } = await openSession(db, { id: userId, roles, isLimited }, openedBy, { agent, address }, now);
  const found = await findSession(db, tokenHash(token), now, dayOf(now, settings.zone));
  if (!found) throw new Problem(401, 'this person is not active in the studio any more');
  return { token, expires, user: userOf(found) };
}

/** {@link open}, with the cookies that a browser keeps; the session that it had before ends. */
export async function openInBrowser(context: Context, userId: number, openedBy: OpenedBy) {
  const { fleet, visit, caller } = context;
  const { token, expires, user } = await open(context, userId, openedBy);
  if (visit.isByCookie && caller.person) {
    await endSession(fleet.db, caller.person.id, caller.person.sessionId);
    caller.forget?.();
  }
  const device = deviceWith(await secretOf(fleet.db, 'devices'), visit.device, userId);
  const cookies = [sessionCookie(fleet.settings, token, expires), deviceCookie(fleet.settings, device)];
  return { user, headers: { 'Set-Cookie': cookies } };
}

const userOf = (session: OpenSession) => ({
  id: session.user_id,
  first_name: session.first_name,
  last_name: session.last_name,
  roles: rolesShown(session.roles, session.children),
});

/** Roles as they are shown: whoever looks after somebody is a guardian, too. */
export const rolesShown = (roles: readonly string[], children: readonly number[]): string[] => [
  ...roles,
  ...(children.length > 0 ? ['guardian'] : []),
];
