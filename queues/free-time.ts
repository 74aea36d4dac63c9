import type { SpecialistCalendar } from '../sql/bookings.ts';
import { wallOf } from './wall-time.ts';
import { secondsOf } from './work-schedule.ts';

/** The grid: every booking begins on it (D29). */
export const CELL_MS = 15 * 60_000;
export const cellsOf = (minutes: number) => Math.ceil(minutes / 15);

type Times = { duration_minutes: number; break_minutes: number };

/**
 * Whether a service that begins at an instant lies in free cells (D31): the duration in work time, away from bookings, trainings
 * and absences; the break may hang over closing time, but not over a booking or a training.
 */
export function fits(calendar: SpecialistCalendar, startsAt: number, of: Times, zone: string): boolean {
  const end = startsAt + cellsOf(of.duration_minutes) * CELL_MS;
  const busyUntil = end + cellsOf(of.break_minutes) * CELL_MS;
  if (calendar.taken.some(({ from, to }) => from < busyUntil && to > startsAt)) return false;
  if (calendar.absent.some(({ from, to }) => from < end && to > startsAt)) return false;
  for (let cell = startsAt; cell < end; cell += CELL_MS) if (!isWorkTime(calendar, cell, zone)) return false;
  return true;
}

function isWorkTime(calendar: SpecialistCalendar, cell: number, zone: string) {
  const wall = wallOf(new Date(cell), zone);
  const day = wall.toISOString().slice(0, 10);
  const weekday = String((wall.getUTCDay() + 6) % 7);
  const second = (wall.getTime() % 86_400_000) / 1_000;
  const lies = (intervals: readonly (readonly [string, string])[] = []) =>
    intervals.some(([from, to]) => roundUp(secondsOf(from)) <= second && second + 900 <= roundDown(endOf(to)));
  return (
    lies(calendar.specialist_days[day] ?? calendar.specialist[weekday]) &&
    (calendar.location === null || lies(calendar.location_days[day] ?? calendar.location[weekday]))
  );
}

/** Work intervals round inwards; 23:59:59 is midnight (D30). */
const roundUp = (seconds: number) => Math.ceil(seconds / 900) * 900;
const roundDown = (seconds: number) => Math.floor(seconds / 900) * 900;
const endOf = (clock: string) => (clock === '23:59:59' ? 86_400 : secondsOf(clock));
