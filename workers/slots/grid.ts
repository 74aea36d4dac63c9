import { type Cells, cellsOfHex, hexOf, noCells, setCells, WORDS } from './bits.ts';
import { CELL_MS } from './free-time.ts';
import type { WorkTime } from './week.ts';
import type { ZoneDay } from './zone-days.ts';

/**
 * A day of a specialist. `free` is where a booking may lie. `taken` is where bookings and trainings lie: a break may hang over
 * closing time but not over these (D31), so the one cannot do without the other.
 */
export type Grid = { free: Cells; taken: Cells };

/** Spans of time in seconds since 1970: from, and to, which is exclusive. */
export type Spans = readonly (readonly [number, number])[];

type Calendar = {
  specialist: WorkTime;
  /** Null for a specialist without a location. */
  location: WorkTime | null;
  /** Bookings, their breaks included, and trainings. */
  taken: Spans;
  absent: Spans;
};

/**
 * The grids of some days of one specialist: where both schedules or what overrides them say work, away from bookings, trainings
 * and absences (D30). A cell that a clock change skips is not free (D29); one that comes twice is free if it is both times.
 * Whatever only touches a cell takes all of it.
 * @param days in order; there may be others between them
 */
export function calculateGrids(days: readonly ZoneDay[], { specialist, location, taken, absent }: Calendar): Grid[] {
  const grids = days.map(() => ({ free: noCells(), taken: noCells() }));
  const away = days.map(noCells);
  enter(days, taken, (n) => grids[n]!.taken);
  enter(days, absent, (n) => away[n]!);
  for (const [n, day] of days.entries()) {
    const own = workOn(day, specialist);
    const bot = location ? workOn(day, location) : day.existing;
    const grid = grids[n]!;
    for (let word = 0; word < WORDS; word += 1) {
      grid.free[word] = own[word]! & bot[word]! & day.existing[word]! & ~grid.taken[word]! & ~away[n]![word]!;
    }
  }
  return grids;
}

const workOn = ({ day, weekday }: ZoneDay, { week, overrides }: WorkTime): Cells => overrides.get(day) ?? week[weekday]!;

/** Enters spans of time in the cells of the days they touch. */
function enter(days: readonly ZoneDay[], spans: Spans, cellsOf: (n: number) => Cells) {
  for (const [fromSeconds, toSeconds] of spans) {
    const [from, to] = [fromSeconds * 1_000, toSeconds * 1_000];
    for (let at = firstAfter(days, from); at < days.length && days[at]!.start < to; at += 1) {
      enterDay(days[at]!, cellsOf(at), from, to);
    }
  }
}

/** The first of the days that ends after an instant. */
function firstAfter(days: readonly ZoneDay[], instant: number): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { start, quarters } = days[middle]!;
    if (start + quarters * CELL_MS <= instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Enters in a day's cells those that something touches which lasts from one instant to another, in milliseconds. */
export function enterDay({ start, quarters, cells: shown }: ZoneDay, cells: Cells, from: number, to: number) {
  const first = Math.max(0, Math.floor((from - start) / CELL_MS));
  const last = Math.min(quarters, Math.ceil((to - start) / CELL_MS));
  if (!shown) return setCells(cells, first, last);
  for (let quarter = first; quarter < last; quarter += 1) setCells(cells, shown[quarter]!, shown[quarter]! + 1);
}

export const gridText = ({ free, taken }: Grid) => hexOf(free) + hexOf(taken);
export const gridOf = (text: string): Grid => ({ free: cellsOfHex(text, 0), taken: cellsOfHex(text, 24) });
/** The text of a day on which nothing is free and nothing is taken. */
export const CLOSED = gridText({ free: noCells(), taken: noCells() });
