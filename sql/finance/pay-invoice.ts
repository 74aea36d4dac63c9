import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { lockWallets } from './settle.ts';

/**
 * Pays one UNPAID invoice from its payer's wallet, in the caller's transaction: the whole of it, or nothing. False where it is not
 * UNPAID, or the balance does not cover it.
 */
export async function payInvoice(transaction: Sql, invoice: { id: number; payer_id: number }): Promise<boolean> {
  await lockWallets(transaction, [invoice.payer_id]);
  const paid = await transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    with paid as (
      update invoices set status = 'PAID', paid_at = now()
      from wallets where invoices.id = ${invoice.id} and status = 'UNPAID' and user_id = payer_id and balance_minor >= amount_minor
      returning invoices.id, payer_id, amount_minor
    )
    insert into wallet_transactions (user_id, amount_minor, kind, invoice_id)
    select payer_id, -amount_minor, 'payment', id from paid returning id`);
  return paid.length > 0;
}
