import type { Held } from '../../sql/subscriptions/held.ts';
import { notAcceptable, Refused } from '../refusal.ts';

/** The longest freeze, in days. */
const LONGEST_FREEZE = 366;

/** Throws a 409 for one that is over: nothing about it can be changed any more. */
export function demandLive(held: Pick<Held, 'id' | 'status'>) {
  if (held.status === 'expired') throw new Refused('conflict', `the subscription ${held.id} has expired`);
  if (held.status === 'cancelled') throw new Refused('conflict', `the subscription ${held.id} is cancelled`);
}

/** Throws a 409 for one that has been renewed: what is asked for belongs to the one that follows it. */
export function demandNotRenewed(held: Pick<Held, 'id' | 'renewed_by_id'>) {
  if (held.renewed_by_id !== null) {
    throw new Refused('conflict', `the subscription ${held.id} has been renewed: this concerns ${held.renewed_by_id}`);
  }
}

type Frozen = Pick<Held, 'id' | 'status' | 'start_date' | 'end_date' | 'freeze_start_date' | 'freeze_end_date' | 'renewed_by_id'>;

/**
 * Judges a freeze on inclusive business days (D25): not in the past, within the subscription's term when it begins, not beside
 * another freeze that is not over. Throws a 422 for days that cannot be, a 409 for a subscription that cannot be frozen now.
 */
export function judgeFreeze(held: Frozen, from: string, to: string, today: string) {
  demandLive(held);
  demandNotRenewed(held);
  if (to < from) throw notAcceptable('to', 'a day that is not before `from`');
  if (from < today) throw notAcceptable('from', `${today} or later: a freeze is not in the past`);
  if (from < held.start_date || from > held.end_date) {
    throw notAcceptable('from', `a day of the subscription, ${held.start_date} to ${held.end_date}`);
  }
  if (daysBetween(from, to) >= LONGEST_FREEZE)
    throw notAcceptable('to', `at most ${LONGEST_FREEZE} days after \`from\`, which counts`);
  if (held.freeze_end_date !== null && held.freeze_end_date >= today) {
    throw new Refused(
      'conflict',
      `it has a freeze from ${held.freeze_start_date} to ${held.freeze_end_date}: end that one first`,
    );
  }
}

const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

/** Throws a 409 unless there is a freeze to end. */
export function judgeUnfreeze(held: Frozen) {
  demandLive(held);
  if (held.freeze_end_date === null) throw new Refused('conflict', `the subscription ${held.id} has no freeze`);
}

/**
 * Judges the first day of a subscription: it may have begun already, as long as it is not over.
 * @param validityDays its term (D4)
 */
export function judgeStart(startDate: string, validityDays: number, today: string) {
  if (daysBetween(startDate, today) >= validityDays) throw notAcceptable('start_date', 'a day whose term is not over already');
  if (daysBetween(today, startDate) > LONGEST_FREEZE) throw notAcceptable('start_date', `at most ${LONGEST_FREEZE} days ahead`);
}

/** Judges a refund in minor units: no more than was paid. */
export function judgeRefund(refundMinor: number, paidMinor: number) {
  if (refundMinor > paidMinor) throw notAcceptable('refund_minor', `at most ${paidMinor}, which is what was paid for it`);
}
