import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { rowsOf } from '../database/rows.ts';
import { type Notice, noticesOfNew } from '../notifications/notify.ts';
import { billed } from './confirm.ts';
import { freeRoom, type Place } from './rooms.ts';
import type { SlotClaim } from './slot-locks.ts';

/** A booking and who is notified of it; its notices carry its id as `booking_id`. */
export type ToBook = { booking: NewBooking; notices: readonly Notice<'booking_confirmed'>[] };

const booked = z.object({ id: z.int() });

/**
 * Makes bookings of one shape that are paid later, all of it in one statement: confirmed, invoiced, told. Returns the ids of those that
 * were made; for who is not among them, a constraint refused it or no room is free, and nothing is written. Throws an exclusion
 * violation when a training or an absence has come in between; then nothing is written at all. Locks the payers' wallets after the
 * bookings.
 * @param isHurried gives up with a lock timeout (55P03) rather than wait for others. More than one is booked in a hurry only: clients
 * who meet in two statements may wait for each other
 */
export async function bookUnpaid(db: Sql, all: readonly [ToBook, ...ToBook[]], isHurried: boolean): Promise<ReadonlySet<number>> {
  const made = await db.anyFirst(sql.prepared(`book_unpaid_${shapeOf(all[0].booking)}`, booked)`
    with ${patience(isHurried)}, ${bookingsMade(
      all.map(({ booking }) => booking),
      sql.fragment`'CONFIRMED', null::timestamptz, clock_timestamp()`,
    )},
    wallet as materialized (
      select from wallets where user_id in (select payer_id from made where price_minor > 0) order by user_id for update
    ),
    confirmed as (
      select made.id, made.payer_id, made.price_minor, wanted.day from made join wanted on wanted.id = made.id
      where (select count(*) from wallet) >= 0
    ),
    bill as (${billed(sql.fragment`day`, 'UNPAID')}), told as (
      ${noticesOfNew(
        all.flatMap(({ notices }) => notices),
        sql.fragment`exists (select from made where made.id = (params ->> 'booking_id')::int)`,
      )}
    )
    select id from made`);
  return new Set(made);
}

export type NewBooking = Place & {
  /** As the offer gave it. */
  id: number;
  clientId: number;
  payerId: number;
  specialistId: number;
  durationMinutes: number;
  breakMinutes: number;
  servicePriceMinor: number;
  priceMinor: number;
  discounts: readonly { id: number | null; kind: string; basisPoints: number | null; discountMinor: number }[];
  payFrom: 'wallet' | 'package' | 'subscription' | 'later';
  createdBy: string;
  /** The booking's business day, when its invoice is due. */
  day: string;
  /** A service without rooms is given anywhere. */
  needsRoom: boolean;
  /** The slot that is given back with the booking. */
  claim?: SlotClaim;
};

/** Bookings of one shape are made by one statement: fewer parts are a cheaper one. Each shape has its own name. */
export const shapeOf = (booking: NewBooking) =>
  [booking.needsRoom && 'in_room', booking.discounts.length > 0 && 'discounted', booking.claim && 'giving_lock']
    .filter(Boolean)
    .join('_');

/**
 * Bookings of one shape with what they cost, each in a room that is free, as the parts `wanted`, `made` and more of a statement,
 * after its part `settings`, which says what holds for the statement. What a constraint refuses, or has no free room, is not made.
 * @param state their status, held_until and confirmed_at
 */
export const bookingsMade = (all: readonly NewBooking[], state: FragmentSqlToken) => sql.fragment`
  wanted as materialized (${wanted(all)}), ${all[0]?.needsRoom ? inRooms : anywhere},
  made as (
    insert into bookings (id, client_id, payer_id, specialist_id, service_id, location_id, room_id, starts_at, duration_minutes,
      break_minutes, service_price_minor, price_minor, pay_from, created_by, status, held_until, confirmed_at)
    overriding system value
    select id, client_id, payer_id, specialist_id, service_id, coalesce(location_id, place_location_id), place_id,
      starts_at, duration_minutes, break_minutes, service_price_minor, price_minor, pay_from, created_by, ${state}
    from placed
    order by specialist_id, starts_at, id
    on conflict do nothing
    returning id, payer_id, price_minor
  )${all[0]?.discounts.length ? sql.fragment`, discounted as (${discounted(all)})` : nothing}
  ${all[0]?.claim ? sql.fragment`, given_back as (${slotsGiven})` : nothing}`;

const nothing = sql.fragment``;

const wanted = (all: readonly NewBooking[]) => sql.fragment`
  select wanted.*, row_number() over (partition by service_id, location_id, room_id, starts_at order by id) - 1 as place_no
  from settings, ${rowsOf(
    all.map((booking) => [
      booking.id,
      booking.clientId,
      booking.payerId,
      booking.specialistId,
      booking.serviceId,
      booking.locationId,
      booking.roomId ?? null,
      booking.startsAt,
      booking.busyMinutes,
      booking.durationMinutes,
      booking.breakMinutes,
      booking.servicePriceMinor,
      booking.priceMinor,
      booking.payFrom,
      booking.createdBy,
      booking.day,
      booking.claim?.slot ?? null,
      booking.claim?.token ?? null,
    ]),
    [...Array(7).fill('int4'), 'timestamptz', ...Array(3).fill('int4'), 'int8', 'int8', 'text', 'text', 'date', 'text', 'text'],
  )} as wanted (id, client_id, payer_id, specialist_id, service_id, location_id, room_id, starts_at, busy_minutes, duration_minutes,
    break_minutes, service_price_minor, price_minor, pay_from, created_by, day, slot, token)`;

const wantedPlace = {
  serviceId: sql.fragment`wanted.service_id`,
  locationId: sql.fragment`wanted.location_id`,
  roomId: sql.fragment`wanted.room_id`,
  startsAt: sql.fragment`wanted.starts_at`,
  busyMinutes: sql.fragment`wanted.busy_minutes`,
};

/** The calendars are locked all at once, specialists before rooms, so that no two statements wait for each other. */
const inRooms = sql.fragment`
  chosen as materialized (
    select wanted.*, place.id as place_id, place.location_id as place_location_id
    from wanted cross join lateral (${freeRoom(wantedPlace, sql.fragment`wanted.place_no`)}) place
  ), locked as materialized (select lock_calendars(array_agg(specialist_id), array_agg(place_id)) from chosen),
  placed as (select chosen.* from locked, chosen)`;

const anywhere = sql.fragment`
  placed as (select wanted.*, null::int as place_id, null::int as place_location_id from wanted)`;

const slotsGiven = sql.fragment`
  delete from slot_locks using wanted
  where slot_locks.slot = wanted.slot and slot_locks.token = wanted.token and exists (select from made where made.id = wanted.id)`;

const discounted = (all: readonly NewBooking[]) => sql.fragment`
  insert into booking_discounts (booking_id, place, client_discount_id, kind, percent, discount_minor)
  select made.id, place, discount_id, kind, basis_points / 100.0, discount_minor
  from made join ${rowsOf(
    all.flatMap(({ id, discounts }) =>
      discounts.map((discount, n) => [id, n + 1, discount.id, discount.kind, discount.basisPoints, discount.discountMinor]),
    ),
    ['int4', 'int2', 'int4', 'text', 'int4', 'int8'],
  )} as given (booking_id, place, discount_id, kind, basis_points, discount_minor) on given.booking_id = made.id`;

const held = z.object({ id: z.int() });

/**
 * Holds a slot while it is paid: a PENDING booking for so many seconds. Returns false when a constraint refuses it, or no room is
 * free. Throws an exclusion violation when a training or an absence has come in between.
 * A hold that is lost with the power is a hold less: nobody waits until it is on the disk, the confirmation is what lasts.
 * The slot's lock is kept until it is paid: who waits for it may get what could not be.
 * @param isAlone the statement is a transaction of its own
 */
export async function holdSlot(db: Sql, hold: NewBooking, holdSeconds: number, isAlone: boolean): Promise<boolean> {
  const { rowCount } = await db.query(sql.prepared(`hold_slot_${shapeOf(hold)}`, held)`
    with settings as materialized (
      select set_config('synchronous_commit', case when ${isAlone}::boolean then 'off' else current_setting('synchronous_commit') end, true)
    ), ${bookingsMade([hold], sql.fragment`'PENDING', clock_timestamp() + make_interval(secs => ${holdSeconds}), null::timestamptz`)}
    select id from made`);
  return rowCount > 0;
}

/** What waits longer than this for a lock is in the way of the others. */
const HURRIED = '250ms';

/** How long a statement waits for each lock, as its part `settings`: hurried, it soon gives up (SQLSTATE 55P03). */
export const patience = (isHurried: boolean) => sql.fragment`
  settings as materialized (
    select set_config('lock_timeout', case when ${isHurried}::boolean then ${HURRIED} else current_setting('lock_timeout') end, true)
  )`;
