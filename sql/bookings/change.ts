import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { freeRoom, needsNoRoom, type Place } from './rooms.ts';
import { statuses } from './rows.ts';
import { giveBackPrice, lockPackageBill } from './take-back.ts';

const state = z.object({
  id: z.int(),
  status: z.enum(statuses),
  client_id: z.int(),
  specialist_id: z.int(),
  service_id: z.int(),
  location_id: z.int().nullable(),
  room_id: z.int().nullable(),
  starts_at: z.iso.datetime(),
  duration_minutes: z.int(),
  break_minutes: z.int(),
  moved_late: z.boolean(),
  version: z.int(),
  cancellation: z.unknown(),
  invoice_id: z.int().nullable(),
  package_entry_id: z.int().nullable(),
  session_entry_id: z.int().nullable(),
});
export type BookingState = z.output<typeof state>;

/**
 * Locks a booking until the transaction ends and says what pays for it; null when there is none. Take wallets' locks after it.
 * What pays is read by a second statement: the first one may have waited for the very transaction that paid, and would know
 * nothing of it.
 */
export async function lockBooking(transaction: Sql, id: number) {
  await transaction.query(sql.unsafe`select from bookings where id = ${id} for update`);
  return transaction.maybeOne(sql.type(state)`
    select booking.id, booking.status, booking.client_id, booking.specialist_id, booking.service_id, location_id, room_id, starts_at,
      duration_minutes, break_minutes, moved_late, version, cancellation, invoice.id as invoice_id, entry.id as package_entry_id,
      taken.id as session_entry_id
    from bookings booking
    left join invoices invoice on invoice.booking_id = booking.id and invoice.status <> 'CANCELLED'
    left join package_entries entry on entry.booking_id = booking.id
    left join session_entries taken on taken.booking_id = booking.id and taken.reason = 'booking'
    where booking.id = ${id}`);
}

/** Ends a booking and keeps the answer its canceller got. */
export const endBooking = (transaction: Sql, ending: { id: number; at: string; reason: string | null; answer: unknown }) =>
  transaction.query(sql.unsafe`
    update bookings set status = 'CANCELLED', cancelled_at = ${ending.at}::timestamptz, held_until = null,
      cancellation_reason = ${ending.reason}, cancellation = ${sql.json(ending.answer as never)}
    where id = ${ending.id}`);

/** Keeps the whole answer that the first canceller gets. */
export const keepBookingAnswer = (transaction: Sql, id: number, answer: unknown) =>
  transaction.query(sql.unsafe`update bookings set cancellation = ${sql.json(answer as never)} where id = ${id}`);

/** A unit given back can be used for at least so many days more. */
const UNIT_LIVES_DAYS = 7;
const unitRow = z.object({ client_package_id: z.int(), service_id: z.int(), is_over: z.boolean() });
const share = z.object({ minor: z.int() });

/**
 * Gives a unit back to the package it was taken from, by an entry of the opposite, and lets the package last for seven days more (D47).
 * From one that is over or was taken back it leaves at once, and its share of the price (D22) goes back to the wallet, or is owed no
 * more; that settles what else is owed. The package is locked before its units, and those before the wallet.
 * @param today the business day
 */
export async function returnUnit(transaction: Sql, entryId: number, today: string) {
  const {
    client_package_id: id,
    service_id,
    is_over,
  } = await transaction.one(sql.type(unitRow)`
    select client_package_id, service_id, bought.status <> 'active' or bought.end_date < ${today}::date as is_over
    from package_entries entry join client_packages bought on bought.id = client_package_id
    where entry.id = ${entryId} for no key update of bought`);
  await transaction.query(sql.unsafe`
    insert into package_entries (client_package_id, service_id, delta, reason, reverses_id)
    select client_package_id, service_id, -delta, 'returned', id from package_entries where id = ${entryId}`);
  if (!is_over) {
    await transaction.query(sql.unsafe`
      update client_packages set end_date = greatest(end_date, ${today}::date + ${UNIT_LIVES_DAYS}::int) where id = ${id}`);
    return { units: 1, refunded_minor: 0, cancelled_minor: 0 };
  }
  await transaction.query(sql.unsafe`
    insert into package_entries (client_package_id, service_id, delta, reason) values (${id}, ${service_id}, -1, 'refunded')`);
  const bill = await lockPackageBill(transaction, id);
  const minor = await transaction.oneFirst(sql.type(share)`
    select kept_minor(price_minor, granted, used + 1) - kept_minor(price_minor, granted, used) as minor
    from client_packages
    cross join lateral (select sum(units) as granted from jsonb_to_recordset(composition) as part (units integer)) as sold
    cross join lateral (
      select -sum(delta) as used from package_entries where client_package_id = client_packages.id and reason in ('booking', 'returned')
    ) as entered
    where client_packages.id = ${id}`);
  const back = Math.min(minor, bill?.amount_minor ?? 0);
  if (bill && back > 0) await giveBackPrice(transaction, bill, bill.amount_minor - back, 'unit returned');
  const isPaid = bill?.status === 'PAID';
  return { units: 0, refunded_minor: isPaid ? back : 0, cancelled_minor: isPaid ? 0 : back };
}

/** Whether the package a booking took a unit from, if any, is valid on a business day: a unit does not outlive its package. */
export const isWithinPackage = (transaction: Sql, id: number, day: string) =>
  transaction.oneFirst(sql.type(z.object({ is_within: z.boolean() }))`
    select not exists (
      select from package_entries entry join client_packages bought on bought.id = client_package_id
      where entry.booking_id = ${id} and ${day}::date not between bought.start_date and bought.end_date) as is_within`);

/** Notes what became of a booking whose time has come, or takes the note back (CONFIRMED). */
export const closeBooking = (transaction: Sql, id: number, status: 'COMPLETED' | 'NO_SHOW' | 'CONFIRMED') =>
  transaction.query(sql.unsafe`update bookings set status = ${status} where id = ${id}`);

/**
 * Notes the next `size` confirmed bookings that ended before an instant, after an id, as completed: that they took place is what is
 * usual, and whoever knows better may still say so. Returns their ids.
 */
export const completeBookings = (transaction: Sql, before: string, after: number, size: number) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    with over as materialized (
      select id from bookings where status = 'CONFIRMED' and ends_at <= ${before}::timestamptz and id > ${after}
      order by id limit ${size} for no key update
    )
    update bookings set status = 'COMPLETED' where id in (select id from over) returning id`);

export type Move = Place & { id: number; specialistId: number; isLate: boolean };

/**
 * Moves a booking to another time, specialist and room; price, payment, duration and break stay. Returns false when no room is
 * free there; throws an exclusion violation when the time is taken.
 */
export async function moveBooking(transaction: Sql, move: Move): Promise<boolean> {
  const { rowCount } = await transaction.query(sql.unsafe`
    with room as materialized (${freeRoom({ ...move, except: move.id })})
    update bookings set starts_at = ${move.startsAt}::timestamptz, specialist_id = ${move.specialistId},
      room_id = room.id, location_id = coalesce(${move.locationId}::int, room.location_id),
      moves = moves + 1, moved_late = moved_late or ${move.isLate}
    from (values (1)) as one left join room on true
    where bookings.id = ${move.id} and (room.id is not null or ${needsNoRoom(move)})`);
  return rowCount > 0;
}

/** What is owed for a booking is due on its day: an unpaid invoice moves with it. The payer's wallet is held, as for every change of an invoice. */
export const moveDueDate = (transaction: Sql, id: number, day: string) =>
  transaction.query(sql.unsafe`
    with bill as materialized (select id, payer_id from invoices where booking_id = ${id} and status = 'UNPAID'),
    wallet as materialized (select from wallets where user_id = (select payer_id from bill) for update)
    update invoices set due_date = ${day}::date
    from bill where invoices.id = bill.id and invoices.status = 'UNPAID' and (select count(*) from wallet) >= 0`);
