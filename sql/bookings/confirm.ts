import { z } from 'zod';
import { type In, type Sql, sql } from '../database/database.ts';
import { type Notice, noticesOfNew } from '../notifications/notify.ts';
import { coveringPackage, coveringSubscription } from './covers.ts';

type Held = {
  id: number;
  payFrom: 'wallet' | 'package' | 'subscription';
  /** The booking's business day; a package must be valid on it. */
  day: string;
  /** Who is notified when it is confirmed. */
  notices: readonly Notice<'booking_confirmed'>[];
};

/**
 * Confirms a held booking, pays it and tells of it in one statement: from the payer's wallet, with a unit of the client's package
 * that ends first, or with a session (D50). Returns false when the hold is over or the wallet, the packages or the subscriptions do not cover it;
 * then nothing is changed. Locks the booking, then the wallet.
 */
export async function confirmBooking(db: Sql, confirmation: Held): Promise<boolean> {
  const { rowCount } = await db.query(sql.prepared(`confirm_from_${confirmation.payFrom}`, z.object({ id: z.int() }))`
    with held as materialized (
      select id, client_id, payer_id, service_id, price_minor from bookings
      where id = ${confirmation.id} and status = 'PENDING' and pay_from = ${confirmation.payFrom} and held_until > clock_timestamp() for update
    ), ${ways[confirmation.payFrom](confirmation.day)}, told as (
      ${noticesOfNew(confirmation.notices, sql.fragment`exists (select from confirmed)`)}
    )
    select id from confirmed`);
  return rowCount > 0;
}

const confirmed = sql.fragment`
  update bookings booking set status = 'CONFIRMED', confirmed_at = clock_timestamp(), held_until = null
  from held where booking.id = held.id`;

const ofHeld = { clientId: sql.fragment`(select client_id from held)`, serviceId: sql.fragment`(select service_id from held)` };

/** What is done for each way to pay, from `held` to `confirmed`. */
const ways = {
  wallet: (day: string) => sql.fragment`
    wallet as materialized (${payersWallet(sql.fragment`held`)}),
    confirmed as (
      ${confirmed} and held.price_minor <= coalesce((select balance_minor from wallet), 0)
      returning booking.id, held.payer_id, held.price_minor
    ), bill as (${billed(day, 'PAID')}
    ), paid as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, -amount_minor, 'payment', id from bill
    )`,
  package: (day: string) => sql.fragment`
    unit as materialized (
      ${coveringPackage({ ...ofHeld, day })} for update of units
    ), confirmed as (
      ${confirmed} and exists (select from unit) returning booking.id
    ), taken as (
      insert into package_entries (client_package_id, service_id, booking_id, delta, reason)
      select client_package_id, service_id, confirmed.id, -1, 'booking' from confirmed, unit
    )`,
  subscription: (day: string) => sql.fragment`
    chosen as materialized (
      ${coveringSubscription({ ...ofHeld, day })} for update of held
    ), confirmed as (
      ${confirmed} and exists (select from chosen) returning booking.id
    ), taken as (
      insert into session_entries (student_subscription_id, booking_id, delta, reason)
      select chosen.id, confirmed.id, case when is_unlimited then 0 else -1 end, 'booking' from confirmed, chosen
    )`,
};

/** Lets a hold go that cannot be confirmed. Returns false when it had ended already: it was cancelled, or took too long. */
export async function releaseHold(db: Sql, id: number, why: string): Promise<boolean> {
  const wasInTime = await db.maybeOneFirst(sql.type(z.object({ was_in_time: z.boolean() }))`
    with held as materialized (
      select id, held_until > clock_timestamp() as was_in_time from bookings where id = ${id} and status = 'PENDING' for update
    )
    update bookings set status = 'CANCELLED', cancelled_at = clock_timestamp(), held_until = null, cancellation_reason = ${why}
    from held where bookings.id = held.id returning was_in_time`);
  return wasInTime ?? false;
}

type Wanted = { clientId: number; payerId: number; serviceId: number; priceMinor: number };

const covered = z.object({ is_covered: z.boolean() });

/**
 * Whether a booking of a business day could be paid as things stand: from the payer's wallet, with a unit of a package or a
 * session of a subscription that is valid on it. Nothing is locked; the confirmation decides.
 */
export const isCovered = (db: Sql, payFrom: Held['payFrom'], wanted: Wanted, day: string): Promise<boolean> =>
  db.oneFirst(
    payFrom === 'subscription'
      ? sql.type(covered)`select exists (${coveringSubscription({ ...wanted, day })}) as is_covered`
      : payFrom === 'wallet'
        ? sql.type(covered)`
        select coalesce((select balance_minor from wallets where user_id = ${wanted.payerId}), 0) >= ${wanted.priceMinor}::int8 as is_covered`
        : sql.type(covered)`select exists (${coveringPackage({ ...wanted, day })}) as is_covered`,
  );

/** The invoice of what is `confirmed`, as a part of a statement. @param day when it is due */
export const billed = (day: In<string>, status: 'PAID' | 'UNPAID') => sql.fragment`
  insert into invoices (payer_id, type, amount_minor, status, booking_id, due_date, paid_at)
  select payer_id, 'BOOKING', price_minor, ${status}::text, id, ${day}::date, case when ${status}::text = 'PAID' then now() end
  from confirmed where price_minor > 0
  returning id, payer_id, amount_minor`;

/** The wallet of who pays, held until the transaction ends: whatever writes an invoice holds its payer's wallet. */
export const payersWallet = (booking: ReturnType<typeof sql.fragment>) => sql.fragment`
  select balance_minor from wallets where user_id = (select payer_id from ${booking} where price_minor > 0) for update`;
