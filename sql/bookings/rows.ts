import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

export const statuses = ['PENDING', 'CONFIRMED', 'CANCELLED', 'COMPLETED', 'NO_SHOW'] as const;
export const payFrom = ['wallet', 'package', 'subscription', 'later'] as const;

/** A booking as the API shows it. Instants in UTC; money in minor units. */
export const bookingRow = z.object({
  id: z.int(),
  status: z.enum(statuses),
  client_id: z.int(),
  client: z.string(),
  specialist_id: z.int(),
  specialist: z.string(),
  service_id: z.int(),
  service: z.string(),
  location_id: z.int().nullable(),
  room_id: z.int().nullable(),
  room: z.string().nullable(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  busy_until: z.iso.datetime(),
  duration_minutes: z.int(),
  break_minutes: z.int(),
  service_price_minor: z.int(),
  discounts: z.array(z.object({ client_discount_id: z.int().nullable(), kind: z.string(), discount_minor: z.int() })),
  price_minor: z.int(),
  pay_from: z.enum(payFrom),
  payer_id: z.int(),
  invoice: z.object({ id: z.int(), status: z.enum(['UNPAID', 'PAID', 'CANCELLED', 'PENDING']) }).nullable(),
  client_package_id: z.int().nullable(),
  student_subscription_id: z.int().nullable(),
  held_until: z.iso.datetime().nullable(),
  version: z.int(),
  moves: z.int(),
  moved_late: z.boolean(),
  created_at: z.iso.datetime(),
  confirmed_at: z.iso.datetime().nullable(),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
});
export type Booking = z.output<typeof bookingRow>;

const bookings = sql.fragment`
  select booking.id, booking.status, booking.client_id, concat_ws(' ', client.first_name, nullif(client.last_name, '')) as client,
    booking.specialist_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as specialist,
    booking.service_id, service.name as service, booking.location_id, booking.room_id, room.name as room,
    booking.starts_at, booking.ends_at, booking.busy_until, booking.duration_minutes, booking.break_minutes,
    booking.service_price_minor, booking.price_minor, booking.pay_from, booking.payer_id, booking.held_until,
    booking.version, booking.moves, booking.moved_late, booking.created_at, booking.confirmed_at, booking.cancelled_at, booking.cancellation_reason,
    coalesce((
      select json_agg(json_build_object('client_discount_id', client_discount_id, 'kind', kind, 'discount_minor', discount_minor)
        order by place)
      from booking_discounts where booking_id = booking.id), '[]') as discounts,
    (select json_build_object('id', id, 'status', status) from invoices
      where booking_id = booking.id order by id desc limit 1) as invoice,
    (select client_package_id from package_entries where booking_id = booking.id) as client_package_id,
    (select student_subscription_id from session_entries where booking_id = booking.id and reason = 'booking') as student_subscription_id
  from bookings booking
  join users client on client.id = booking.client_id
  join users person on person.id = booking.specialist_id
  join services service on service.id = booking.service_id
  left join rooms room on room.id = booking.room_id`;

export const findBooking = (db: Sql, id: number) => db.maybeOne(sql.type(bookingRow)`${bookings} where booking.id = ${id}`);

type Filter = {
  clientId?: number;
  specialistId?: number;
  /** Instants; `to` is exclusive. */
  from?: string;
  to?: string;
  status?: Booking['status'];
  whose?: Whose;
  after?: readonly [string, number];
  limit: number;
};

/** What was given up before it was confirmed, as when the wallet did not cover it, is found by its id only. */
const wasBooked = sql.fragment`(booking.status <> 'CANCELLED' or booking.confirmed_at is not null)`;

/** Bookings that begin in a span of time, in order of their start, after a cursor. */
export function listBookings(db: Sql, filter: Filter) {
  const conditions = [wasBooked, isAmong(filter.whose ?? EVERYTHING, 'booking', 'booking')];
  if (filter.clientId !== undefined) conditions.push(sql.fragment`booking.client_id = ${filter.clientId}`);
  if (filter.specialistId !== undefined) conditions.push(sql.fragment`booking.specialist_id = ${filter.specialistId}`);
  if (filter.from !== undefined) conditions.push(sql.fragment`booking.starts_at >= ${filter.from}::timestamptz`);
  if (filter.to !== undefined) conditions.push(sql.fragment`booking.starts_at < ${filter.to}::timestamptz`);
  if (filter.status !== undefined) conditions.push(sql.fragment`booking.status = ${filter.status}`);
  if (filter.after)
    conditions.push(sql.fragment`(booking.starts_at, booking.id) > (${filter.after[0]}::timestamptz, ${filter.after[1]}::int)`);
  return db.any(sql.type(bookingRow)`
    ${bookings} where ${sql.join(conditions, sql.fragment` and `)} order by booking.starts_at, booking.id limit ${filter.limit}`);
}
