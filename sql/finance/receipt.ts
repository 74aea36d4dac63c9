import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { aboutInvoice, invoiceName, invoiceStart } from './about-invoice.ts';
import { findPayment, type ListedPayment } from './payments.ts';
import { listRefunds, type refundRow } from './refunds.ts';
import { type InvoiceSubject, invoiceSubjects } from './subjects.ts';

export type Receipt = {
  payment: ListedPayment;
  /** What was paid of it as it came (D15). */
  paid: readonly (Pick<InvoiceSubject, 'name' | 'person'> & { amount_minor: number })[];
  /** What of it went back, oldest first. */
  refunds: readonly Pick<z.output<typeof refundRow>, 'created_at' | 'method' | 'amount_minor'>[];
};

/** What the receipt of a payment says; null when there is no such payment. */
export async function findReceipt(db: Sql, paymentId: number): Promise<Receipt | null> {
  const payment = await findPayment(db, paymentId);
  if (!payment) return null;
  const paid = await paidWith(db, paymentId);
  const ids = paid.map(({ invoice_id }) => invoice_id);
  const subjects = new Map((await invoiceSubjects(db, payment.payer_id, ids)).map((one) => [one.invoice_id, one]));
  return {
    payment,
    paid: paid.map(({ invoice_id, amount_minor }) => {
      const { name = null, person = null } = subjects.get(invoice_id) ?? {};
      return { name, person, amount_minor: -amount_minor };
    }),
    refunds: await listRefunds(db, paymentId),
  };
}

const paidRow = z.object({
  at: z.iso.datetime(),
  invoice_id: z.int(),
  amount_minor: z.int(),
  name: z.string().nullable(),
  starts_at: z.iso.datetime().nullable(),
});
/** Which invoices were paid in the very transaction in which a payment came (D15). */
export const paidWith = (db: Sql, paymentId: number) =>
  db.any(sql.type(paidRow)`
    select entry.created_at as at, entry.invoice_id, entry.amount_minor, ${invoiceName} as name, ${invoiceStart} as starts_at
    from wallet_transactions came join wallet_transactions entry
      on entry.user_id = came.user_id and entry.created_at = came.created_at and entry.kind = 'payment'
    join invoices bill on bill.id = entry.invoice_id ${aboutInvoice}
    where came.payment_id = ${paymentId} and came.kind = 'deposit' order by entry.id limit 100`);
