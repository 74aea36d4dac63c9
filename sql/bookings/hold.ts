import { z } from 'zod';
import { type Sql, sql } from '../database.ts';
import { freeRoom, needsNoRoom, type Place } from './rooms.ts';

export type Hold = Place & {
  clientId: number;
  payerId: number;
  specialistId: number;
  durationMinutes: number;
  breakMinutes: number;
  servicePriceMinor: number;
  priceMinor: number;
  discounts: readonly { id: number; kind: string; basisPoints: number | null; discountMinor: number }[];
  payFrom: 'wallet' | 'package' | 'later';
  holdSeconds: number;
  createdBy: string;
};

const held = z.object({ id: z.int(), room_id: z.int().nullable() });

/**
 * Holds a slot: a PENDING booking with what it costs, in the first room that is free. Null when a constraint refuses it, or no
 * room is free. Throws an exclusion violation when a training or an absence has come in between.
 * A hold that is lost with the power is a hold less: nobody waits until it is on the disk, the confirmation is what lasts.
 * @param isAlone the statement is a transaction of its own
 */
export const holdSlot = (db: Sql, of: Hold, isAlone: boolean) =>
  db.maybeOne(sql.prepared('hold_slot', held)`
    with room as materialized (${freeRoom(of)}),
    lazy as materialized (select ${isAlone} and set_config('synchronous_commit', 'off', true) is null as never),
    made as (
      insert into bookings (client_id, payer_id, specialist_id, service_id, location_id, room_id, starts_at, duration_minutes,
        break_minutes, service_price_minor, price_minor, pay_from, held_until, created_by)
      select ${of.clientId}::int, ${of.payerId}::int, ${of.specialistId}::int, ${of.serviceId}::int,
        coalesce(${of.locationId}::int, room.location_id), room.id, ${of.startsAt}::timestamptz, ${of.durationMinutes}::int,
        ${of.breakMinutes}::int, ${of.servicePriceMinor}::int8, ${of.priceMinor}::int8, ${of.payFrom}::text,
        clock_timestamp() + make_interval(secs => ${of.holdSeconds}), ${of.createdBy}::text
      from lazy left join room on true
      where room.id is not null or ${needsNoRoom(of)}
      on conflict do nothing
      returning id, room_id
    ), discounted as (
      insert into booking_discounts (booking_id, place, client_discount_id, kind, percent, discount_minor)
      select made.id, place, discount_id, kind, basis_points / 100.0, discount_minor
      from made, ${sql.unnest(
        of.discounts.map((one, n) => [n + 1, one.id, one.kind, one.basisPoints, one.discountMinor]),
        ['int2', 'int4', 'text', 'int4', 'int8'],
      )} as given (place, discount_id, kind, basis_points, discount_minor)
    )
    select id, room_id from made`);

const reasons = z.object({ specialist: z.boolean(), client: z.boolean(), room: z.boolean() });

/** Which of the three a hold found taken. None of them: somebody was faster to a room and another one is still free. */
export const whatIsTaken = (db: Sql, of: Hold) =>
  db.one(sql.type(reasons)`
    select
      exists (select from bookings where specialist_id = ${of.specialistId} and is_live
        and tstzrange(starts_at, busy_until) && ${span(of, of.busyMinutes)}) as specialist,
      exists (select from bookings where client_id = ${of.clientId} and is_live
        and tstzrange(starts_at, ends_at) && ${span(of, of.durationMinutes)}) as client,
      not (exists (${freeRoom(of)}) or ${needsNoRoom(of)}) as room`);

const span = (of: Hold, minutes: number) =>
  sql.fragment`tstzrange(${of.startsAt}::timestamptz, ${of.startsAt}::timestamptz + make_interval(mins => ${minutes}))`;
