import type { Sql } from '../../sql/database/database.ts';
import { findPayment } from '../../sql/finance/payments.ts';
import { paidWith } from '../../sql/finance/receipt.ts';
import { entriesOfPayment, findTransaction, paymentOfRefund } from '../../sql/why/charges.ts';
import { type Explanation, explained, link } from './answer.ts';
import { whyInvoice } from './charges.ts';
import { rulesOfTransaction } from './rules.ts';

/** What a payment did: who took it, how it went into the wallet, and what was paid from it at once. */
export async function whyPayment(db: Sql, id: number): Promise<Explanation | null> {
  const payment = await findPayment(db, id);
  if (!payment) return null;
  const entries = (await entriesOfPayment(db, id)).map((entry) =>
    link({ kind: 'transaction', id: entry.id, at: entry.at, status: entry.kind, amount_minor: entry.amount_minor }),
  );
  const paid = (await paidWith(db, id)).map(({ invoice_id, ...entry }) =>
    link({ kind: 'invoice', id: invoice_id, status: 'payment', ...entry, why: { of: 'invoice', id: invoice_id } }),
  );
  const { payer: person, amount_minor, method } = payment;
  const name = payment.taken_by || payment.created_by;
  const taken = link({ kind: 'payment', id, at: payment.created_at, name, status: method, amount_minor });
  const undone = payment.cancelled_at
    ? [link({ kind: 'payment', id, at: payment.cancelled_at, name: payment.cancellation_reason, status: 'CANCELLED' })]
    : [];
  const rules: Explanation['rules'] = entries.some(({ status }) => status === 'payout') ? ['D21', 'R19'] : ['D21'];
  return explained({
    of: 'payment',
    id,
    person,
    status: payment.cancelled_at ? 'CANCELLED' : null,
    amount_minor,
    rules,
    chain: [taken, ...entries, ...undone],
    parts: paid,
  });
}

/** A refund is explained by the payment it gave back. */
export async function whyRefund(db: Sql, id: number): Promise<Explanation | null> {
  const paymentId = await paymentOfRefund(db, id);
  const payment = paymentId === null ? null : await whyPayment(db, paymentId);
  return payment && { ...payment, of: 'refund', id, rules: ['R19'] };
}

/** Why money moved in a wallet: the entry, then the invoice or payment behind it. */
export async function whyTransaction(db: Sql, id: number): Promise<Explanation | null> {
  const entry = await findTransaction(db, id);
  if (!entry) return null;
  const { invoice_id, payment_id, kind, amount_minor } = entry;
  const under =
    invoice_id !== null ? await whyInvoice(db, invoice_id) : payment_id !== null ? await whyPayment(db, payment_id) : null;
  const own = { of: 'transaction' as const, id, status: kind, amount_minor };
  if (!under) return explained({ ...own, rules: rulesOfTransaction(kind) });
  return { ...under, ...own, rules: [...new Set([...rulesOfTransaction(kind), ...under.rules])] };
}
