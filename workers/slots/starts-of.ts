import { type Grid, gridOf } from './grid.ts';
import { isoMinute } from './iso.ts';
import { freeStarts } from './starts.ts';
import type { ZoneDay } from './zone-days.ts';

export type DayStarts = { date: string; starts: readonly string[] };

const known = new Map<string, readonly DayStarts[]>();
const MOST = 300;

/**
 * When a service can begin, day by day, as instants in UTC. What the same days led to a moment ago is not worked out again: for
 * as long as nothing changes, everybody who looks at a specialist's days sees the same.
 * @param line the days, contiguous; @param texts their grids, as they are stored
 */
export function startsOf(
  line: readonly ZoneDay[],
  texts: readonly string[],
  zone: string,
  cells: { duration: number; rest: number },
  wanted: number,
): readonly DayStarts[] {
  const key = `${zone} ${line[0]?.day} ${wanted} ${cells.duration} ${cells.rest} ${texts.join('')}`;
  const found = known.get(key);
  if (found) return found;
  const grids: Grid[] = texts.map(gridOf);
  const starts = freeStarts(line, grids, cells, Number.NEGATIVE_INFINITY, wanted);
  const made = line.slice(0, wanted).map(({ day }, n) => ({ date: day, starts: starts[n]!.map(isoMinute) }));
  const oldest = known.keys().next();
  if (known.size >= MOST && !oldest.done) known.delete(oldest.value);
  known.set(key, made);
  return made;
}
