import type { TakenRoom } from '../../sql/bookings/taken.ts';

/** From and to, in milliseconds or as text of instants in UTC, which is in the same order. */
type Span<T = number> = readonly [T, T];

/** All instants whose text has four digits for the year: nothing can begin in it. */
const ALWAYS: readonly Span[] = [[0, Date.parse('9999-12-31T23:59:59.999Z')]];

/**
 * Where no room suits a service that begins there, as {@link allTaken} has it.
 * @param rooms the service's active rooms; null for a service that is given anywhere
 * @param locationId where the room has to be; null: wherever is booked
 * @param minutes how long it is needed: duration and break, each rounded up to cells (D29)
 */
export function roomless(rooms: readonly TakenRoom[] | null, locationId: number | null, minutes: number): readonly Span[] {
  if (!rooms) return [];
  const suiting = rooms.filter((room) => (locationId === null ? room.is_booked : room.location_id === locationId));
  return allTaken(
    suiting.map(({ taken }) => taken),
    minutes,
  );
}

/**
 * Spans such that whatever begins inside one of them, its ends excluded, meets something in every one of the calendars within
 * so many minutes. In order of time, and they do not overlap. What ends when something begins does not meet it.
 */
export function allTaken(calendars: readonly (readonly Span[])[], minutes: number): readonly Span[] {
  if (calendars.length === 0) return ALWAYS;
  const edges = calendars.flatMap((taken) => unionOf(taken.map(([from, to]) => [from - minutes * 60_000, to] as const)));
  const turns = edges.flatMap(([from, to]) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  turns.sort((a, b) => a.at - b.at || a.by - b.by);
  const spans: Span[] = [];
  let [count, since] = [0, 0];
  for (const { at, by } of turns) {
    if (by < 0 && count === calendars.length) spans.push([since, at]);
    count += by;
    if (by > 0 && count === calendars.length) since = at;
  }
  return spans;
}

/** The same instants in spans that do not overlap. Two that only touch stay two: their common end is in neither. */
function unionOf(spans: readonly Span[]): Span[] {
  const union: [number, number][] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = union.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else union.push([from, to]);
  }
  return union;
}

/** The starts that lie inside none of the spans; the ends of a span are outside. Both are in order. */
export function startsOutside<T extends string | number>(starts: readonly T[], spans: readonly Span<T>[]): readonly T[] {
  let n = 0;
  return starts.filter((start) => {
    while (n < spans.length && spans[n]![1] <= start) n += 1;
    return n === spans.length || start <= spans[n]![0];
  });
}
