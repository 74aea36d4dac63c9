import { sql } from '../database.ts';
import { freeRoom, type Place } from './rooms.ts';
import { type SlotClaim, slotGiven } from './slot-locks.ts';

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
  discounts: readonly { id: number; kind: string; basisPoints: number | null; discountMinor: number }[];
  payFrom: 'wallet' | 'package' | 'later';
  createdBy: string;
  /** A service without rooms is given anywhere. */
  needsRoom: boolean;
  /** The slot that is given back with the booking. */
  claim?: SlotClaim;
};

/** Fewer parts are a cheaper statement; each shape has its own name. */
export const shapeOf = (of: NewBooking) =>
  [of.needsRoom && 'in_room', of.discounts.length > 0 && 'discounted', of.claim && 'giving_lock'].filter(Boolean).join('_');

/**
 * A booking with what it costs, in the first room that is free, as the parts `made` and more of a statement. Nothing is made when
 * a constraint refuses it, or no room is free.
 * @param state its status, held_until and confirmed_at
 */
export const bookingMade = (of: NewBooking, state: ReturnType<typeof sql.fragment>) => sql.fragment`
  place as materialized (${of.needsRoom ? freeRoom(of) : sql.fragment`select null::int as id, null::int as location_id`}),
  made as (
    insert into bookings (id, client_id, payer_id, specialist_id, service_id, location_id, room_id, starts_at, duration_minutes,
      break_minutes, service_price_minor, price_minor, pay_from, created_by, status, held_until, confirmed_at)
    overriding system value
    select ${of.id}::int, ${of.clientId}::int, ${of.payerId}::int, ${of.specialistId}::int, ${of.serviceId}::int,
      coalesce(${of.locationId}::int, place.location_id), place.id, ${of.startsAt}::timestamptz, ${of.durationMinutes}::int,
      ${of.breakMinutes}::int, ${of.servicePriceMinor}::int8, ${of.priceMinor}::int8, ${of.payFrom}::text, ${of.createdBy}::text,
      ${state}
    from place
    on conflict do nothing
    returning id, payer_id, price_minor
  )${of.discounts.length > 0 ? sql.fragment`, discounted as (${discounted(of.discounts)})` : nothing}
  ${of.claim ? sql.fragment`, given_back as (${slotGiven(of.claim)} and exists (select from made))` : nothing}`;

const nothing = sql.fragment``;

const discounted = (discounts: NewBooking['discounts']) => sql.fragment`
  insert into booking_discounts (booking_id, place, client_discount_id, kind, percent, discount_minor)
  select made.id, place, discount_id, kind, basis_points / 100.0, discount_minor
  from made, ${sql.unnest(
    discounts.map((one, n) => [n + 1, one.id, one.kind, one.basisPoints, one.discountMinor]),
    ['int2', 'int4', 'text', 'int4', 'int8'],
  )} as given (place, discount_id, kind, basis_points, discount_minor)`;
