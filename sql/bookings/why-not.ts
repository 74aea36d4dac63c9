import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const standing = z.object({
  is_active: z.boolean(),
  gives: z.boolean(),
  location_id: z.int().nullable(),
  /** Null for who is tied to none. */
  location_is_active: z.boolean().nullable(),
});

/** What could keep a specialist from being booked for a service; null when there is no such specialist. */
export const findStanding = (db: Sql, specialistId: number, serviceId: number) =>
  db.maybeOne(sql.type(standing)`
    select person.is_active, specialist.location_id, place.is_active as location_is_active,
      exists (select from specialist_services where specialist_id = specialist.id and service_id = ${serviceId}) as gives
    from specialists specialist join users person on person.id = specialist.id
    left join locations place on place.id = specialist.location_id
    where specialist.id = ${specialistId}`);
