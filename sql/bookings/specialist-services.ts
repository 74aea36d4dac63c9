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

/** What a service is linked to: the rooms it may be given in, the specialists who give it. */
export type ServiceLink = 'rooms' | 'specialists';

const tables = {
  rooms: { table: 'service_rooms', column: 'room_id' },
  specialists: { table: 'specialist_services', column: 'specialist_id' },
} as const;
const named = (kind: ServiceLink) => ({
  table: sql.identifier([tables[kind].table]),
  column: sql.identifier([tables[kind].column]),
});

export const offerLinkRow = z.object({ id: z.int(), name: z.string(), location_id: z.int().nullable() });

const linked = {
  rooms: sql.fragment`select id, name, location_id from rooms`,
  specialists: sql.fragment`
    select specialists.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, location_id
    from specialists join users on users.id = specialists.id`,
};

export const isService = (db: Sql, id: number) => db.exists(sql.unsafe`select from services where id = ${id}`);

/** The rooms or specialists of a service, by id. */
export const listOffers = (db: Sql, kind: ServiceLink, serviceId: number, after: number, limit: number) =>
  db.any(sql.type(offerLinkRow)`
    select linked.* from (${linked[kind]}) linked join ${named(kind).table} on ${named(kind).column} = linked.id
    where service_id = ${serviceId} and linked.id > ${after} order by linked.id limit ${limit}`);

/** Links a service; what is linked already stays. */
export const linkOffer = (db: Sql, kind: ServiceLink, serviceId: number, id: number) =>
  db.query(sql.unsafe`
    insert into ${named(kind).table} (service_id, ${named(kind).column}) values (${serviceId}, ${id}) on conflict do nothing`);

/** Ends a link; bookings already made stay. Returns false when there is none. */
export async function unlinkOffer(db: Sql, kind: ServiceLink, serviceId: number, id: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    delete from ${named(kind).table} where service_id = ${serviceId} and ${named(kind).column} = ${id}`);
  return rowCount > 0;
}
