import { z } from 'zod';
import {
  balanceOf,
  METHODS,
  payerOf,
  payerOfAnyone,
  receivePayment,
  transactionRow,
  walletHistory,
  walletHolder,
} from '../../sql/finance/payments.ts';
import { usualMethod } from '../../sql/finance/refunds.ts';
import { shownBalance } from '../../workers/rights.ts';
import { idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, type Route, route } from '../http/route.ts';
import { wording } from '../http/text.ts';
import { minor, oneOf } from './fields.ts';
import { balance, paymentItem } from './money.ts';

const received = z
  .object({ payment: paymentItem, invoices_paid: z.int(), balance_minor: balance })
  .meta({ id: 'PaymentReceived' });
const wallet = pageOf(transactionRow.meta({ id: 'WalletTransaction' }))
  .extend({ payer_id: z.int(), balance_minor: z.int() })
  .meta({ id: 'Wallet' });

/**
 * Paying in and looking into the wallet: of whoever pays for a student, of any client, and of a person: one's own, as it is left with
 * its debts when somebody else begins to pay.
 */
export const walletRoutes: Route[] = [
  ...routesOf('students', 'student', payerOf),
  ...routesOf('clients', 'client', payerOfAnyone),
  ...routesOf('people', 'person', walletHolder, 'person'),
];

function routesOf(whose: string, noun: string, findPayer: typeof payerOf, holder = 'payer'): Route[] {
  const shared = { tag: 'money', params: idParams };
  /** Throws a 404 when there is nobody of that kind. */
  async function demandPayer(db: Context['db'], id: number): Promise<number> {
    const payer = await findPayer(db, id);
    if (payer === null) throw new Problem(404, `there is no ${noun} ${id}`);
    return payer;
  }
  return [
    route({
      ...shared,
      method: 'post',
      path: `/api/${whose}/{id}/payments`,
      summary: `Money arrives: into the ${holder}'s own wallet, then to what is owed, oldest first`,
      scope: 'money:write',
      transaction: true,
      body: z.strictObject({
        amount_minor: minor(1),
        method: oneOf(METHODS).optional().meta({ description: 'by default as the payer usually pays, or else cash' }),
        description: wording.optional(),
      }),
      responses: { 201: received },
      async handle({ params, body }, { db, caller }) {
        const payerId = await demandPayer(db, params.id);
        const { amount_minor: amountMinor, description } = body;
        const method = body.method ?? (await usualMethod(db, payerId));
        const by = { createdBy: caller.name, personId: caller.personId };
        const { payment, paid } = await receivePayment(db, { payerId, amountMinor, method, description, ...by });
        return { status: 201, body: { payment, invoices_paid: paid, ...(await shownBalance({ db, caller }, payerId)) } };
      },
    }),
    route({
      ...shared,
      method: 'get',
      path: `/api/${whose}/{id}/wallet`,
      summary: `The ${holder}'s own balance and its history, newest first`,
      scope: 'money:read',
      query: z.strictObject(pageQuery),
      responses: { 200: wallet },
      async handle({ params, query }, { db }) {
        const payerId = await demandPayer(db, params.id);
        const rows = await walletHistory(db, payerId, readCursor(query.cursor, z.int()), query.limit + 1);
        return {
          body: { payer_id: payerId, balance_minor: await balanceOf(db, payerId), ...page(rows, query.limit, (row) => row.id) },
        };
      },
    }),
  ];
}
