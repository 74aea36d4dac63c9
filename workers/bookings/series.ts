import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { instantOf, wallOf } from '../../queues/time/wall-time.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import type { CallContext } from '../call-context.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { type BookingWish, book } from './book.ts';

/** A booking that recurs: `until` is the last business day it may be on. */
export type BookingSeriesWish = BookingWish & { every_weeks: number; until: string };
export type SeriesConflict = { starts_at: string; detail: string };

/** So many bookings one series has at most. */
export const MOST_BOOKINGS = 60;

/**
 * Books the same time every so many weeks, at the same wall time in the studio also over a change of the clocks. In the caller's
 * transaction: all or nothing, decided by whoever commits it. Returns the ids made, and what could not be booked, each with why.
 * Throws `invalid` for more bookings than one series may have, and for what no booking may be.
 */
export async function bookSeries({ every_weeks, until, ...wish }: BookingSeriesWish, context: CallContext) {
  const made: number[] = [];
  const conflicts: SeriesConflict[] = [];
  for (const starts_at of seriesStarts(wish.starts_at, every_weeks, until, context.fleet.settings.zone)) {
    try {
      // A savepoint each: what is refused leaves no half of a booking behind.
      made.push(await context.db.transaction((db) => book({ ...wish, starts_at }, { ...context, db })));
    } catch (error) {
      if (!(error instanceof Refused && error.kind === 'conflict')) throw error;
      conflicts.push({ starts_at, detail: error.message });
    }
  }
  return { made, conflicts };
}

/** The instants of a series. @param until the last business day */
export function seriesStarts(first: string, everyWeeks: number, until: string, zone: string): string[] {
  const start = new Date(first);
  if (dayOf(start, zone) > until) throw notAcceptable('until', 'the day of the first booking or later');
  const wall = wallOf(start, zone);
  const starts: string[] = [];
  for (let days = 0; addDays(dayOf(start, zone), days) <= until; days += everyWeeks * 7) {
    if (starts.length === MOST_BOOKINGS) throw notAcceptable('until', `at most ${MOST_BOOKINGS} bookings in a series`);
    starts.push(instantOf(new Date(wall.getTime() + days * DAY_MS), zone).toISOString());
  }
  return starts;
}
