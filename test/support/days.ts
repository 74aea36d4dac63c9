import { addDays, type Day, dayOf, mondayAfter } from '../../queues/time/calendar.ts';

/**
 * Days from today, for whatever meets the machine's clock: a route, a bot, a process, `now()`. Those of Moscow, where a test's studio
 * is unless it says otherwise.
 */
export const today = (): Day => dayOf(new Date(), 'Europe/Moscow');

/** The studio's day of an instant: three hours before midnight UTC is the next one. */
export const dayAt = (instant: string): Day => dayOf(new Date(instant), 'Europe/Moscow');

/** So many days from today, or ago. */
export const inDays = (days: number): Day => addDays(today(), days);

/** The next Monday, or the one so many weeks after it: it is to come still when midnight passes during the test. */
export const monday = (weeks = 0): Day => addDays(mondayAfter(today()), 7 * weeks);

const words = new Intl.DateTimeFormat('ru', { weekday: 'short', day: 'numeric', month: 'long', timeZone: 'UTC' });
/** As a message in Russian names it: `пн 23 ноября`. */
export const inWords = (day: Day) => words.format(new Date(day)).replace(',', '');

/** The next day, in three days at the earliest, on which a zone's clocks go forward, or back. */
export function dayOfClockChange(zone: string, forward: boolean): Day {
  const hours = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' });
  const noonIn = (day: Day) => Number(hours.format(new Date(`${day}T12:00:00Z`)));
  const first = dayOf(new Date(), zone);
  for (let n = 3; n < 400; n += 1) {
    const step = noonIn(addDays(first, n)) - noonIn(addDays(first, n - 1));
    if (forward ? step > 0 : step < 0) return addDays(first, n);
  }
  throw new Error(`the clocks of ${zone} change no more`);
}
