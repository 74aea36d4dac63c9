import type { Column } from './columns.ts';
import { carriedTo, isIn } from './columns.ts';
import type { Entry, Place } from './entries.ts';
import { lengthWithin, STEP, startWithin } from './geometry.ts';

/** Where an arrow brings an entry that was picked up; + and - change how long it takes. Null: the key means nothing here. */
export function stepped({ kind, place }: Pick<Entry, 'kind' | 'place'>, key: string, columns: readonly Column[]): Place | null {
  const canResize = kind !== 'booking';
  if (key === 'ArrowUp') return { ...place, from: startWithin(place.from - STEP) };
  if (key === 'ArrowDown') return { ...place, from: startWithin(place.from + STEP) };
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const at = columns.findIndex((column) => isIn(column, place));
    const next = columns[at + (key === 'ArrowLeft' ? -1 : 1)];
    return at >= 0 && next ? carriedTo({ kind, place }, next, place.from) : place;
  }
  if (canResize && (key === '+' || key === '=')) return { ...place, minutes: lengthWithin(place.minutes + STEP) };
  if (canResize && key === '-') return { ...place, minutes: lengthWithin(place.minutes - STEP) };
  return null;
}

/** The entry that an arrow leads to: before and after in its column, or the nearest in time of the next column that has one. */
export function neighbour(key: string, current: Entry, columns: readonly Column[], entries: readonly Entry[]): Entry | null {
  const inOrder = (column: Column) =>
    entries.filter(({ place }) => isIn(column, place)).sort((a, b) => a.place.from - b.place.from || a.key.localeCompare(b.key));
  const at = columns.findIndex((column) => isIn(column, current.place));
  const own = columns[at];
  if (!own) return null;
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    const column = inOrder(own);
    return column[column.findIndex((entry) => entry.key === current.key) + (key === 'ArrowUp' ? -1 : 1)] ?? null;
  }
  const beside = key === 'ArrowLeft' ? columns.slice(0, at).reverse() : columns.slice(at + 1);
  const next = beside.map(inOrder).find((column) => column.length > 0) ?? [];
  const distance = ({ place }: Entry) => Math.abs(place.from - current.place.from);
  return next.reduce<Entry | null>((best, entry) => (best && distance(best) <= distance(entry) ? best : entry), null);
}
