import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { findInvoice } from '../finance/invoices.ts';
import { lockWallets, settle } from '../finance/settle.ts';

export const catalogueRow = z.object({
  id: z.int(),
  name: z.string(),
  price_minor: z.int(),
  number_of_sessions: z.int().nullable(),
  validity_days: z.int().nullable(),
  validity_months: z.int().nullable(),
  is_active: z.boolean(),
});
export type CatalogueItem = z.output<typeof catalogueRow>;

/** One line of the catalogue, which stays as it is until the transaction ends; null when there is none. */
export const findInCatalogue = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(catalogueRow)`
    select id, name, price_minor, number_of_sessions, validity_days, validity_months, is_active from subscriptions where id = ${id} for share`);

/**
 * Sells a subscription: the student holds it at once, and where it costs something an invoice is due on its first day, or
 * today if that is past, and paid if the wallet covers it (D23, D4, D15). The caller holds the student's lock.
 * @param startDate the first day; the last one follows from the term (D4, D48)
 */
export async function buySubscription(
  transaction: Sql,
  purchase: { studentId: number; payerId: number; item: CatalogueItem; startDate: string; today: string; isAutoRenew: boolean },
) {
  const { item, payerId, studentId, startDate } = purchase;
  await lockWallets(transaction, [payerId]);
  const { id, invoice_id } = await transaction.one(sql.type(z.object({ id: z.int(), invoice_id: z.int().nullable() }))`
    with bought as (
      insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, is_auto_renew)
      select ${studentId}::int, ${item.id}::int, start_date,
        term_end(start_date, ${item.validity_days}::int, ${item.validity_months}::int, extract(day from start_date)::int),
        ${item.number_of_sessions}::int, ${purchase.isAutoRenew}::boolean
      from (select ${startDate}::date as start_date) as given
      returning id
    ), invoiced as (
      insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id, due_date)
      select ${payerId}::int, ${studentId}::int, 'SUBSCRIPTION', ${item.price_minor}::int8, id, greatest(${startDate}::date, ${purchase.today}::date)
      from bought where ${item.price_minor}::int8 > 0
      returning id
    )
    select bought.id, invoiced.id as invoice_id from bought left join invoiced on true`);
  await settle(transaction, [payerId]);
  return { id, invoice: invoice_id === null ? null : await findInvoice(transaction, invoice_id) };
}
