import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { lockWallets, settle } from './settle.ts';

export const invoiceRow = z.object({
  id: z.int(),
  payer_id: z.int(),
  student_id: z.int().nullable(),
  type: z.enum(['TRAINING', 'SUBSCRIPTION', 'LATE_CANCELLATION_FEE', 'BOOKING', 'PACKAGE']),
  amount_minor: z.int(),
  status: z.enum(['PENDING', 'UNPAID', 'PAID', 'CANCELLED']),
  real_training_student_id: z.int().nullable(),
  student_subscription_id: z.int().nullable(),
  booking_id: z.int().nullable(),
  client_package_id: z.int().nullable(),
  is_auto_renewal: z.boolean(),
  due_date: z.iso.date().nullable(),
  created_at: z.iso.datetime(),
  paid_at: z.iso.datetime().nullable(),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
});

const columns = sql.fragment`id, payer_id, student_id, type, amount_minor, status, real_training_student_id,
  student_subscription_id, booking_id, client_package_id, is_auto_renewal, due_date, created_at, paid_at, cancelled_at, cancellation_reason`;

/** Invoices, newest first, after a cursor; `from` and `to` are instants, `to` exclusive. */
export const listInvoices = (
  db: Sql,
  filter: { status?: string; payerId?: number; from?: string; to?: string; whose?: Whose; before?: number; limit: number },
) =>
  db.any(sql.type(invoiceRow)`
    select ${columns} from invoices
    where ${isAmong(filter.whose ?? EVERYTHING, 'invoice', 'invoices')} and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
      and (${filter.payerId ?? null}::int is null or payer_id = ${filter.payerId ?? null})
      and (${filter.from ?? null}::timestamptz is null or created_at >= ${filter.from ?? null}::timestamptz)
      and (${filter.to ?? null}::timestamptz is null or created_at < ${filter.to ?? null}::timestamptz)
      and (${filter.before ?? null}::int is null or id < ${filter.before ?? null})
    order by id desc limit ${filter.limit}`);

export const findInvoice = (db: Sql, id: number) =>
  db.maybeOne(sql.type(invoiceRow)`select ${columns} from invoices where id = ${id}`);

/** The oldest invoice for a subscription or a package that a payer owes, or null. */
export const unpaidPurchase = (db: Sql, payerId: number) =>
  db.maybeOneFirst(sql.type(z.object({ id: z.int() }))`
    select id from invoices where payer_id = ${payerId} and status = 'UNPAID' and type in ('SUBSCRIPTION', 'PACKAGE')
    order by created_at, id limit 1`);

/**
 * Waives an invoice, in the caller's transaction: what was paid goes back to the wallet and settles what else is owed.
 * The registration it was for stays decided. A cancelled one is answered as it is, with `isNew` false. Null when there is none.
 * @param settles false: nothing is settled from it yet, for it may be taken back (D49)
 */
export async function cancelInvoice(transaction: Sql, id: number, reason: string, settles = true) {
  const found = await findInvoice(transaction, id);
  if (!found) return null;
  await lockWallets(transaction, [found.payer_id]);
  const isNew = await withdrawInvoice(transaction, id, reason);
  if (isNew && settles) await settle(transaction, [found.payer_id]);
  const invoice = await findInvoice(transaction, id);
  return invoice && { invoice, isNew };
}

/**
 * Cancels an invoice that is not cancelled yet; what was paid goes back to the wallet (D18) and nothing is settled from it.
 * The caller holds the payer's wallet. Returns false when it was cancelled already.
 */
export async function withdrawInvoice(transaction: Sql, id: number, reason: string): Promise<boolean> {
  const { rowCount } = await transaction.query(sql.unsafe`
    with bill as materialized (
      select id, payer_id, amount_minor, status from invoices where id = ${id} and status <> 'CANCELLED' for update
    ), refunded as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, amount_minor, 'refund', id from bill where status = 'PAID'
      returning id
    )
    update invoices set status = 'CANCELLED', cancelled_at = now(), cancellation_reason = ${reason}
    from bill where invoices.id = bill.id`);
  return rowCount > 0;
}
