import type { Sql } from '../../sql/database/database.ts';
import { balanceOf, lockPayment, refundedOf, reopenInvoices, takeBackPayment } from '../../sql/finance/payments.ts';
import { insertRefund } from '../../sql/finance/refunds.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { notAcceptable, Refused } from '../refusal.ts';

/** What came through the provider goes back through it, and is booked when it says so: by hand it would be booked twice. */
const AT_THE_PROVIDER = 'this payment came through the provider: give it back at the provider, and it is booked by itself';

type Wish = {
  paymentId: number;
  amountMinor: number;
  method: string | null;
  reason: string;
  /** What the balance lacks is got by unpaying invoices, newest first (D21). */
  takeBack: boolean;
  by: string;
  personId: number | null;
  /** Who gave it: the provider that it came through, or the studio, on purpose, in another way. */
  givenBackBy?: 'provider' | 'studio';
  /** What an outside service calls it, where it tells of it. */
  providerId?: string;
};

/**
 * Gives a payment back, or a part of it (R19). Throws `missing` where there is none, a `conflict` for more than is not refunded yet,
 * for a cancelled payment, where the balance is short (it names what is free), and for what came through the provider unless it is
 * said who gave it. Locks the payment, then the wallet, as whoever cancels it does.
 */
export async function refundPayment(transaction: Sql, wish: Wish) {
  const payment = await lockPayment(transaction, wish.paymentId);
  if (!payment) throw new Refused('missing', `there is no payment ${wish.paymentId}`);
  if (payment.cancelled_at) throw new Refused('conflict', 'the payment was cancelled: there is nothing to refund');
  const { order_id } = payment;
  if (order_id !== null && wish.givenBackBy === undefined)
    throw new Refused('conflict', `${AT_THE_PROVIDER}; given back in another way: say given_back_by studio`, { order_id });
  const method = wish.method ?? payment.method;
  if (order_id !== null && wish.givenBackBy === 'studio' && method === 'online')
    throw notAcceptable('method', 'in which other way than online it was given back');
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
  const refund = await insertRefund(transaction, { ...wish, payment, method });
  return { refund, payment, invoices_owed_again: again, refundable_minor: left - wish.amountMinor };
}

/**
 * Takes a payment back that was entered by mistake (D21), or what of it was not refunded before (R19); one that was taken back
 * before stays as it is. Throws `missing` where there is none, a `conflict` where nothing is left of it, and for what came through the
 * provider.
 */
export async function cancelPayment(transaction: Sql, id: number, reason: string) {
  const payment = await lockPayment(transaction, id);
  if (!payment) throw new Refused('missing', `there is no payment ${id}`);
  if (payment.cancelled_at) return { payment, invoices_owed_again: 0 };
  if (payment.refunded_minor === payment.amount_minor)
    throw new Refused('conflict', 'the whole payment was refunded: there is nothing left to cancel');
  if (payment.order_id !== null) throw new Refused('conflict', AT_THE_PROVIDER, { order_id: payment.order_id });
  const again = await takeBackPayment(transaction, payment, reason);
  return { payment: (await lockPayment(transaction, id)) ?? payment, invoices_owed_again: again };
}
