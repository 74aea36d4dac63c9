import { isLoopback } from '../../queues/process/network-settings.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { giveRole, insertPerson } from '../../sql/auth/links.ts';
import type { Database, Sql } from '../../sql/database/database.ts';
import { isDemoStudio, oneOfEachRole, replaceDemoLinks, type Somebody, useDemoLink } from '../../sql/demo/demo-links.ts';
import { Refused } from '../refusal.ts';
import { newToken, tokenHash } from './tokens.ts';

const VALID_MS = 12 * 3_600_000;

/** Only where nobody but this machine can knock: no other address is listened on, and no proxy lets others in. */
export const isForThisMachine = ({ host, publicUrl, trustProxy }: Pick<Settings, 'host' | 'publicUrl' | 'trustProxy'>) =>
  isLoopback(host) && trustProxy === undefined && (publicUrl === undefined || isLoopback(new URL(publicUrl).hostname));

/**
 * Links to look around the demo studio as one person of each role; those made before end. Each signs in once, within twelve hours. None
 * where the studio is not the demo, or others than this machine can reach it.
 */
export async function makeDemoLinks(
  db: Database,
  settings: Settings,
  now: Date,
): Promise<{ role: Somebody['role']; path: string }[]> {
  if (!isForThisMachine(settings) || !(await isDemoStudio(db))) return [];
  return db.transaction(async (transaction) => {
    const there = await oneOfEachRole(transaction);
    const hasOwner = there.some(({ role }) => role === 'owner');
    const people = hasOwner ? there : [{ role: 'owner' as const, user_id: await demoOwner(transaction) }, ...there];
    const links = people.map(({ role, user_id }) => ({ role, userId: user_id, token: newToken() }));
    const kept = links.map(({ token, userId }) => ({ hash: tokenHash(token), userId }));
    await replaceDemoLinks(transaction, kept, new Date(now.getTime() + VALID_MS));
    return links.map(({ role, token }) => ({ role, path: `/console/enter?token=${token}` }));
  });
}

/** The demo comes without an owner, so that whoever starts it becomes the owner; this one has no password. */
async function demoOwner(transaction: Sql): Promise<number> {
  const id = await insertPerson(transaction, { firstName: 'Вера', lastName: 'Хозяйкина', phone: null, email: null, login: null });
  await giveRole(transaction, id, 'owner');
  return id;
}

/** Uses a demo link up. Throws `missing` for one that is not valid, or not any more, and wherever others than this machine can ask. */
export async function enterDemo(db: Sql, token: string, settings: Settings, now: Date): Promise<number> {
  const userId = isForThisMachine(settings) ? await useDemoLink(db, tokenHash(token), now) : null;
  if (userId === null) throw new Refused('missing', 'this link was used already, or is over; "npm start" prints new ones');
  return userId;
}
