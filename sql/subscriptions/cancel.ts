import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockWallets, settle } from '../finance/settle.ts';

const bill = z.object({ payer_id: z.int(), paid_minor: z.int() });

/**
 * What was paid for a subscription, by payer, with their wallets locked, so that neither changes before the transaction ends.
 * The caller holds the student's lock.
 */
export async function lockPaid(transaction: Sql, id: number) {
  const payers = await transaction.anyFirst(sql.type(z.object({ payer_id: z.int() }))`
    select distinct payer_id from invoices where student_subscription_id = ${id} and status <> 'CANCELLED'`);
  if (payers.length > 0) await lockWallets(transaction, payers);
  return transaction.any(sql.type(bill)`
    select payer_id, coalesce(sum(amount_minor) filter (where status = 'PAID'), 0)::int8 as paid_minor from invoices
    where student_subscription_id = ${id} and status <> 'CANCELLED' group by payer_id`);
}

/**
 * Calls a subscription off: what is left of its sessions leaves by an entry, an unpaid invoice is cancelled, a freeze to come is
 * forgotten, and it will not be renewed. Of what was paid, `refundMinor` goes back to the payer's wallet, from the newest invoice
 * on, and settles what else is owed (D15). A PAID invoice stands for its whole amount, here as everywhere: one that is refunded in
 * part is therefore cancelled with a refund of all of it, and what the studio keeps is invoiced and paid anew.
 * The caller holds the student's lock and {@link lockPaid}'s, and has seen that so much was paid.
 */
export async function cancelSubscription(
  transaction: Sql,
  of: { id: number; reason: string; refundMinor: number },
  payerIds: readonly number[],
) {
  await transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason)
    select id, -sessions_left, 'cancelled' from student_subscriptions where id = ${of.id} and sessions_left > 0`);
  await transaction.query(sql.unsafe`
    update student_subscriptions
    set status = 'cancelled', cancelled_at = now(), cancellation_reason = ${of.reason}, freeze_start_date = null, freeze_end_date = null
    where id = ${of.id}`);
  await transaction.query(sql.unsafe`
    update invoices set status = 'CANCELLED', cancelled_at = now(), cancellation_reason = ${of.reason}
    where student_subscription_id = ${of.id} and status in ('UNPAID', 'PENDING')`);
  if (of.refundMinor > 0) await refundInvoices(transaction, of);
  if (payerIds.length > 0) await settle(transaction, payerIds);
}

const refundInvoices = (transaction: Sql, of: { id: number; reason: string; refundMinor: number }) =>
  transaction.query(sql.unsafe`
    with paid as materialized (
      select *, sum(amount_minor) over (order by id desc) - amount_minor as before
      from invoices where student_subscription_id = ${of.id} and status = 'PAID'
    ), hit as materialized (
      select *, greatest(0, amount_minor - (${of.refundMinor}::int8 - before))::int8 as kept_minor from paid where before < ${of.refundMinor}::int8
    ), cancelled as (
      update invoices set status = 'CANCELLED', cancelled_at = now(), cancellation_reason = ${of.reason}
      from hit where invoices.id = hit.id
      returning invoices.id, invoices.payer_id, invoices.amount_minor
    ), kept as (
      insert into invoices (payer_id, student_id, type, amount_minor, status, paid_at, student_subscription_id, is_auto_renewal, due_date)
      select payer_id, student_id, type, kept_minor, 'PAID', now(), student_subscription_id, is_auto_renewal, due_date
      from hit where kept_minor > 0
      returning id, payer_id, amount_minor
    )
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    select payer_id, amount_minor, 'refund', id from cancelled
    union all
    select payer_id, -amount_minor, 'payment', id from kept`);
