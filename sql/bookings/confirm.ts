import { z } from 'zod';
import { type Sql, sql } from '../database.ts';

/**
 * Confirms a held booking and pays it in one statement: from the payer's wallet, with a unit of the client's package that ends
 * first, or later, by an invoice. Returns false when the hold is over or the wallet or the packages do not cover it; then
 * nothing is changed. Locks the booking, then the wallet.
 * @param day the booking's business day; the package must be valid on it
 */
export async function confirmBooking(db: Sql, id: number, day: string): Promise<boolean> {
  const { rowCount } = await db.query(sql.type(z.object({ id: z.int() }))`
    with held as materialized (
      select id, client_id, payer_id, service_id, price_minor, pay_from from bookings
      where id = ${id} and status = 'PENDING' and held_until > clock_timestamp() for update
    ), wallet as materialized (
      select balance_minor from wallets
      where user_id = (select payer_id from held where pay_from <> 'package' and price_minor > 0) for update
    ), unit as materialized (
      select units.client_package_id, units.service_id
      from client_package_units units join client_packages bought on bought.id = units.client_package_id
      where bought.client_id = (select client_id from held where pay_from = 'package')
        and units.service_id = (select service_id from held)
        and units_left > 0 and bought.status = 'active' and ${day}::date between bought.start_date and bought.end_date
      order by bought.end_date, bought.id limit 1 for update of units
    ), confirmed as (
      update bookings booking set status = 'CONFIRMED', confirmed_at = clock_timestamp(), held_until = null
      from held
      where booking.id = held.id and case held.pay_from
        when 'package' then exists (select from unit)
        when 'wallet' then held.price_minor <= coalesce((select balance_minor from wallet), 0)
        else (select count(*) from wallet) >= 0
      end
      returning booking.id, held.payer_id, held.price_minor, held.pay_from
    ), taken as (
      insert into package_entries (client_package_id, service_id, booking_id, delta, reason)
      select client_package_id, service_id, confirmed.id, -1, 'booking' from confirmed, unit
    ), bill as (
      insert into invoices (payer_id, type, amount_minor, status, booking_id, due_date, paid_at)
      select payer_id, 'BOOKING', price_minor, case pay_from when 'wallet' then 'PAID' else 'UNPAID' end, id, ${day}::date,
        case pay_from when 'wallet' then now() end
      from confirmed where pay_from <> 'package' and price_minor > 0
      returning id, payer_id, amount_minor, status
    ), paid as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, -amount_minor, 'payment', id from bill where status = 'PAID'
    )
    select id from confirmed`);
  return rowCount > 0;
}

/** Lets a hold go that cannot be confirmed. */
export const releaseHold = (db: Sql, id: number, why: string) =>
  db.query(sql.unsafe`
    update bookings set status = 'CANCELLED', cancelled_at = clock_timestamp(), held_until = null, cancellation_reason = ${why}
    where id = ${id} and status = 'PENDING'`);
