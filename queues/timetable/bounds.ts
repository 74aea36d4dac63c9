import { type RunName, runs } from '../jobs/catalog.ts';
import type { RunDefinition } from '../jobs/run-definition.ts';
import { addDays, type Day, dayOf, mondayAfter } from '../time/calendar.ts';
import { nextTicks } from './ticks.ts';
import { timetable } from './timetable.ts';

/** Whose days they are: the clock and the studio's settings. */
export type Clock = { now: Date; zone: string; retentionDays: number };
export type Bounds = { field: 'date' | 'week_start'; first: Day; last: Day };

/** Weeks ahead that can be built, beside the current one. */
const WEEKS_AHEAD = 53;

/**
 * The days a process may be asked for, both included (D42): a week from the current one to 53 ahead; the work of a day not before
 * it has come, and not when what it made is forgotten. A dry run may also look ahead to the next tick of the process's schedule.
 * Null for a process that is not asked for by a day.
 */
export function boundsOf(name: RunName, { now, zone, retentionDays }: Clock, isDry = false): Bounds | null {
  const today = dayOf(now, zone);
  const definition: RunDefinition = runs[name];
  if ('week_start' in definition.body.shape) {
    const first = addDays(mondayAfter(today), -7);
    return { field: 'week_start', first, last: addDays(first, 7 * WEEKS_AHEAD) };
  }
  if (!definition.isOfThePast) return null;
  const tick = isDry ? nextTickOf(name, { now, zone }) : undefined;
  return { field: 'date', first: addDays(today, -retentionDays), last: tick ? dayOf(tick, zone) : today };
}

/** Where the body's day lies outside, what is accepted; null where it does not, or where there is none. */
export function outside(bounds: Bounds | null, body: Record<string, unknown>): Bounds | null {
  const day = bounds && body[bounds.field];
  return typeof day === 'string' && bounds && (day < bounds.first || day > bounds.last) ? bounds : null;
}

/** The bounds as a refusal names them. */
export const boundsInWords = ({ field, first, last }: Bounds) =>
  `${field === 'week_start' ? 'a Monday' : 'a day'} from ${first} to ${last}`;

/**
 * The instant a dry run is as of: now, or for a day to come the tick that will do its work.
 * Call it with a day within {@link boundsOf}.
 */
export function dryInstantOf(name: RunName, date: unknown, { now, zone }: Pick<Clock, 'now' | 'zone'>): Date {
  if (typeof date !== 'string' || date <= dayOf(now, zone)) return now;
  return nextTickOf(name, { now, zone }) ?? now;
}

function nextTickOf(name: RunName, { now, zone }: Pick<Clock, 'now' | 'zone'>): Date | undefined {
  const schedule = timetable.find(({ run }) => run === name);
  return schedule && nextTicks(schedule.pattern, zone, now, 1)[0];
}
