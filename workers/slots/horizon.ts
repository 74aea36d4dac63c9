import { addDays, type Day } from '../../queues/time/calendar.ts';
import { DAY_MS } from '../../sql/database/instants.ts';

/** Days that can be booked, today included (D29, D34). */
export const HORIZON_DAYS = 60;

export const lastDay = (today: Day): Day => addDays(today, HORIZON_DAYS - 1);

/** The days from one to the other, both inclusive; none when they are the wrong way round. */
export function daysFrom(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  const last = Date.parse(to) / DAY_MS;
  for (let n = Date.parse(from) / DAY_MS; n <= last; n += 1) days.push(dayNumbered(n));
  return days;
}

const known = new Map<number, Day>();
/** The n-th day since 1970. */
function dayNumbered(n: number): Day {
  const found = known.get(n);
  if (found) return found;
  const day = new Date(n * DAY_MS).toISOString().slice(0, 10);
  if (known.size < MOST_KNOWN) known.set(n, day);
  return day;
}
const MOST_KNOWN = 10_000;

/** Every day that is stored. */
export const horizonOf = (today: Day): Day[] => daysFrom(today, lastDay(today));
