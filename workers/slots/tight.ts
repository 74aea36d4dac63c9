import { CELL_MS } from './free-time.ts';

/** What of somebody's time is free, in quarters of an hour, and where the shortest of their services can begin; in milliseconds. */
export type Openings = { free: ReadonlySet<number>; shortest: { starts: ReadonlySet<number>; lasts: number } };

/**
 * Whether what begins at a start leaves nothing over that is of no use: the free time right before it and right after it, if there is any,
 * has room for the shortest service with its break. Of real time: that an hour which the clock shows twice is taken twice is not looked at.
 * @param lasts with its break
 */
export function isTight(start: number, lasts: number, { free, shortest }: Openings): boolean {
  let before = start;
  while (free.has(before - CELL_MS)) before -= CELL_MS;
  const over = start + lasts;
  let after = over;
  while (free.has(after)) after += CELL_MS;
  return (
    (before === start || hasStart(shortest.starts, before, start - shortest.lasts)) &&
    (after === over || hasStart(shortest.starts, over, after - CELL_MS))
  );
}

function hasStart(starts: ReadonlySet<number>, from: number, to: number): boolean {
  for (let at = from; at <= to; at += CELL_MS) if (starts.has(at)) return true;
  return false;
}
