import { z } from 'zod';
import { findOrder, orderRow, type PaymentOrder } from '../../sql/finance/payment-orders.ts';
import { type OrderWish, orderPayment } from '../../workers/payments/order.ts';
import { providerOf } from '../../workers/payments/provider.ts';
import { idParams } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { idOf, minor } from './fields.ts';

const shared = { tag: 'me', scope: null } as const;
const orderItem = orderRow
  .omit({ reference: true })
  .extend({
    pay_url: z.string().nullable().meta({ description: 'where it is paid, as long as it can be; null: not any more' }),
  })
  .meta({ id: 'PaymentOrder' });

/** Where an order is paid, and where the payer comes back to: the cabinet. */
function shown({ reference: _, ...order }: PaymentOrder, { fleet: { settings }, now }: Context, reference = _) {
  const isOpen = order.status !== 'paid' && new Date(order.expires_at) > now;
  const back = new URL(`/cabinet/pay/${order.id}`, settings.publicUrl ?? `http://${settings.host}:${settings.port}`).href;
  return { ...order, pay_url: isOpen ? (providerOf(settings)?.payUrl({ ...order, reference }, back) ?? null) : null };
}

/** What somebody pays online, where a provider is set up (R18). */
export const paymentOrderRoutes = [
  route({
    ...shared,
    method: 'post',
    path: '/me/payment-orders',
    summary: 'Pay online, where a provider is set up: an invoice of mine, or money for my wallet; the answer says where',
    transaction: true,
    body: z
      .strictObject({ invoice_id: idOf('an invoice that is owed').optional(), amount_minor: minor(1).optional() })
      .meta({ examples: [{ amount_minor: 150_000 }] }),
    responses: { 201: orderItem },
    async handle({ body }, context) {
      const wish: OrderWish = body;
      return { status: 201, body: shown(await orderPayment(context.caller.person!.id, wish, context), context) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/me/payment-orders/{id}',
    summary: 'One of my online payments: open, paid or failed',
    params: idParams,
    responses: { 200: orderItem },
    async handle({ params }, context) {
      const order = await findOrder(context.db, params.id);
      if (!order) throw new Problem(404, `there is no payment order ${params.id}`);
      return { body: shown(order, context) };
    },
  }),
] as const;
