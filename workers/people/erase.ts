import type { Sql } from '../../sql/database/database.ts';
import { type ErasureObstacle, erasePerson, erasureObstacles, lockForErasure } from '../../sql/people/erase.ts';
import { type Erasure, findErasure, noteErasure } from '../../sql/people/erasures.ts';
import { whoIsNow } from '../../sql/people/merge.ts';
import { findKnown, idsOf } from '../../sql/people/own-data.ts';
import { Refused } from '../refusal.ts';

const words: Record<ErasureObstacle['kind'], string> = {
  works_here: 'a role at the studio',
  pays_for_others: 'students for whom they pay',
  balance: 'a balance',
  debts: 'unpaid invoices',
  subscriptions: 'live subscriptions',
  packages: 'live packages',
  trainings_ahead: 'places in trainings',
  bookings_ahead: 'bookings',
  open_requests: 'open requests',
};

/**
 * Erases a person in the caller's transaction (R31): words and identity go, ledgers stay. Erased already: the first act.
 * Throws {@link Refused}: missing, or a conflict that names everything that stands against it.
 */
export async function erase(transaction: Sql, id: number, { by, now }: { by: string; now: Date }): Promise<Erasure> {
  await lockForErasure(transaction, id);
  const who = await findKnown(transaction, id);
  if (!who) throw new Refused('missing', `there is no person ${id}`);
  const before = await findErasure(transaction, id);
  if (before) return before;
  const nowIs = await whoIsNow(transaction, id);
  if (nowIs !== id) throw new Refused('conflict', `person ${id} was merged into person ${nowIs}`, { merged_into: nowIs });
  const obstacles = await erasureObstacles(transaction, id, now.toISOString());
  if (obstacles.length > 0) {
    const named = obstacles.map(({ kind, count }) => (kind === 'balance' ? words[kind] : `${words[kind]} (${count})`));
    throw new Refused('conflict', `person ${id} still has ${named.join(', ')}`, { obstacles });
  }
  const counts = await erasePerson(transaction, who);
  // Each number has an act of its own: a dump of before the merging knows two people.
  for (const also of idsOf(who).filter((number) => number !== id))
    await noteErasure(transaction, { userId: also, by, counts: {} });
  return noteErasure(transaction, { userId: id, by, counts });
}

/** The same once more after a restore, whatever has come back: it was right then. */
export async function eraseAgain(transaction: Sql, act: { user_id: number; erased_at: string; erased_by: string }) {
  await lockForErasure(transaction, act.user_id);
  const who = await findKnown(transaction, act.user_id);
  if (!who) return;
  const counts = await erasePerson(transaction, who);
  await noteErasure(transaction, { userId: act.user_id, by: act.erased_by, counts, at: act.erased_at });
}

/** Days within which somebody is erased who withdrew the consent to keep anything (R30). */
export const DAYS_TO_ERASE = 30;
