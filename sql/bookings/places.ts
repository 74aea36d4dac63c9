import type { FragmentSqlToken } from 'slonik';
import { type In, sql } from '../database/database.ts';

/** Whether a location, by its id, is one that is booked, as a condition; null, for who is tied to none, is. */
export const isBookedAt = (locationId: FragmentSqlToken) => sql.fragment`
  (${locationId} is null or exists (select from locations place where place.id = ${locationId} and place.is_active))`;

/** Whether the location that was asked for is active; null when there is no such location, or none was asked for. */
export const isAskedPlaceActive = (locationId: In<number> | undefined) => sql.fragment`
  (select place.is_active from locations place where place.id = ${locationId ?? null}::int)`;
