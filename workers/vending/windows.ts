import { addDays, type Day, dayOf, startOfDay } from '../../queues/time/calendar.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import type { SalesWindow } from './telemetry.ts';

const HOUR_MS = 3_600_000;
/** Sales older than this are not read by themselves any more. */
const MOST_DAYS = 31;
const MOSCOW = 'Europe/Moscow';
const iso = (ms: number) => new Date(ms).toISOString();

/** `isGap`: it begins later than what was read before ends, and what lies between is not read by itself any more. */
export type ReadWindow = SalesWindow & { isGap?: boolean };

/** What a quarter's import reads (V24): the last day, and what was missed since the last time, at most 31 days. */
export function regularWindow(now: Date, readTo: string | null): ReadWindow & { isGap: boolean } {
  const wanted = Math.min(now.getTime() - DAY_MS, readTo === null ? Number.POSITIVE_INFINITY : Date.parse(readTo) - HOUR_MS);
  const oldest = now.getTime() - MOST_DAYS * DAY_MS;
  return { from: iso(Math.max(wanted, oldest)), to: now.toISOString(), isGap: wanted < oldest };
}

/** Since so many days ago began in the studio, until now (V24). */
export const windowSince = (days: number, now: Date, zone: string): SalesWindow => ({
  from: startOfDay(addDays(dayOf(now, zone), -days), zone),
  to: now.toISOString(),
});

/** The months from a day of Moscow to an instant, the oldest first (V20). The first and the last may be parts of one. */
export function monthsOf(from: Day, to: string): SalesWindow[] {
  const windows: SalesWindow[] = [];
  let start = startOfDay(from, MOSCOW);
  while (start < to) {
    const day = dayOf(new Date(start), MOSCOW);
    const [year, month] = day.split('-').map(Number) as [number, number];
    const next = startOfDay(new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10), MOSCOW);
    const end = next < to ? next : to;
    windows.push({ from: start, to: end });
    start = end;
  }
  return windows;
}
