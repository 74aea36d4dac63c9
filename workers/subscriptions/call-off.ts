import type { Sql } from '../../sql/database/database.ts';
import { settle } from '../../sql/finance/settle.ts';
import { carry, refundSession } from '../../sql/sessions/carry.ts';
import { reduceBills, type Standing, standingOf } from '../../sql/sessions/shares.ts';
import { endSubscription, lockBills } from '../../sql/subscriptions/cancel.ts';
import type { Held } from '../../sql/subscriptions/held.ts';
import { pullBack } from './freeze.ts';
import { demandLiveSubscription, judgeRefund, splitOf } from './policy.ts';

/**
 * Calls a subscription off. Of its price the share of what was used, or carried on to the next one, is kept (D22): of an owed one
 * the rest is owed no more; of a paid one as much of the rest goes back to the wallet as is asked for, and settles what else is owed
 * (D15). Sessions that it had got from the one before go back to that one, while it lasts: to itself, or as money where that was
 * called off, too. What else is left leaves it. The caller holds the student's lock. Throws a `conflict` for one that is over,
 * `invalid` for more than the unused share.
 * @param refundMinor minor units
 */
export async function callOffSubscription(
  db: Sql,
  subscription: Held,
  request: { reason: string; refundMinor: number; today: string; now: Date },
) {
  demandLiveSubscription(subscription);
  const { payers, ...bills } = await lockBills(db, { id: subscription.id, studentId: subscription.student_id });
  const standing = await standingOf(db, subscription.id, request.today);
  const split = splitOf(standing, bills);
  judgeRefund(request.refundMinor, split.refundable_minor);

  const previous = await previousOf(db, standing, request.today);
  const unused = Math.max(0, Math.min(standing.sessions_left ?? 0, standing.carried_in - standing.taken));
  const back = previous ? unused : 0;
  const share =
    previous && back > 0 ? await carryBack(db, previous, { id: subscription.id, sessions: back, today: request.today }) : 0;
  await endSubscription(db, { id: subscription.id, reason: request.reason, today: request.today });
  const refunded = await reduceBills(db, {
    id: subscription.id,
    minor: request.refundMinor,
    status: 'PAID',
    reason: request.reason,
  });
  await reduceBills(db, { id: subscription.id, minor: split.cancelled_minor, status: 'UNPAID', reason: request.reason });
  const moved = await pullBack(db, subscription, request);
  if (payers.length > 0) await settle(db, payers);
  return {
    refunded_minor: refunded + share,
    refundable_minor: split.refundable_minor,
    kept_minor: bills.paid_minor - refunded + split.owed_minor,
    owed_minor: split.owed_minor,
    cancelled_minor: split.cancelled_minor,
    used_units: standing.used_units,
    units: standing.units,
    sessions_carried_back: back,
    sessions_cancelled: (subscription.sessions_left ?? 0) - back,
    moved,
  };
}

/** The one it renews, if that still lasts: until its last day is over, whether or not it was called off. */
async function previousOf(db: Sql, { renewed_from_id }: Standing, today: string): Promise<Standing | null> {
  if (renewed_from_id === null) return null;
  const previous = await standingOf(db, renewed_from_id, today);
  return previous.end_date >= today && previous.status !== 'expired' && previous.sessions_left !== null ? previous : null;
}

/** Undoes the carrying over on both sides. Returns what came back as money, in minor units. */
async function carryBack(db: Sql, previous: Standing, carried: { id: number; sessions: number; today: string }): Promise<number> {
  const { id: from, status } = previous;
  if (status !== 'cancelled') {
    await carry(db, [{ from, to: carried.id, sessions: -carried.sessions }], null);
    return 0;
  }
  let share = 0;
  for (let n = 0; n < carried.sessions; n += 1) {
    await carry(db, [{ from, to: carried.id, sessions: -1 }], null);
    const { refunded_minor } = await refundSession(db, { heldId: from, seatId: null, runId: null, today: carried.today });
    share += refunded_minor;
  }
  return share;
}
