import type { Entry, Place } from './entries.ts';

const overlap = (a: Place, b: Place) => a.day === b.day && a.from < b.from + b.minutes && b.from < a.from + a.minutes;
const stands = ({ state }: Entry) => state === 'planned' || state === 'pending' || state === 'done' || state === 'away';

/** Entries that one would meet at a place: the same trainer's or the same room's, at the same time. */
export const metAt = (entries: readonly Entry[], key: string, place: Place): Entry[] =>
  entries.filter(
    (other) =>
      other.key !== key &&
      stands(other) &&
      overlap(other.place, place) &&
      (other.place.trainerId === place.trainerId || (place.roomId !== null && other.place.roomId === place.roomId)),
  );
