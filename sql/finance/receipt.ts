import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoicePerson } from './about-invoice.ts';
import { METHODS } from './payments.ts';

const receipt = z.object({
  id: z.int(),
  payer: z.string(),
  amount_minor: z.int(),
  method: z.enum(METHODS),
  description: z.string().nullable(),
  /** Who took it, where it was a person. */
  taken_by: z.string().nullable(),
  /** The day that reports count it on. */
  day: z.iso.date(),
  cancelled_on: z.iso.date().nullable(),
});
const paid = z.object({
  /** Of the class, service, subscription or package; null: it has no name. */
  name: z.string().nullable(),
  /** First name of whom it is for, where that is not who paid. */
  person: z.string().nullable(),
  amount_minor: z.int(),
});
const back = z.object({ day: z.iso.date(), method: z.enum(METHODS), amount_minor: z.int() });
export type Receipt = z.output<typeof receipt> & {
  /** What was paid of it as it came (D15). */
  paid: readonly z.output<typeof paid>[];
  /** What of it went back, oldest first. */
  refunds: readonly z.output<typeof back>[];
};

/** What the receipt of a payment says, in days of a zone; null when there is no such payment. */
export async function findReceipt(db: Sql, paymentId: number, zone: string): Promise<Receipt | null> {
  const name = (column: ReturnType<typeof sql.fragment>) =>
    sql.fragment`(select concat_ws(' ', first_name, nullif(last_name, '')) from users where users.id = ${column})`;
  const found = await db.maybeOne(sql.type(receipt)`
    select id, ${name(sql.fragment`payer_id`)} as payer, amount_minor, method, description, ${name(sql.fragment`person_id`)} as taken_by,
      coalesce(payment_date, (created_at at time zone ${zone})::date) as day, (cancelled_at at time zone ${zone})::date as cancelled_on
    from payments where id = ${paymentId}`);
  return found && { ...found, paid: await paidOf(db, paymentId), refunds: await refundsOf(db, paymentId, zone) };
}

const paidOf = (db: Sql, paymentId: number) =>
  db.any(sql.type(paid)`
    select ${invoiceName} as name,
      (select first_name from users where users.id = ${invoicePerson} and users.id <> entry.user_id) as person, -entry.amount_minor as amount_minor
    from wallet_transactions came
    join wallet_transactions entry on entry.user_id = came.user_id and entry.created_at = came.created_at and entry.kind = 'payment'
    join invoices bill on bill.id = entry.invoice_id ${aboutInvoice}
    where came.payment_id = ${paymentId} and came.kind = 'deposit' order by entry.id limit 100`);

const refundsOf = (db: Sql, paymentId: number, zone: string) =>
  db.any(sql.type(back)`
    select (created_at at time zone ${zone})::date as day, method, amount_minor from payment_refunds
    where payment_id = ${paymentId} order by id`);
