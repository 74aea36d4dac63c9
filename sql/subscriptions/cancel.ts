import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockWallets } from '../finance/settle.ts';
import { payersOfChains } from '../sessions/shares.ts';
import { payersOwing } from './neighbours.ts';

const bills = z.object({ paid_minor: z.int(), owed_minor: z.int() });

/**
 * What is paid for a subscription and what is owed, with the wallets locked of whoever pays for it, for those whose sessions it holds, or
 * owes for what may follow it, so that nothing of that changes before the transaction ends. The caller holds the student's lock.
 */
export async function lockBills(transaction: Sql, subscription: { id: number; studentId: number }) {
  const payers = [
    ...new Set([
      ...(await payersOfChains(transaction, [subscription.id])),
      ...(await payersOwing(transaction, subscription.studentId)),
    ]),
  ];
  if (payers.length > 0) await lockWallets(transaction, payers);
  const found = await transaction.one(sql.type(bills)`
    select coalesce(sum(amount_minor) filter (where status = 'PAID'), 0)::int8 as paid_minor,
      coalesce(sum(amount_minor) filter (where status in ('UNPAID', 'PENDING')), 0)::int8 as owed_minor
    from invoices where student_subscription_id = ${subscription.id}`);
  return { ...found, payers };
}

/**
 * Ends a subscription: what is left of its sessions leaves by an entry, a freeze to come is forgotten, it will not be renewed, and what
 * is still owed for it is a debt like any other. The caller holds the student's lock and {@link lockBills}'s.
 * @param ending.today the business day
 */
export async function endSubscription(transaction: Sql, ending: { id: number; reason: string; today: string }) {
  await transaction.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason)
    select id, -sessions_left, 'cancelled' from student_subscriptions where id = ${ending.id} and sessions_left > 0`);
  await transaction.query(sql.unsafe`
    update student_subscriptions
    set status = 'cancelled', cancelled_at = now(), cancelled_on = ${ending.today}::date, cancellation_reason = ${ending.reason},
      freeze_start_date = null, freeze_end_date = null
    where id = ${ending.id}`);
  await transaction.query(sql.unsafe`
    update invoices set is_auto_renewal = false
    where student_subscription_id = ${ending.id} and status in ('UNPAID', 'PENDING') and is_auto_renewal`);
}
