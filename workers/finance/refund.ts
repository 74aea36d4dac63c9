import type { Sql } from '../../sql/database/database.ts';
import { balanceOf, lockPayment, refundedOf, reopenInvoices } from '../../sql/finance/payments.ts';
import { insertRefund } from '../../sql/finance/refunds.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { Refused } from '../refusal.ts';

type Wish = {
  paymentId: number;
  amountMinor: number;
  method: string | null;
  reason: string;
  /** What the balance lacks is got by unpaying invoices, newest first (D21). */
  takeBack: boolean;
  by: string;
  personId: number | null;
  /** What an outside service calls it, where it tells of it. */
  providerId?: string;
};

/**
 * Gives a payment back, or a part of it (R19). Throws a 404 where there is none, a 409 for more than is not refunded yet, for a cancelled
 * payment, and where the balance is short: it names what is free. Locks the payment, then the wallet, as whoever cancels it does.
 */
export async function refundPayment(transaction: Sql, wish: Wish) {
  const payment = await lockPayment(transaction, wish.paymentId);
  if (!payment) throw new Refused('missing', `there is no payment ${wish.paymentId}`);
  if (payment.cancelled_at) throw new Refused('conflict', 'the payment was cancelled: there is nothing to refund');
  const left = payment.amount_minor - (await refundedOf(transaction, payment.id));
  if (wish.amountMinor > left)
    throw new Refused('conflict', `${left} of the payment is not refunded yet`, { refundable_minor: left });
  await lockWallets(transaction, [payment.payer_id]);
  const balance = await balanceOf(transaction, payment.payer_id);
  if (balance < wish.amountMinor && !wish.takeBack)
    throw new Refused('conflict', `the balance has ${balance}; with take_back invoices are owed again for the rest`, {
      free_minor: balance,
    });
  const again = await reopenInvoices(transaction, payment.payer_id, wish.amountMinor);
  if ((await balanceOf(transaction, payment.payer_id)) < wish.amountMinor)
    throw new Refused('conflict', 'the wallet does not hold so much, even with every invoice unpaid', {
      free_minor: await balanceOf(transaction, payment.payer_id),
    });
  const refund = await insertRefund(transaction, { ...wish, payment, method: wish.method ?? payment.method });
  return { refund, payment, invoices_owed_again: again, refundable_minor: left - wish.amountMinor };
}
