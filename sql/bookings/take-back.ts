import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { withdrawInvoice } from '../finance/invoices.ts';
import { lockWallets, settle } from '../finance/settle.ts';

const sold = z.object({ id: z.int(), price_minor: z.int(), status: z.string(), cancellation: z.unknown() });
const units = z.object({ granted: z.int(), used: z.int(), left: z.int() });
const bill = z.object({ id: z.int(), payer_id: z.int(), amount_minor: z.int(), status: z.enum(['PENDING', 'UNPAID', 'PAID']) });
type PackageBill = z.output<typeof bill>;
export const holdingRow = z.object({ id: z.int(), service_id: z.int(), starts_at: z.iso.datetime() });

/**
 * Locks a client's package and its units until the transaction ends, so that no booking takes or returns one meanwhile; null when
 * the client has no such package. Take wallets' locks after it. `for no key update`: rows that refer to the package can still be written.
 */
export async function lockClientPackage(transaction: Sql, clientId: number, id: number) {
  const found = await transaction.maybeOne(sql.type(sold)`
    select id, price_minor, status, cancellation from client_packages
    where id = ${id} and client_id = ${clientId} for no key update`);
  if (found)
    await transaction.query(sql.unsafe`
      select from client_package_units where client_package_id = ${id} order by service_id for update`);
  return found;
}

/** How many units were sold, used and are left, of all services together. The caller holds {@link lockClientPackage}'s lock. */
export const unitsOf = (transaction: Sql, id: number) =>
  transaction.one(sql.type(units)`
    select sum(part.units)::int as granted,
      (select coalesce(-sum(delta), 0)::int from package_entries
        where client_package_id = ${id} and reason in ('booking', 'returned')) as used,
      (select sum(units_left)::int from client_package_units where client_package_id = ${id}) as left
    from client_packages, jsonb_to_recordset(composition) as part (units integer) where id = ${id}`);

/** Bookings that begin after an instant and hold a unit of the package, in order of their start. */
export const bookingsHolding = (transaction: Sql, id: number, now: string) =>
  transaction.any(sql.type(holdingRow)`
    select booking.id, booking.service_id, starts_at
    from package_entries entry join bookings booking on booking.id = entry.booking_id
    where client_package_id = ${id} and booking.is_live and starts_at > ${now}::timestamptz
    order by starts_at, booking.id`);

/** The package's live invoice, its payer's wallet locked so that it stays as it is; null when there is none, or it was waived. */
export async function lockPackageBill(transaction: Sql, id: number): Promise<PackageBill | null> {
  const live = sql.type(bill)`
    select id, payer_id, amount_minor, status from invoices where client_package_id = ${id} and status <> 'CANCELLED'`;
  const found = await transaction.maybeOne(live);
  if (!found) return null;
  await lockWallets(transaction, [found.payer_id]);
  return transaction.maybeOne(live);
}

/** Ends a package: what is left of its units leaves by entries, and the answer its canceller got is kept. */
export async function endPackage(transaction: Sql, ending: { id: number; at: string; reason: string; answer: unknown }) {
  await transaction.query(sql.unsafe`
    insert into package_entries (client_package_id, service_id, delta, reason)
    select client_package_id, service_id, -units_left, 'cancelled' from client_package_units
    where client_package_id = ${ending.id} and units_left > 0 order by service_id`);
  await transaction.query(sql.unsafe`
    update client_packages set status = 'cancelled', cancelled_at = ${ending.at}::timestamptz, cancellation_reason = ${ending.reason},
      cancellation = ${sql.json(ending.answer as never)}
    where id = ${ending.id}`);
}

/**
 * Gives back what is not kept of a package's price (D18) and settles what else the payer owes (D15). An invoice stands for its
 * whole amount, here as everywhere: the one there was is cancelled, with a refund of all of it if it was paid, and what the studio
 * keeps is invoiced anew, as paid or as owed. The caller holds {@link lockPackageBill}'s lock.
 */
export async function giveBackPrice(transaction: Sql, refund: PackageBill, keptMinor: number, reason: string) {
  if (keptMinor === refund.amount_minor) return;
  await withdrawInvoice(transaction, refund.id, reason);
  await transaction.query(sql.unsafe`
    with kept as (
      insert into invoices (payer_id, type, amount_minor, status, client_package_id, due_date, paid_at)
      select payer_id, type, ${keptMinor}::int8, case when ${refund.status}::text = 'PAID' then 'PAID' else 'UNPAID' end,
        client_package_id, due_date, case when ${refund.status}::text = 'PAID' then now() end
      from invoices where id = ${refund.id} and ${keptMinor}::int8 > 0
      returning id, payer_id, amount_minor, status
    )
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    select payer_id, -amount_minor, 'payment', id from kept where status = 'PAID'`);
  await settle(transaction, [refund.payer_id]);
}
