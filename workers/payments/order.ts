import { findInvoice } from '../../sql/finance/invoices.ts';
import { countOpenOrders, insertOrder, type PaymentOrder } from '../../sql/finance/payment-orders.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import type { CallContext } from '../call-context.ts';
import { notAcceptable, Refused } from '../refusal.ts';

/** So long the provider lets an order be paid. */
const MINUTES = 60;
const MOST_OPEN = 20;

/** What somebody wants to pay online: an invoice, the whole of it, or so much for the wallet. */
export type OrderWish = { invoice_id?: number; amount_minor?: number };

/**
 * Writes down what somebody goes to pay. Throws `missing` where no provider is set up, a `conflict` for an invoice that is not owed,
 * `too_many` where very many can still be paid. The caller has seen that the invoice is theirs.
 */
export async function orderPayment(payerId: number, wish: OrderWish, { db, fleet }: CallContext): Promise<PaymentOrder> {
  const { payments, currency } = fleet.settings;
  if (!payments) throw new Refused('missing', 'there is no provider of online payments here');
  if ((wish.invoice_id === undefined) === (wish.amount_minor === undefined))
    throw notAcceptable('amount_minor', 'either an amount for the wallet or an invoice_id');
  await lockWallets(db, [payerId]);
  if ((await countOpenOrders(db, payerId)) >= MOST_OPEN)
    throw new Refused('too_many', 'very many payments are under way', { retry_after_seconds: MINUTES * 60 });
  const invoiceId = wish.invoice_id ?? null;
  const amountMinor = wish.amount_minor ?? (await owedOn(db, wish.invoice_id as number));
  return insertOrder(db, { payerId, invoiceId, amountMinor, currency, minutes: MINUTES });
}

async function owedOn(db: CallContext['db'], id: number): Promise<number> {
  const invoice = await findInvoice(db, id);
  if (!invoice) throw new Refused('missing', `there is no invoice ${id}`);
  if (invoice.status !== 'UNPAID') throw new Refused('conflict', `the invoice is ${invoice.status}: there is nothing to pay`);
  return invoice.amount_minor;
}
