import { addDays, type Day, startOfDay } from '../../queues/time/calendar.ts';
import { DAY_MS } from '../../sql/database/instants.ts';

const FIRST_SIZE = 500;
const LEAST = 50;
const MOST = 10_000;
/** What a batch may take: whoever meets its locks waits that long. */
const AIM_MS = 50;

export const firstSize = FIRST_SIZE;

/** Rows of the next batch: twice as many after a quick one, fewer after a slow one. */
export function nextSize(size: number, ms: number): number {
  if (ms <= AIM_MS / 2) return Math.min(MOST, size * 2);
  if (ms <= AIM_MS) return size;
  return Math.max(LEAST, Math.floor((size * AIM_MS) / ms));
}

/**
 * The instant before which the past is not kept any more: the start of the business day `days` before the run's own.
 * A run for a day to come keeps what a run of this instant would.
 */
export function keptSince(date: Day, days: number, zone: string, now: Date): string {
  const ofDate = startOfDay(addDays(date, -days), zone);
  const ofNow = new Date(now.getTime() - days * DAY_MS).toISOString();
  return ofDate < ofNow ? ofDate : ofNow;
}
