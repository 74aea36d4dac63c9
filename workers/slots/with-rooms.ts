import type { TakenRoom } from '../../sql/bookings/taken.ts';
import { busyMinutes, type Times } from './busy-minutes.ts';
import type { SpecialistStarts } from './free-slots.ts';
import { roomless, startsOutside } from './rooms.ts';

/** Leaves to each specialist the starts at which one of the service's rooms at his location suits; where he has none, any of them. */
export function withRooms(
  found: readonly SpecialistStarts[],
  rooms: readonly TakenRoom[] | null,
  service: Times,
): SpecialistStarts[] {
  const minutes = busyMinutes(service);
  const spans = new Map<number | null, readonly (readonly [string, string])[]>();
  for (const { location_id } of found) {
    if (!spans.has(location_id)) spans.set(location_id, roomless(rooms, location_id, minutes).map(textOf));
  }
  return found.map((specialist) => {
    const away = spans.get(specialist.location_id) ?? [];
    return { ...specialist, days: specialist.days.map((day) => ({ ...day, starts: startsOutside(day.starts, away) })) };
  });
}

/** Starts are compared as they are written: instants in UTC are in the order of their text. */
const textOf = ([from, to]: readonly [number, number]) => [new Date(from).toISOString(), new Date(to).toISOString()] as const;
