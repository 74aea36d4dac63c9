import type { AnswerTo } from '../../../kit/client.ts';
import { type Column, carriedTo } from './columns.ts';
import { metAt } from './conflicts.ts';
import type { Entry, Place } from './entries.ts';
import { DAY_MINUTES } from './geometry.ts';

export type OpenHours = AnswerTo<'GET /api/board/hours'>['items'][number];
type Span = { from: number; to: number };
/** Which location a trainer or a room belongs to; null: to none. */
export type Homes = { trainers: ReadonlyMap<number, number | null>; rooms: ReadonlyMap<number, number | null> };

/** What is left of a day without some spans, in order. */
function without(spans: readonly Span[]): Span[] {
  const left: Span[] = [];
  let from = 0;
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (span.from > from) left.push({ from, to: span.from });
    from = Math.max(from, span.to);
  }
  return from < DAY_MINUTES ? [...left, { from, to: DAY_MINUTES }] : left;
}

const whole: Span = { from: 0, to: DAY_MINUTES };
/** Of a wall time to the minute or to the second, at most 24:00. */
const minuteOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
const openSpans = ({ open }: OpenHours): Span[] =>
  open ? open.map(([from, to]) => ({ from: minuteOf(from), to: minuteOf(to) })) : [whole];

/** The rows that say when somebody may be somewhere: those of the room's location, else of the trainer's, and the trainer's own. */
function rowsOf(
  { day, trainerId, roomId }: Pick<Column, 'day' | 'trainerId' | 'roomId'>,
  hours: readonly OpenHours[],
  homes: Homes,
) {
  const home = (roomId ? homes.rooms.get(roomId) : homes.trainers.get(trainerId ?? 0)) ?? null;
  const isIts = (one: OpenHours) => (one.specialist_id === null ? one.location_id === home : one.specialist_id === trainerId);
  return hours.filter((one) => one.day === day && isIts(one));
}

/** Minutes of a column's day at which it is closed: to be shaded. A column that is a whole day is closed when no location is open. */
export function closedIn(column: Column, hours: readonly OpenHours[], homes: Homes): Span[] {
  if (column.trainerId !== undefined || column.roomId !== undefined)
    return rowsOf(column, hours, homes).flatMap((one) => without(openSpans(one)));
  const places = hours.filter(({ day, location_id }) => day === column.day && location_id !== null);
  return places.length === 0 ? [] : without(places.flatMap(openSpans));
}

/**
 * Minutes of a column's day at which what is carried would meet something: to be hatched. Weekly hours bind bookings alone; what is
 * closed by an override or a day off refuses trainings, too.
 */
export function impossibleIn(
  column: Column,
  carried: { key: string; place: Place; kind: Entry['kind'] },
  around: { entries: readonly Entry[]; hours: readonly OpenHours[]; homes: Homes },
): Span[] {
  const place: Place = { ...carriedTo(carried, column, 0), minutes: DAY_MINUTES };
  const met = metAt(around.entries, carried.key, place).map((entry) => ({
    from: entry.place.from,
    to: entry.place.from + entry.place.minutes,
  }));
  if (carried.kind === 'absence') return met;
  const shut = rowsOf(place, around.hours, around.homes)
    .filter((one) => carried.kind === 'booking' || one.is_exception)
    .flatMap((one) => without(openSpans(one)));
  return [...met, ...shut];
}
