import { areAmong, type Cells, noCells } from './bits.ts';
import { enterDay } from './grid.ts';
import type { ZoneDay } from './zone-days.ts';

/**
 * Whether all that lies on a day of something that lasts from one instant to another, in milliseconds, lies in these work cells
 * (D30). What touches a cell takes all of it; what is not on that day at all is outside nothing.
 */
export function liesWithin(day: ZoneDay, work: Cells, from: number, to: number): boolean {
  const taken = noCells();
  enterDay(day, taken, from, to);
  return areAmong(taken, work);
}
