import { addDays, daysBetween } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { endFreeze, freezeSubscription, trainingsWithin } from '../../sql/subscriptions/freeze.ts';
import type { Held } from '../../sql/subscriptions/held.ts';
import { type HeldTerm, payersOwing, type Shift, shiftTerms, termsOf } from '../../sql/subscriptions/neighbours.ts';
import { Refused } from '../refusal.ts';
import { fillFromWaitlists, type LockedWaiting, lockWithWaiting } from '../waitlist/fill.ts';
import { pulledBy, pushedBy } from './neighbours.ts';
import { judgeFreeze, judgeUnfreeze } from './policy.ts';

/** A subscription whose term moved because that of the one before did. Days are inclusive business days. */
export type Moved = { id: number; subscription: string; start_date: string; end_date: string };

/** Locks the student of a subscription that is to be frozen, and whoever may get a seat that becomes free by it. */
export async function lockForFreeze(
  db: Sql,
  studentId: number,
  of: { from: string; to: string; now: Date },
): Promise<LockedWaiting> {
  await lockRoster(db);
  return lockWithWaiting(db, await trainingsWithin(db, { studentId, ...of }), [studentId]);
}

/**
 * Freezes a subscription (D25) on inclusive business days; those that begin after it move along, so that none of their days is lost.
 * Seats that become free go to those who wait for them (R15). The caller has called {@link lockForFreeze}. Throws `invalid` or a
 * `conflict` where it cannot be frozen then, and a `conflict` where one that would have to move has a freeze of its own.
 */
export async function freeze(
  db: Sql,
  subscription: Held,
  period: { from: string; to: string; today: string; now: Date },
  locked: LockedWaiting,
) {
  judgeFreeze(subscription, period.from, period.to, period.today);
  const terms = await termsOf(db, subscription.student_id);
  const new_end_date = addDays(subscription.end_date, daysBetween(period.from, period.to) + 1);
  const shifts = pushedBy(terms, { id: subscription.id, end_date: subscription.end_date, new_end_date });
  const frozen = terms.find(
    (term) => shifts.some(({ id }) => id === term.id) && term.freeze_end_date !== null && term.freeze_end_date >= period.today,
  );
  if (frozen) throw new Refused('conflict', `the subscription ${frozen.id}, which follows it, has a freeze: end that one first`);
  const seats = await freezeSubscription(db, {
    id: subscription.id,
    studentId: subscription.student_id,
    payers: locked.payers,
    ...period,
  });
  await shiftTerms(db, shifts, period.now);
  const freed = seats.map(({ real_training_id }) => real_training_id);
  await fillFromWaitlists(db, freed, period.now, locked);
  const sum = (what: 'sessions' | 'refunded_minor' | 'cancelled_minor') =>
    seats.reduce((total, seat) => total + seat.returned[what], 0);
  return {
    released: seats.map(({ seat_id: _, returned: __, ...training }) => training),
    returned: { sessions: sum('sessions'), refunded_minor: sum('refunded_minor'), cancelled_minor: sum('cancelled_minor') },
    moved: movedBy(terms, shifts),
  };
}

/**
 * Ends a freeze before its time (D25); what it had moved comes back by as much. The caller holds the student's lock. Throws a
 * `conflict` where there is no freeze.
 */
export async function unfreeze(db: Sql, subscription: Held, moment: { today: string; now: Date }) {
  judgeUnfreeze(subscription);
  const daysReturned = await endFreeze(db, subscription.id, moment.today);
  const payers = await payersOwing(db, subscription.student_id);
  if (payers.length > 0) await lockWallets(db, payers);
  return { days_returned: daysReturned, moved: await pullBack(db, subscription, moment) };
}

/** Moves back what a subscription's freeze had moved, its last day having been `held.end_date` until now. Wallets are locked before. */
export async function pullBack(db: Sql, subscription: Held, { today, now }: { today: string; now: Date }): Promise<Moved[]> {
  const terms = await termsOf(db, subscription.student_id);
  const shifts = pulledBy(terms, subscription.end_date, today);
  await shiftTerms(db, shifts, now);
  return movedBy(terms, shifts);
}

const movedBy = (terms: readonly HeldTerm[], shifts: readonly Shift[]): Moved[] =>
  shifts.flatMap(({ id, days }) =>
    terms
      .filter((term) => term.id === id)
      .map(({ subscription, start_date, end_date }) => ({
        id,
        subscription,
        start_date: addDays(start_date, days),
        end_date: addDays(end_date, days),
      })),
  );
