import { daysBetween } from '../../queues/time/calendar.ts';
import type { Standing } from '../../sql/sessions/shares.ts';
import type { Held } from '../../sql/subscriptions/held.ts';
import { type Term, termEnd } from '../../sql/subscriptions/term.ts';
import { keptMinor } from '../packages/policy.ts';
import { notAcceptable, Refused } from '../refusal.ts';

/** The longest freeze, in days. */
const LONGEST_FREEZE = 366;

/** Throws a `conflict` for one that is over: nothing about it can be changed any more. */
export function demandLiveSubscription(subscription: Pick<Held, 'id' | 'status'>) {
  if (subscription.status === 'expired') throw new Refused('conflict', `the subscription ${subscription.id} has expired`);
  if (subscription.status === 'cancelled') throw new Refused('conflict', `the subscription ${subscription.id} is cancelled`);
}

/** Throws a `conflict` for one that has been renewed: what is asked for belongs to the one that follows it. */
export function demandNotRenewed(subscription: Pick<Held, 'id' | 'renewed_by_id'>) {
  if (subscription.renewed_by_id !== null) {
    throw new Refused(
      'conflict',
      `the subscription ${subscription.id} has been renewed: this concerns ${subscription.renewed_by_id}`,
    );
  }
}

/** Throws a `conflict` where auto-renewal is asked for in vain. */
export function demandRenewable(subscription: Pick<Held, 'id' | 'renewal_called_off'>, isAutoRenew: boolean) {
  if (isAutoRenew && subscription.renewal_called_off) {
    throw new Refused('conflict', `the renewal of the subscription ${subscription.id} was called off: sell another one instead`);
  }
}

type Frozen = Pick<Held, 'id' | 'status' | 'start_date' | 'end_date' | 'freeze_start_date' | 'freeze_end_date' | 'renewed_by_id'>;

/**
 * Judges a freeze on inclusive business days (D25): not in the past, within the subscription's term when it begins, not beside
 * another freeze that is not over. Throws `invalid` for days that cannot be, a `conflict` for a subscription that cannot be frozen now.
 */
export function judgeFreeze(subscription: Frozen, from: string, to: string, today: string) {
  demandLiveSubscription(subscription);
  demandNotRenewed(subscription);
  if (to < from) throw notAcceptable('to', 'a day that is not before `from`');
  if (from < today) throw notAcceptable('from', `${today} or later: a freeze is not in the past`);
  if (from < subscription.start_date || from > subscription.end_date) {
    throw notAcceptable('from', `a day of the subscription, ${subscription.start_date} to ${subscription.end_date}`);
  }
  if (daysBetween(from, to) >= LONGEST_FREEZE)
    throw notAcceptable('to', `at most ${LONGEST_FREEZE} days after \`from\`, which counts`);
  if (subscription.freeze_end_date !== null && subscription.freeze_end_date >= today) {
    throw new Refused(
      'conflict',
      `it has a freeze from ${subscription.freeze_start_date} to ${subscription.freeze_end_date}: end that one first`,
    );
  }
}

/** Throws a `conflict` unless there is a freeze to end. */
export function judgeUnfreeze(subscription: Frozen) {
  demandLiveSubscription(subscription);
  if (subscription.freeze_end_date === null) throw new Refused('conflict', `the subscription ${subscription.id} has no freeze`);
}

/** Judges the first day of a subscription: it may have begun already, as long as its term (D4, D48) is not over. */
export function judgeStart(startDate: string, term: Term, today: string) {
  if (termEnd(startDate, term) < today) throw notAcceptable('start_date', 'a day whose term is not over already');
  if (daysBetween(today, startDate) > LONGEST_FREEZE) throw notAcceptable('start_date', `at most ${LONGEST_FREEZE} days ahead`);
}

/** Whoever is not active gets nothing new: neither a subscription or a package, nor a seat or a booking. Throws a `conflict`. */
export function demandActive(isActive: boolean, who: string) {
  if (!isActive) throw new Refused('conflict', `${who} is not active`);
}

/**
 * What of a subscription's price is kept when it is called off (D22), in minor units: the share of what was used up or carried on to the
 * next one; at most what is paid or owed. What was waived stays so.
 * @param standing its price, and of how many units how many are used
 * @param bills what is paid for it, and what is owed
 */
export function splitOf(
  { price_minor, units, used_units }: Pick<Standing, 'price_minor' | 'units' | 'used_units'>,
  bills: { paid_minor: number; owed_minor: number },
) {
  const billed = bills.paid_minor + bills.owed_minor;
  const used = units > 0 ? keptMinor(price_minor, units, used_units) : price_minor;
  const kept = Math.min(billed, used);
  const owed = Math.max(0, Math.min(bills.owed_minor, kept - bills.paid_minor));
  return { refundable_minor: Math.max(0, bills.paid_minor - kept), owed_minor: owed, cancelled_minor: bills.owed_minor - owed };
}

/** Judges a refund in minor units: no more than the unused share of what was paid. */
export function judgeRefund(refundMinor: number, refundableMinor: number) {
  if (refundMinor > refundableMinor)
    throw notAcceptable('refund_minor', `at most ${refundableMinor}, which is what was paid for what is not used or carried on`);
}
