import type { Settings } from '../../queues/process/settings.ts';
import type { Sql } from '../../sql/database/database.ts';
import { lockOrder, noteOrderFailed, noteOrderPaid, type PaymentOrder } from '../../sql/finance/payment-orders.ts';
import { paymentOfProvider, receivePayment } from '../../sql/finance/payments.ts';
import { refundOfProvider } from '../../sql/finance/refunds.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { refundPayment } from '../finance/refund.ts';
import { text } from '../notifier/texts/texts.ts';
import { Refused } from '../refusal.ts';
import type { PaymentNotice } from './provider.ts';

type Money = Exclude<PaymentNotice, { status: 'failed' }>;
/** `disagrees`: nothing was booked, and the admins have a task. */
export type Booked = 'booked' | 'noted' | 'disagrees';
const BY = 'online payments';

/**
 * Books what the provider tells of, in the caller's transaction. Money that came goes into the wallet, pays the order's invoice if
 * it is still owed, then what else is (D15); told twice it is booked once (R18), and however late it comes. Money that went back
 * leaves the wallet (R19), for which invoices are owed again where it lacks something (D21). Where amount or currency are not the
 * order's, nothing is booked. Throws `missing` for an order that is not ours, a `conflict` for a refund of what nobody has told of
 * yet: the provider tells it again.
 */
export async function bookNotice(transaction: Sql, notice: PaymentNotice, settings: Settings): Promise<Booked> {
  const order = await lockOrder(transaction, notice.order);
  if (!order) throw new Refused('missing', `there is no order ${notice.order}`);
  if (notice.status === 'failed') {
    await noteOrderFailed(transaction, order.id);
    return 'noted';
  }
  return notice.status === 'paid'
    ? bookPaid(transaction, order, notice, settings)
    : bookRefunded(transaction, order, notice, settings);
}

async function bookPaid(transaction: Sql, order: PaymentOrder, notice: Money, settings: Settings): Promise<Booked> {
  const isAgreed = notice.amount_minor === order.amount_minor && notice.currency === order.currency;
  if (!isAgreed) return disagreement(transaction, order, notice, settings);
  await lockWallets(transaction, [order.payer_id]);
  const known = await paymentOfProvider(transaction, notice.provider_id);
  if (known) {
    return known.order_id === order.id ? 'booked' : disagreement(transaction, order, notice, settings);
  }
  await receivePayment(transaction, {
    payerId: order.payer_id,
    amountMinor: order.amount_minor,
    method: 'online',
    createdBy: BY,
    providerId: notice.provider_id,
    orderId: order.id,
    invoiceId: order.invoice_id ?? undefined,
  });
  await noteOrderPaid(transaction, order.id);
  return 'booked';
}

async function bookRefunded(
  transaction: Sql,
  order: PaymentOrder,
  notice: Extract<Money, { status: 'refunded' }>,
  settings: Settings,
): Promise<Booked> {
  const payment = await paymentOfProvider(transaction, notice.provider_id);
  if (!payment) throw new Refused('conflict', 'nobody has told of this payment yet: tell of its refund again later');
  const isAgreed = payment.order_id === order.id && notice.currency === order.currency;
  if (!isAgreed) return disagreement(transaction, order, notice, settings);
  const known = await refundOfProvider(transaction, notice.refund_id);
  if (known && known.payment_id === payment.id && known.amount_minor === notice.amount_minor) return 'booked';
  if (known) return disagreement(transaction, order, notice, settings);
  try {
    // A savepoint: what is refused leaves nothing behind but the task.
    await transaction.transaction((inner) =>
      refundPayment(inner, {
        paymentId: payment.id,
        amountMinor: notice.amount_minor,
        method: 'online',
        reason: BY,
        takeBack: true,
        by: BY,
        personId: null,
        givenBackBy: 'provider',
        providerId: notice.refund_id,
      }),
    );
    return 'booked';
  } catch (error) {
    if (!(error instanceof Refused && error.kind === 'conflict')) throw error;
    return disagreement(transaction, order, notice, settings);
  }
}

/** The studio's people have to look: money moved elsewhere that the books do not know. */
async function disagreement(transaction: Sql, order: PaymentOrder, notice: Money, { locale }: Settings): Promise<Booked> {
  const { status, provider_id, amount_minor, currency } = notice;
  const title = text(locale, 'task.payment_disagrees', { order: order.id });
  const details = { order_id: order.id, payer_id: order.payer_id, status, provider_id, amount_minor, currency };
  const dedupe = `payment_disagrees:${order.id}:${status}:${status === 'refunded' ? notice.refund_id : provider_id}`;
  await writeTasks(transaction, [{ kind: 'payment_disagrees', title, details, dedupe }]);
  return 'disagrees';
}
