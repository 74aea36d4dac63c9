import { addDays, type Day } from '../../queues/time/calendar.ts';

/**
 * How a month of a trainer stands: `open` (it is computed as things are now), `closed` (its sheet says it, and does not change), `passed`
 * (it lies before a closed month and was not closed itself: what is found there later comes as a correction).
 */
export type MonthState = 'open' | 'closed' | 'passed';

export const monthAfter = (month: Day): Day => `${addDays(month, 31).slice(0, 7)}-01`;
export const lastDayOf = (month: Day): Day => addDays(monthAfter(month), -1);

/**
 * The month that is closed next, into which corrections come: the one after the trainer's last closed one, or the first that was ever
 * closed for anybody, so that a training handed from one trainer to another is lost for neither. Null: nothing was closed yet, any may be.
 */
export const nextMonth = (of: { last: Day | null; begun: Day | null }): Day | null => (of.last ? monthAfter(of.last) : of.begun);

export function stateOf(month: Day, of: { isClosed: boolean; next: Day | null }): MonthState {
  if (of.isClosed) return 'closed';
  return of.next !== null && month < of.next ? 'passed' : 'open';
}

/** A month is over when its last day is, in the studio's zone. @param today the studio's day */
export const isMonthOver = (month: Day, today: Day) => lastDayOf(month) < today;
