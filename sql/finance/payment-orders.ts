import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const orderRow = z.object({
  id: z.int(),
  reference: z.uuid(),
  payer_id: z.int(),
  invoice_id: z.int().nullable(),
  amount_minor: z.int(),
  currency: z.string(),
  status: z.enum(['open', 'paid', 'failed']),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
export type PaymentOrder = z.output<typeof orderRow>;

const columns = sql.fragment`id, reference, payer_id, invoice_id, amount_minor, currency, status, created_at, expires_at`;

type NewOrder = { payerId: number; invoiceId: number | null; amountMinor: number; currency: string; minutes: number };

export const insertOrder = (db: Sql, { payerId, invoiceId, amountMinor, currency, minutes }: NewOrder) =>
  db.one(sql.type(orderRow)`
    insert into payment_orders (payer_id, invoice_id, amount_minor, currency, expires_at)
    values (${payerId}, ${invoiceId}, ${amountMinor}, ${currency}, now() + make_interval(mins => ${minutes}))
    returning ${columns}`);

export const findOrder = (db: Sql, id: number) =>
  db.maybeOne(sql.type(orderRow)`select ${columns} from payment_orders where id = ${id}`);

/** The order that a provider calls so, locked; null when there is none. */
export const lockOrder = (transaction: Sql, reference: string) =>
  transaction.maybeOne(sql.type(orderRow)`select ${columns} from payment_orders where reference = ${reference}::uuid for update`);

/** How many orders of a payer can still be paid. */
export const countOpenOrders = (db: Sql, payerId: number) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`
    select count(*)::int as count from payment_orders where payer_id = ${payerId} and status = 'open' and expires_at > now()`);

export const noteOrderPaid = (transaction: Sql, id: number) =>
  transaction.query(sql.unsafe`update payment_orders set status = 'paid' where id = ${id}`);

/** Notes that paying an order came to nothing; what is paid stays paid. */
export const noteOrderFailed = (transaction: Sql, id: number) =>
  transaction.query(sql.unsafe`update payment_orders set status = 'failed' where id = ${id} and status = 'open'`);
