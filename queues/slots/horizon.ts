import { addDays, type Day } from '../calendar.ts';

/** Days that can be booked, today included (D29, D34). */
export const HORIZON_DAYS = 60;

const DAY_MS = 86_400_000;

export const lastDay = (today: Day): Day => addDays(today, HORIZON_DAYS - 1);

/** The days from one to the other, both inclusive; none when they are the wrong way round. */
export function daysFrom(from: Day, to: Day): Day[] {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const count = Math.max(0, (last - first) / DAY_MS + 1);
  return Array.from({ length: count }, (_, n) => new Date(first + n * DAY_MS).toISOString().slice(0, 10));
}

/** Every day that is stored. */
export const horizonOf = (today: Day): Day[] => daysFrom(today, lastDay(today));
