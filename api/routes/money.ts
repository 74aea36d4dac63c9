import { z } from 'zod';
import { dayOf, endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay, endDay } from '../../queues/time/days.ts';
import { auditBooks, finding } from '../../sql/audit/audit.ts';
import { settledDay } from '../../sql/audit/settled-day.ts';
import { cancelInvoice, findInvoice, invoiceRow, listInvoices } from '../../sql/finance/invoices.ts';
import { payInvoice } from '../../sql/finance/pay-invoice.ts';
import { paymentRow } from '../../sql/finance/payments.ts';
import { cancelPayment } from '../../workers/finance/refund.ts';
import { shownBalance } from '../../workers/rights.ts';
import { idParams, inOrder, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { wording } from '../http/text.ts';
import { oneOf } from './fields.ts';

/** What of a wallet is shown to whoever may read money. */
export const balance = z.int().optional().meta({ description: 'the balance after it; with the scope money:read' });
export const reasonBody = z.strictObject({ reason: wording });

export const paymentItem = paymentRow.meta({ id: 'Payment' });
const invoiceItem = invoiceRow.meta({ id: 'Invoice' });
const shared = { tag: 'money' } as const;
const MOST_FINDINGS = 500;

export const moneyRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/api/payments/{id}/cancel',
    summary:
      'Take a payment back, or what of it was not refunded; what the balance lacks is owed again, the newest invoices first; not one that came through the provider, which is given back there',
    scope: 'money:write',
    transaction: true,
    params: idParams,
    body: reasonBody,
    responses: { 200: z.object({ payment: paymentItem, invoices_owed_again: z.int(), balance_minor: balance }) },
    async handle({ params, body }, { db, caller }) {
      const cancelled = await cancelPayment(db, params.id, body.reason);
      return { body: { ...cancelled, ...(await shownBalance({ db, caller }, cancelled.payment.payer_id)) } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/invoices',
    summary: 'Invoices by the day they were written, newest first',
    scope: 'money:read',
    query: inOrder(
      z.strictObject({
        status: oneOf(invoiceRow.shape.status.options).optional(),
        payer_id: idParams.shape.id.optional(),
        from: anyDay.optional(),
        to: endDay.optional().meta({ description: 'inclusive' }),
        ...pageQuery,
      }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(invoiceItem) },
    async handle({ query }, { db, fleet, whose }) {
      const zone = fleet.settings.zone;
      const rows = await listInvoices(db, {
        whose,
        status: query.status,
        payerId: query.payer_id,
        from: query.from && startOfDay(query.from, zone),
        to: query.to && endOfDay(query.to, zone),
        before: readCursor(query.cursor, z.int()),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/invoices/{id}/pay',
    summary: 'Pay an invoice from its payer’s wallet, the whole of it; one that is paid stays so',
    scope: 'money:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({}),
    bodyOptional: true,
    responses: { 200: invoiceItem },
    async handle({ params }, { db }) {
      const found = await findInvoice(db, params.id);
      if (!found) throw new Problem(404, `there is no invoice ${params.id}`);
      const isPaid = await payInvoice(db, found);
      const invoice = (await findInvoice(db, params.id)) ?? found;
      if (!isPaid && invoice.status === 'UNPAID') throw new Problem(409, 'the wallet does not cover the invoice');
      if (invoice.status !== 'PAID') throw new Problem(409, `the invoice is ${invoice.status}: there is nothing to pay`);
      return { body: invoice };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/invoices/{id}/cancel',
    summary: 'Waive an invoice; what was paid goes back to the wallet',
    scope: 'money:write',
    transaction: true,
    params: idParams,
    body: reasonBody,
    responses: { 200: invoiceItem },
    async handle({ params, body }, { db }) {
      const cancelled = await cancelInvoice(db, params.id, body.reason);
      if (!cancelled) throw new Problem(404, `there is no invoice ${params.id}`);
      return { body: cancelled.invoice };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/audit',
    summary: 'Recompute the books from the ledgers: all square, or what is not',
    scope: 'money:read',
    query: z.strictObject({
      date: anyDay
        .optional()
        .meta({ description: 'the last day whose trainings must be charged; by default that of the newest night that is over' }),
    }),
    responses: {
      200: z.object({
        date: z.iso.date(),
        square: z.boolean(),
        message: z.string(),
        findings: z.array(finding).meta({ description: `the first ${MOST_FINDINGS}; the message counts all` }),
      }),
    },
    async handle({ query }, { db, fleet, now }) {
      const date = query.date ?? (await settledDay(db, dayOf(now, fleet.settings.zone)));
      const findings = await auditBooks(db, date);
      const message = findings.length === 0 ? 'all square' : `not square: ${findings.length} findings`;
      return { body: { date, square: findings.length === 0, message, findings: findings.slice(0, MOST_FINDINGS) } };
    },
  }),
] as const;
