import { findStanding } from '../../sql/bookings/specialist-services.ts';
import type { Sql } from '../../sql/database/database.ts';

/** Why a specialist cannot be booked for a service, in words for who asked. */
export async function whyNotOffered(db: Sql, specialistId: number, serviceId: number): Promise<string> {
  const standing = await findStanding(db, specialistId, serviceId);
  if (!standing) return `there is no specialist ${specialistId}`;
  if (!standing.gives) return `the specialist ${specialistId} does not give this service`;
  if (!standing.is_active) return `the specialist ${specialistId} is not active`;
  const { location_id } = standing;
  return standing.location_is_active === false
    ? `the specialist ${specialistId} works at the location ${location_id}, which is not active`
    : `the specialist ${specialistId} works at ${location_id === null ? 'no location of his own' : `the location ${location_id}`}`;
}

/** Why nothing is offered at the location that was asked for, or null. */
export function whyNotThere(locationId: number | undefined, offer: { location_is_active: boolean | null }): string | null {
  if (locationId === undefined || offer.location_is_active) return null;
  return offer.location_is_active === null ? `there is no location ${locationId}` : `the location ${locationId} is not active`;
}

export const notItsRoom = (roomId: number | undefined) =>
  `the room ${roomId} is none of this service's, not active, or at another location`;
