import { addDays, type Day, mondayOf, monthAfter } from '../../../kit/zone.ts';
import type { Entry, Place } from './entries.ts';

export type View = 'day' | 'week' | 'month' | 'list';
export type By = 'trainer' | 'room';
/** A column is a day, and on the board of one day that of a trainer or of a room; `roomId` null: without a room. */
export type Column = { key: string; title: string; day: Day; trainerId?: number; roomId?: number | null };
type Named = { id: number; name: string };

/** So many columns of people without an entry are drawn at most; beyond it only those who have one. */
const MOST_EMPTY = 12;

const weekFrom = (monday: Day): Day[] => Array.from({ length: 7 }, (_, at) => addDays(monday, at));

/** The days of a view that holds a day: of a month all days of the weeks it touches. */
export function daysOf(view: View, day: Day): Day[] {
  if (view === 'day') return [day];
  if (view !== 'month') return weekFrom(mondayOf(day));
  const [next, days] = [monthAfter(day, 1), [] as Day[]];
  for (let monday = mondayOf(monthAfter(day, 0)); monday < next; monday = addDays(monday, 7)) days.push(...weekFrom(monday));
  return days;
}

/** Where a step back or forward leads from a day: to another day, week or month. */
export const stepFrom = (view: View, day: Day, by: -1 | 1): Day =>
  view === 'month' ? monthAfter(day, by) : addDays(day, by * (view === 'day' ? 1 : 7));

/** The columns of one day, by name; those who are not known any more and have an entry as well. */
export function columnsOf(by: By, day: Day, known: readonly Named[], entries: readonly Entry[], noRoom: string): Column[] {
  const here = entries.filter((entry) => entry.place.day === day);
  const idOf = ({ place }: Entry) => (by === 'trainer' ? place.trainerId : place.roomId);
  const used = new Map(here.map((entry) => [idOf(entry), by === 'trainer' ? entry.trainer : (entry.room ?? noRoom)]));
  const shown = known.length > MOST_EMPTY ? known.filter(({ id }) => used.has(id)) : known;
  const all = new Map<number | null, string>(shown.map(({ id, name }) => [id, name]));
  for (const [id, name] of used) if (id !== null && !all.has(id)) all.set(id, name);
  const sorted = [...all].sort(([, a], [, b]) => a.localeCompare(b));
  if (by === 'room' && used.has(null)) sorted.push([null, noRoom]);
  return sorted.map(([id, title]) => ({
    key: `${by}-${id}`,
    title,
    day,
    ...(by === 'trainer' ? { trainerId: id as number } : { roomId: id }),
  }));
}

export const isIn = ({ day, trainerId, roomId }: Column, place: Place) =>
  place.day === day &&
  (trainerId === undefined || trainerId === place.trainerId) &&
  (roomId === undefined || roomId === place.roomId);

/** A place as it is in a column at a time; what the column does not say stays. */
export const placedIn = (place: Place, { day, trainerId, roomId }: Column, from: number): Place => ({
  ...place,
  day,
  from,
  ...(trainerId === undefined ? {} : { trainerId }),
  ...(roomId === undefined ? {} : { roomId }),
});

/** Where an entry is once it is carried to a column: an absence stays with whose it is, and a booking never loses its room. */
export const carriedTo = ({ kind, place }: Pick<Entry, 'kind' | 'place'>, column: Column, from: number): Place => {
  const put = placedIn(place, column, from);
  if (kind === 'booking') return { ...put, roomId: put.roomId ?? place.roomId };
  return kind === 'absence' ? { ...put, trainerId: place.trainerId, roomId: null } : put;
};
