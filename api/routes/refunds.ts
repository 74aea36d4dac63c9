import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { METHODS } from '../../sql/finance/payments.ts';
import {
  cashOfDay,
  listRefunds,
  priced,
  priceHistory,
  priceRow,
  refundRow,
  setUsualMethod,
  tillRow,
} from '../../sql/finance/refunds.ts';
import { refundPayment } from '../../workers/finance/refund.ts';
import { shownBalance } from '../../workers/rights.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { wording } from '../http/text.ts';
import { minor, oneOf } from './fields.ts';
import { balance } from './money.ts';

const shared = { tag: 'money' } as const;
const refundItem = refundRow.meta({ id: 'Refund' });
const kinds = Object.keys(priced) as (keyof typeof priced)[];
const OF = `one of ${kinds.join(', ')}`;

/** Money that goes back (R19), the cash of a day, and what things have cost. */
export const refundRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/api/payments/{id}/refunds',
    summary:
      'Give a payment back, or a part of it, out of the wallet; with take_back invoices are owed again for what the balance lacks; what came through the provider is given back there and booked by itself',
    scope: 'money:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({
      amount_minor: minor(1),
      method: oneOf(METHODS).optional().meta({ description: "by default the payment's" }),
      reason: wording,
      given_back_by: oneOf(['studio']).optional().meta({
        description: 'of a payment that came through the provider: the studio gave it back itself; with its method',
      }),
      take_back: z
        .boolean({ error: 'true or false' })
        .default(false)
        .meta({ description: 'owe invoices again, newest first, where the balance is short', examples: [false] }),
    }),
    responses: {
      201: z.object({ refund: refundItem, refundable_minor: z.int(), invoices_owed_again: z.int(), balance_minor: balance }),
    },
    async handle({ params, body }, { db, caller }) {
      const { refund, payment, ...outcome } = await refundPayment(db, {
        paymentId: params.id,
        amountMinor: body.amount_minor,
        method: body.method ?? null,
        reason: body.reason,
        takeBack: body.take_back,
        givenBackBy: body.given_back_by,
        by: caller.name,
        personId: caller.personId ?? null,
      });
      return { status: 201, body: { refund, ...outcome, ...(await shownBalance({ db, caller }, payment.payer_id)) } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/payments/{id}/refunds',
    summary: 'What of a payment went back, oldest first',
    scope: 'money:read',
    params: idParams,
    responses: { 200: z.object({ items: z.array(refundItem) }) },
    handle: async ({ params }, { db }) => ({ body: { items: await listRefunds(db, params.id) } }),
  }),
  route({
    ...shared,
    method: 'put',
    path: '/api/people/{id}/payment-method',
    summary: 'How somebody usually pays, for payments that do not say; null: cash',
    scope: 'money:write',
    params: idParams,
    body: z.strictObject({
      method: oneOf(METHODS)
        .nullable()
        .meta({ examples: ['card'] }),
    }),
    responses: { 200: z.object({ method: z.enum(METHODS).nullable() }) },
    async handle({ params, body }, { db }) {
      if (!(await setUsualMethod(db, params.id, body.method))) throw new Problem(404, `there is no person ${params.id}`);
      return { body };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/cash',
    summary: 'The cash at the end of a day, by who took it and gave it out; by default today',
    scope: 'money:read',
    query: z.strictObject({ day: anyDay.optional() }),
    responses: {
      200: z.object({ day: z.iso.date(), net_minor: z.int(), people: z.array(tillRow.meta({ id: 'Till' })) }),
    },
    async handle({ query }, { db, fleet, now }) {
      const { zone } = fleet.settings;
      const day = query.day ?? dayOf(now, zone);
      const people = await cashOfDay(db, day, zone);
      return { body: { day, net_minor: people.reduce((sum, { net_minor }) => sum + net_minor, 0), people } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/price-history/{of}/{id}',
    summary: 'What a training type, subscription, service or service package has cost, the newest first, and who changed it',
    scope: 'money:read',
    params: z.object({ of: z.enum(kinds, { error: OF }), id: idParams.shape.id }),
    responses: { 200: z.object({ items: z.array(priceRow.meta({ id: 'PriceChange' })) }) },
    handle: async ({ params }, { db }) => ({ body: { items: await priceHistory(db, priced[params.of], params.id) } }),
  }),
] as const;
