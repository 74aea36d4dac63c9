import type { FragmentSqlToken } from 'slonik';
import { type In, sql } from '../database/database.ts';

export type Place = {
  serviceId: number;
  /** The specialist's location, where there is one: the room is there. */
  locationId: number | null;
  /** The one room it has to be, or any. */
  roomId?: number;
  startsAt: string;
  busyMinutes: number;
  /** A booking that does not count: the one that is being moved. */
  except?: number;
};

type PlaceIn = { [K in keyof Place]: In<Place[K]> };

const span = (place: PlaceIn) =>
  sql.fragment`tstzrange(${place.startsAt}::timestamptz, ${place.startsAt}::timestamptz + make_interval(mins => ${place.busyMinutes}))`;

/**
 * The service's first free room at the place and time, as a statement of one row or none.
 * @param after so many rooms are left to others
 */
export const freeRoom = (place: PlaceIn, after = sql.fragment`0`) => sql.fragment`
  select room.id, room.location_id from service_rooms allowed join rooms room on room.id = allowed.room_id
  where allowed.service_id = ${place.serviceId} and room.is_active
    and (room.location_id = ${place.locationId} or (${place.locationId}::int is null and ${isBookedAt(sql.fragment`room.location_id`)}))
    and (${place.roomId ?? null}::int is null or room.id = ${place.roomId ?? null})
    and not exists (
      select from bookings taken
      where taken.room_id = room.id and taken.is_live and taken.id <> ${place.except ?? 0}
        and tstzrange(taken.starts_at, taken.busy_until) && ${span(place)})
    and not exists (
      select from real_trainings taken
      where taken.room_id = room.id and taken.status <> 'cancelled'
        and tstzrange(taken.starts_at, taken.ends_at) && ${span(place)})
  order by room.id limit 1 offset ${after}`;

/** A service without rooms is given anywhere. */
export const needsNoRoom = (place: Place) => sql.fragment`
  (${place.roomId ?? null}::int is null and not exists (select from service_rooms where service_id = ${place.serviceId}))`;

/** Whether a location, by its id, is one that is booked, as a condition; null, for who is tied to none, is. */
export const isBookedAt = (locationId: FragmentSqlToken) => sql.fragment`
  (${locationId} is null or exists (select from locations place where place.id = ${locationId} and place.is_active))`;

/** Whether the location that was asked for is active; null when there is no such location, or none was asked for. */
export const isAskedPlaceActive = (locationId: In<number> | undefined) => sql.fragment`
  (select place.is_active from locations place where place.id = ${locationId ?? null}::int)`;
