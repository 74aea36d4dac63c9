import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import type { Sql } from '../../sql/database/database.ts';
import { findInvoice, invoiceRow } from '../../sql/finance/invoices.ts';
import { payInvoice } from '../../sql/finance/pay-invoice.ts';
import { payerOf } from '../../sql/finance/payments.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { isInactive } from '../../sql/records/students.ts';
import { buySubscription, findInCatalogue } from '../../sql/subscriptions/buy.ts';
import { findHeld, heldRow, listHeld } from '../../sql/subscriptions/held.ts';
import type { Caller } from '../../workers/call-context.ts';
import { demandOwnPurchase } from '../../workers/finance/own-purchase.ts';
import { shownBalance } from '../../workers/rights.ts';
import { demandActive, judgeStart } from '../../workers/subscriptions/policy.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { oneOf } from './fields.ts';

type Invoice = z.output<typeof invoiceRow>;
export const heldItem = heldRow.meta({ id: 'StudentSubscription' });
const STATUSES = heldRow.shape.status.options;
const shared = { tag: 'subscriptions', path: '/api/students/{id}/subscriptions', params: idParams } as const;

/** The invoice, paid from its payer's wallet, whatever else is owed. Throws a 409 where the wallet does not cover it. */
async function paidNow(db: Sql, invoice: Invoice | null, caller: Caller) {
  if (invoice === null || invoice.status === 'PAID' || (await payInvoice(db, invoice)))
    return invoice && findInvoice(db, invoice.id);
  const shown = await shownBalance({ db, caller }, invoice.payer_id);
  throw new Problem(409, 'the wallet does not cover the price', { price_minor: invoice.amount_minor, ...shown });
}

export const subscriptionRoutes = [
  route({
    ...shared,
    method: 'get',
    summary: "A student's subscriptions, newest first, with what is left and what the next renewal costs",
    scope: 'money:read',
    query: z.strictObject({ status: z.enum(STATUSES, { error: `one of ${STATUSES.join(', ')}` }).optional(), ...pageQuery }),
    responses: { 200: pageOf(heldItem) },
    async handle({ params, query }, { db, fleet, now }) {
      if ((await payerOf(db, params.id)) === null) throw new Problem(404, `there is no student ${params.id}`);
      const rows = await listHeld(db, {
        studentId: params.id,
        status: query.status,
        today: dayOf(now, fleet.settings.zone),
        before: readCursor(query.cursor, idCursor),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    summary:
      'Sell a subscription: usable at once, invoiced, paid if the wallet covers it. Whoever buys it for oneself owes one purchase at most',
    scope: 'money:write',
    transaction: true,
    body: z.strictObject({
      subscription_id: z.int({ error: 'the id of a subscription of the catalogue' }).meta({ examples: [1] }),
      start_date: anyDay.optional().meta({ description: 'by default today' }),
      is_auto_renew: z.boolean({ error: 'true or false' }).default(false),
      pay_from: oneOf(['wallet', 'later']).default('later').meta({
        description: 'wallet: this invoice is paid now, or nothing is sold; later: when the wallet covers it, oldest first',
      }),
    }),
    responses: { 201: heldItem.extend({ invoice: invoiceRow.nullable() }).meta({ id: 'SubscriptionSold' }) },
    async handle({ params, body }, { db, fleet, now, caller, whose }) {
      const today = dayOf(now, fleet.settings.zone);
      await lockStudents(db, [params.id]);
      const payerId = await payerOf(db, params.id);
      if (payerId === null) throw new Problem(404, `there is no student ${params.id}`);
      demandActive(!(await isInactive(db, params.id)), `the student ${params.id}`);
      const item = await findInCatalogue(db, body.subscription_id);
      if (!item) {
        throw new Problem(422, 'something it refers to does not exist', {
          errors: [{ path: 'subscription_id', message: `there is no subscription ${body.subscription_id}` }],
        });
      }
      if (!item.is_active) throw new Problem(409, `the subscription "${item.name}" is not sold any more`);
      const startDate = body.start_date ?? today;
      judgeStart(startDate, item, today);
      const [payFrom, isAutoRenew] = [body.pay_from, body.is_auto_renew];
      if (!whose.everything)
        await demandOwnPurchase(db, { caller, holderId: params.id, payerId, payFrom, start: startDate, today });
      const sold = await buySubscription(db, { studentId: params.id, payerId, item, startDate, today, isAutoRenew });
      const { id, invoice } = payFrom === 'wallet' ? { id: sold.id, invoice: await paidNow(db, sold.invoice, caller) } : sold;
      const subscription = await findHeld(db, id, today);
      if (!subscription) throw new TypeError(`the subscription ${id} was sold and is not there`);
      return { status: 201, body: { ...subscription, invoice } };
    },
  }),
] as const;
