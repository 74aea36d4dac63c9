import { addYears } from '../../queues/time/calendar.ts';
import { type Term, termEnd } from '../../sql/subscriptions/term.ts';
import { notAcceptable } from '../refusal.ts';

/** A first day further ahead is a slip of the pen. */
export const MOST_YEARS = 5;

/** Judges the first day of a package: its term may have begun, but not be over (D48). Throws `invalid`. */
export function judgePackageStart(start: string, term: Term, today: string) {
  const last = addYears(today, MOST_YEARS);
  if (start > last) throw notAcceptable('start_date', `a day until ${last}`);
  if (termEnd(start, term) < today) throw notAcceptable('start_date', 'a day whose term is not over already');
}

/**
 * What the studio keeps of a package's price when it is taken back (D22), in minor units: the price is split over all units that
 * were sold, whatever their service, rounded down, and what is left over goes to the first units, one minor unit each. The units
 * that were used are the first ones. So nothing is kept of an unused package, and the whole price of one that is used up.
 * The function `kept_minor` of the database says the same. Subscriptions are split alike, by their sessions.
 * @param granted units sold, 1 or more; `used` at most as many
 */
export function keptMinor(priceMinor: number, granted: number, used: number): number {
  const leftovers = priceMinor % granted;
  return used * ((priceMinor - leftovers) / granted) + Math.min(used, leftovers);
}
