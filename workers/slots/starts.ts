import { CELLS, hasCell } from './bits.ts';
import { CELL_MS } from './free-time.ts';
import type { Grid } from './grid.ts';
import type { ZoneDay } from './zone-days.ts';

/**
 * The instants at which a service can begin, day by day (D31): its duration lies in free cells without a break between them,
 * and its rest touches no booking or training. Quarters of real time are counted, so a service takes as long as it does when
 * the clock is set back, and nothing is offered across the hour that is skipped.
 * @param days one after the other without a hole; the last ones may only be there for what runs past midnight
 * @param cells.duration cells.rest how many cells the service and its break take, each rounded up (D29)
 * @param after only starts after this instant, in milliseconds (D34)
 * @param wanted how many of the days are asked for
 */
export function freeStarts(
  days: readonly ZoneDay[],
  grids: readonly Grid[],
  cells: { duration: number; rest: number },
  after: number,
  wanted = days.length,
): number[][] {
  const { free, clear } = runsOf(days, grids);
  const end = free.length - 1;
  const starts: number[][] = [];
  let first = 0;
  for (const { start, quarters } of days.slice(0, wanted)) {
    const ofDay: number[] = [];
    for (let quarter = 0; quarter < quarters; quarter += 1) {
      if (free[first + quarter]! < cells.duration) continue;
      const over = Math.min(end, first + quarter + cells.duration);
      if (over + clear[over]! < Math.min(end, over + cells.rest)) continue;
      const instant = start + quarter * CELL_MS;
      if (instant > after) ofDay.push(instant);
    }
    starts.push(ofDay);
    first += quarters;
  }
  return starts;
}

/** For each quarter, how many from it on are free, and how many are not taken. */
function runsOf(days: readonly ZoneDay[], grids: readonly Grid[]) {
  const total = days.reduce((sum, { quarters }) => sum + quarters, 0);
  const free = new Uint16Array(total + 1);
  const clear = new Uint16Array(total + 1);
  let at = total;
  for (let n = days.length - 1; n >= 0; n -= 1) {
    const { quarters, cells: shown } = days[n]!;
    const grid = grids[n]!;
    let next = endsAtMidnight(days[n]!) && beginsAtMidnight(days[n + 1]) ? CELLS : SKIPPED;
    for (let quarter = quarters - 1; quarter >= 0; quarter -= 1) {
      const cell = shown ? shown[quarter]! : quarter;
      at -= 1;
      if (hasCell(grid.free, cell)) free[at] = next > cell + 1 ? 1 : free[at + 1]! + 1;
      if (!hasCell(grid.taken, cell)) clear[at] = clear[at + 1]! + 1;
      next = cell;
    }
  }
  return { free, clear };
}

/** Farther than any next cell: the clock skips what lies before it. */
const SKIPPED = CELLS + 1;
const endsAtMidnight = ({ cells, quarters }: ZoneDay) => !cells || cells[quarters - 1] === CELLS - 1;
const beginsAtMidnight = (day: ZoneDay | undefined) => !day?.cells || day.cells[0] === 0;
