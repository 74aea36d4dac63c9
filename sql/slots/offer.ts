import { z } from 'zod';
import { isAskedPlaceActive, isBookedAt } from '../bookings/rooms.ts';
import { type Sql, sql } from '../database/database.ts';
import { changedDays } from './changes.ts';
import { databaseIdentity } from './database-identity.ts';

const offerRow = z.object({
  service_id: z.int(),
  duration_minutes: z.int(),
  break_minutes: z.int(),
  is_active: z.boolean(),
  /** Whether it is given in one of its rooms only. */
  needs_room: z.boolean(),
  specialists: z.array(z.object({ id: z.int(), location_id: z.int().nullable() })),
  /** Of the location that was asked for; null when there is no such location, or none was asked for. */
  location_is_active: z.boolean().nullable(),
  /** Days of theirs that are stored as they were before a change. */
  changes: z.array(z.object({ specialist_id: z.int(), from_day: z.string(), to_day: z.string() })),
  /** Which book was read; a stored day of another one is none. */
  book: z.string(),
});
export type SlotOffer = z.output<typeof offerRow>;

/** A service, who offers it, and whose stored days are out of date; null when there is no such service. */
export const readSlotOffer = (
  db: Sql,
  question: { serviceId: number; specialistId?: number; locationId?: number; zone: string },
): Promise<SlotOffer | null> =>
  db.maybeOne(sql.prepared('read_slot_offer', offerRow)`
    with offering as materialized (
      select specialist.id, location_id from specialist_services offered
      join specialists specialist on specialist.id = offered.specialist_id
      join users person on person.id = specialist.id and person.is_active
      where offered.service_id = ${question.serviceId}
        and (${question.specialistId ?? null}::int is null or specialist.id = ${question.specialistId ?? null})
        and (${question.locationId ?? null}::int is null or location_id = ${question.locationId ?? null})
        and ${isBookedAt(sql.fragment`specialist.location_id`)}
    )
    select id as service_id, duration_minutes, break_minutes, is_active,
      exists (select from service_rooms where service_id = services.id) as needs_room,
      coalesce((select json_agg(offering order by id) from offering), '[]') as specialists,
      ${isAskedPlaceActive(question.locationId)} as location_is_active,
      coalesce((select json_agg(changed) from (
          select specialist_id, ${changedDays(question.zone)} from slot_changes where specialist_id in (select id from offering)
          union
          select offering.id, ${changedDays(question.zone)} from slot_changes join offering using (location_id)
        ) as changed), '[]') as changes,
      ${databaseIdentity} as book
    from services where id = ${question.serviceId}`);

/** Every specialist after an id, in order. */
export const listSpecialistIds = (db: Sql, after: number, limit: number) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`select id from specialists where id > ${after} order by id limit ${limit}`);

export const isSpecialist = (db: Sql, id: number) => db.exists(sql.unsafe`select from specialists where id = ${id}`);
