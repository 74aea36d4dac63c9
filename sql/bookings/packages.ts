import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockWallets } from '../finance/settle.ts';

export const clientPackageRow = z.object({
  id: z.int(),
  client_id: z.int(),
  service_package_id: z.int(),
  name: z.string(),
  price_minor: z.int(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  status: z.enum(['active', 'cancelled']),
  units: z.array(z.object({ service_id: z.int(), granted: z.int(), left: z.int() })),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
  invoice: z.object({ id: z.int(), status: z.enum(['UNPAID', 'PAID', 'CANCELLED', 'PENDING']) }).nullable(),
});

const packages = sql.fragment`
  select bought.id, bought.client_id, service_package_id, name, bought.price_minor, start_date, end_date, bought.status,
    cancelled_at, cancellation_reason,
    (select json_agg(json_build_object('service_id', part.service_id, 'granted', part.units, 'left', units_left) order by part.service_id)
      from jsonb_to_recordset(bought.composition) as part (service_id integer, units integer)
      join client_package_units held on held.client_package_id = bought.id and held.service_id = part.service_id) as units,
    (select json_build_object('id', id, 'status', status) from invoices
      where client_package_id = bought.id order by id desc limit 1) as invoice
  from client_packages bought join service_packages on service_packages.id = service_package_id`;

export const findClientPackage = (db: Sql, id: number) => db.one(sql.type(clientPackageRow)`${packages} where bought.id = ${id}`);

export const listClientPackages = (db: Sql, clientId: number, after: number, limit: number) =>
  db.any(sql.type(clientPackageRow)`
    ${packages} where bought.client_id = ${clientId} and bought.id > ${after} order by bought.id limit ${limit}`);

const offered = z.object({
  price_minor: z.int(),
  validity_days: z.int().nullable(),
  validity_months: z.int().nullable(),
  is_active: z.boolean(),
});
/** A package of the catalogue, which stays as it is until the transaction ends; null when there is none. */
export const findOfferedPackage = (db: Sql, id: number) =>
  db.maybeOne(
    sql.type(
      offered,
    )`select price_minor, validity_days, validity_months, is_active from service_packages where id = ${id} for share`,
  );

type Purchase = { clientId: number; payerId: number; packageId: number; start: string; today: string; isPaidNow: boolean };

/**
 * Sells a package to a client, in the caller's transaction: usable at once, with an invoice that is paid from the payer's
 * wallet now or later: it is due on the first day, or today if that is past. Returns its id, or null when the wallet does not cover it; then nothing is written.
 */
export async function buyPackage(transaction: Sql, purchase: Purchase): Promise<number | null> {
  await lockWallets(transaction, [purchase.payerId]);
  return transaction.maybeOneFirst(sql.type(z.object({ id: z.int() }))`
    with bought as (
      insert into client_packages (client_id, service_package_id, composition, price_minor, start_date, end_date)
      select ${purchase.clientId}::int, id, composition, price_minor, ${purchase.start}::date,
        term_end(${purchase.start}::date, validity_days, validity_months, extract(day from ${purchase.start}::date)::int)
      from service_packages
      where id = ${purchase.packageId} and (not ${purchase.isPaidNow}::boolean
        or price_minor <= coalesce((select balance_minor from wallets where user_id = ${purchase.payerId}), 0))
      returning id, price_minor
    ), bill as (
      insert into invoices (payer_id, type, amount_minor, status, client_package_id, due_date, paid_at)
      select ${purchase.payerId}::int, 'PACKAGE', price_minor, case when ${purchase.isPaidNow} then 'PAID' else 'UNPAID' end, id,
        greatest(${purchase.start}::date, ${purchase.today}::date), case when ${purchase.isPaidNow} then now() end
      from bought where price_minor > 0
      returning id, payer_id, amount_minor, status
    ), paid as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, -amount_minor, 'payment', id from bill where status = 'PAID'
    )
    select id from bought`);
}

const left = z.object({
  /** The package a booking took a unit from, and the units of its service there are in it now; null where it was paid otherwise. */
  package: z.string().nullable(),
  units_left: z.int().nullable(),
  /** What is in the payer's wallet, in minor units. */
  balance_minor: z.int(),
});

/** What a booking's package and its payer's wallet hold now. */
export const leftAfter = (db: Sql, bookingId: number) =>
  db.one(sql.type(left)`
    select kind.name as package, units_left, coalesce((select balance_minor from wallets where user_id = payer_id), 0) as balance_minor
    from bookings booking
    left join package_entries entry on entry.booking_id = booking.id
    left join client_package_units units on units.client_package_id = entry.client_package_id and units.service_id = entry.service_id
    left join client_packages bought on bought.id = entry.client_package_id
    left join service_packages kind on kind.id = bought.service_package_id
    where booking.id = ${bookingId}`);
