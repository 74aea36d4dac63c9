import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * Locks the payers' wallets, in order of id, until the transaction ends; who has none gets an empty one. Whatever writes an
 * invoice or changes one holds its payer's wallet, so money and debts never pass each other unseen.
 * Students' locks are taken before wallets', never after.
 */
export async function lockWallets(transaction: Sql, payerIds: readonly number[]) {
  const ids = sql.array([...payerIds], 'int4');
  await transaction.query(sql.unsafe`
    insert into wallets (user_id) select id from unnest(${ids}) as payer (id) order by id on conflict do nothing`);
  await transaction.query(sql.unsafe`select from wallets where user_id = any(${ids}) order by user_id for update`);
}

/**
 * Pays the payers' UNPAID invoices from their wallets (D15): oldest first, whole ones only, up to the first that the balance
 * does not cover. Returns how many were paid. `created_at` is when its transaction began: with the id it puts any invoices in
 * one order for good, though of two that overlapped the one committed later may be the older one, and find the younger one paid.
 * `offset 0` keeps it at one look into the index a payer: joined freely, the planner reads every debt of the studio for each of
 * them while the table's statistics are those of an emptier one.
 */
export async function settle(transaction: Sql, payerIds: readonly number[]): Promise<number> {
  await lockWallets(transaction, payerIds);
  return transaction.oneFirst(sql.type(z.object({ paid: z.int() }))`
    with owed as materialized (
      select debt.id, balance_minor, sum(amount_minor) over (partition by user_id order by created_at, debt.id) as so_far
      from wallets
      cross join lateral (
        select id, amount_minor, created_at from invoices where payer_id = user_id and status = 'UNPAID' offset 0
      ) as debt
      where user_id = any(${sql.array([...payerIds], 'int4')}) and balance_minor > 0
    ), paid as (
      update invoices set status = 'PAID', paid_at = now()
      from owed where owed.id = invoices.id and owed.so_far <= owed.balance_minor
      returning invoices.id, invoices.payer_id, invoices.amount_minor
    ), entered as (
      insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
      select payer_id, -amount_minor, 'payment', id from paid order by id
      returning id
    )
    select count(*)::int as paid from entered`);
}
