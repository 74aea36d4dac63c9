import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const holdRow = z.object({
  booking_id: z.int(),
  asked_specialist_id: z.int().nullable(),
  booked_id: z.int().nullable(),
  /** Whose the booking is that it has become. */
  booked_client_id: z.int().nullable(),
  service_id: z.int(),
  service: z.string(),
  specialist_id: z.int(),
  specialist: z.string(),
  room: z.string().nullable(),
  location: z.string().nullable(),
  address: z.string().nullable(),
  starts_at: z.iso.datetime(),
  duration_minutes: z.int(),
  break_minutes: z.int(),
  service_price_minor: z.int(),
  /** Until when it is theirs; null: not any more. */
  held_until: z.iso.datetime().nullable(),
});
/** A slot that a visitor holds, or held. */
export type SiteHold = z.output<typeof holdRow>;

const holds = sql.fragment`
  select hold.booking_id, asked_specialist_id, booked_id,
    (select client_id from bookings where id = booked_id) as booked_client_id, service_id, service.name as service, specialist_id,
    concat_ws(' ', person.first_name, nullif(person.last_name, '')) as specialist, room.name as room, location.name as location,
    location.address, starts_at, booking.duration_minutes, booking.break_minutes, service_price_minor,
    case when held_until > clock_timestamp() then held_until end as held_until
  from site_holds hold
  join bookings booking on booking.id = booking_id
  join services service on service.id = service_id
  join users person on person.id = specialist_id
  left join rooms room on room.id = room_id
  left join locations location on location.id = booking.location_id`;

export const findHold = (db: Sql, token: Buffer) =>
  db.maybeOne(sql.type(holdRow)`${holds} where token_hash = ${sql.binary(token)}`);

/** The same, taken for the transaction. */
export const lockHold = (transaction: Sql, token: Buffer) =>
  transaction.maybeOne(sql.type(holdRow)`${holds} where token_hash = ${sql.binary(token)} for update of hold`);

/** So many that are long over go with each that comes. */
const PRUNED = 5;

/** Notes whose a hold is. */
export const insertHold = (
  transaction: Sql,
  of: { token: Buffer; bookingId: number; askedSpecialistId: number | null; network: string },
) =>
  transaction.query(sql.unsafe`
    with gone as (
      delete from bookings where status = 'CANCELLED' and confirmed_at is null and id = any(array(
        select booking_id from site_holds where created_at < now() - interval '1 day' order by created_at limit ${PRUNED}
        for update skip locked))
    )
    insert into site_holds (token_hash, booking_id, asked_specialist_id, network)
    values (${sql.binary(of.token)}, ${of.bookingId}, ${of.askedSpecialistId}::int, ${of.network})
    on conflict (token_hash) do update set booking_id = excluded.booking_id, created_at = now()`);

/** Notes which booking a hold has become. */
export const noteBooked = (transaction: Sql, token: Buffer, bookedId: number) =>
  transaction.query(sql.unsafe`update site_holds set booked_id = ${bookedId} where token_hash = ${sql.binary(token)}`);

/** Whoever shows who they are keeps the slot for so many seconds more, and never longer than the most. What is over stays over. */
export const extendHold = (db: Sql, bookingId: number, seconds: number, mostSeconds: number) =>
  db.query(sql.unsafe`
    update bookings set held_until = greatest(held_until,
      least(clock_timestamp() + make_interval(secs => ${seconds}), created_at + make_interval(secs => ${mostSeconds})))
    where id = ${bookingId} and status = 'PENDING' and held_until > clock_timestamp()`);

/** How many slots are held from a network just now. */
export const countHolds = (db: Sql, network: string) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`
    select count(*)::int as count from site_holds join bookings on bookings.id = booking_id
    where network = ${network} and site_holds.created_at > now() - interval '1 hour' and status = 'PENDING' and held_until > clock_timestamp()`);

/** The id that a booking will have. */
export const nextBookingId = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ id: z.int() }))`select nextval('bookings_id_seq')::int as id`);
