import { log } from '../../queues/log/log.ts';
import type { Day } from '../../queues/time/calendar.ts';
import { CELLS, type Cells, hasCell, noCells, setCells } from './bits.ts';
import { intervals, secondsOf, workSchedule } from './work-schedule.ts';

const CELL_SECONDS = 900;

/** The cells that lie wholly in work intervals: they round inwards, and 23:59:59 is 24:00 (D30). */
export function cellsOfIntervals(list: readonly (readonly [string, string])[]): Cells {
  const cells = noCells();
  for (const [from, to] of list) {
    const end = to === '23:59:59' ? CELLS : Math.floor(secondsOf(to) / CELL_SECONDS);
    setCells(cells, Math.ceil(secondsOf(from) / CELL_SECONDS), end);
  }
  return cells;
}

/** The work time of each day of a week, Monday first. */
export type WeekHours = readonly Cells[];
const WEEKDAYS = ['0', '1', '2', '3', '4', '5', '6'] as const;

const known = new Map<string, WeekHours>();
const MOST_KNOWN = 2_000;

/**
 * A work schedule as cells; a text is read once. One that somebody wrote into the database and that is no schedule is logged
 * and means closed: nobody is booked by guesswork, and nobody else's slots wait for it.
 */
export function weekHours(text: string): WeekHours {
  const found = known.get(text);
  if (found) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const parsed = workSchedule.safeParse(JSON.parse(text));
  if (!parsed.success) log.warn({ work_schedule: text, problem: parsed.error.issues[0]?.message }, 'no work schedule: closed');
  const week = WEEKDAYS.map((day) => cellsOfIntervals((parsed.success && parsed.data[day]) || []));
  known.set(text, week);
  return week;
}

/** The work time of a day that an override describes; one that cannot be read means closed. */
export function cellsOfOverride(given: unknown): Cells {
  const parsed = intervals.safeParse(given);
  if (!parsed.success) log.warn({ intervals: given, problem: parsed.error.issues[0]?.message }, 'no override: closed');
  return cellsOfIntervals(parsed.success ? parsed.data : []);
}

/** When somebody works: a week, and the days on which something else holds instead (D30). */
export type WorkTime = { week: WeekHours; overrides: ReadonlyMap<Day, Cells> };

/** @param schedule JSON as text; @param overrides what replaces it, by day. Neither need be what it should. */
export const workTime = (schedule: string, overrides: Record<Day, unknown> | null): WorkTime => ({
  week: weekHours(schedule),
  overrides: new Map(Object.entries(overrides ?? {}).map(([day, given]) => [day, cellsOfOverride(given)])),
});

const clock = (cell: number) => `${String(Math.floor(cell / 4)).padStart(2, '0')}:${String((cell % 4) * 15).padStart(2, '0')}`;

/** Cells as the intervals a schedule would write: `[["09:00", "12:00"], ...]`. */
export function intervalsOf(cells: Cells): [string, string][] {
  const found: [string, string][] = [];
  for (let cell = 0; cell < CELLS; cell += 1) {
    if (!hasCell(cells, cell)) continue;
    const from = cell;
    while (cell < CELLS && hasCell(cells, cell)) cell += 1;
    found.push([clock(from), clock(cell)]);
  }
  return found;
}
