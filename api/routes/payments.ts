import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay, endDay } from '../../queues/time/days.ts';
import { listedPayment, listPayments, METHODS, payerOf } from '../../sql/finance/payments.ts';
import { usualMethod } from '../../sql/finance/refunds.ts';
import { bookPayment } from '../../workers/finance/book-payment.ts';
import { demandOpenPeriod } from '../../workers/finance/periods.ts';
import { shownBalance } from '../../workers/rights.ts';
import { idCursor, idParams, inOrder, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { textField, wording } from '../http/text.ts';
import { idOf, minor, oneOf } from './fields.ts';
import { balance, paymentItem } from './money.ts';

/** Payments as a studio's own programs know them, too. */
export const paymentRoutes = [
  route({
    method: 'get',
    path: '/api/payments',
    summary: 'Payments by the day that reports count them on, the latest first',
    tag: 'money',
    scope: 'money:read',
    query: inOrder(
      z.strictObject({
        student_id: idParams.shape.id.optional().meta({ description: 'those of whoever pays for this student' }),
        payer_id: idParams.shape.id.optional(),
        method: oneOf(METHODS).optional(),
        from: anyDay.optional(),
        to: endDay.optional().meta({ description: 'inclusive' }),
        ...pageQuery,
      }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(listedPayment.meta({ id: 'ListedPayment' })) },
    async handle({ query }, { db, fleet, whose }) {
      const rows = await listPayments(db, {
        studentId: query.student_id,
        payerId: query.payer_id,
        method: query.method,
        from: query.from,
        to: query.to,
        zone: fleet.settings.zone,
        whose,
        before: readCursor(query.cursor, idCursor),
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    method: 'post',
    path: '/api/payments',
    summary:
      'Money arrives from whoever pays for a student, or from a person; counted on its payment_date, which must not be in a closed period',
    tag: 'money',
    scope: 'money:write',
    transaction: true,
    body: z
      .strictObject({
        student_id: idOf('the student; their payer pays').optional(),
        payer_id: idOf('who pays').optional(),
        amount_minor: minor(1),
        method: oneOf(METHODS).optional().meta({ description: 'by default as the payer usually pays, or else cash' }),
        provider_id: textField(200)
          .optional()
          .meta({ description: 'what the outside service calls it: told twice, booked once', examples: [] }),
        payment_date: anyDay
          .optional()
          .meta({ description: 'the day that reports count it on, today or before; by default today' }),
        description: wording.optional(),
      })
      .refine((body) => (body.student_id === undefined) !== (body.payer_id === undefined), {
        error: 'either student_id or payer_id',
      })
      .meta({ examples: [{ student_id: 1, amount_minor: 500_000, method: 'card' }] }),
    responses: { 201: z.object({ payment: paymentItem, invoices_paid: z.int(), balance_minor: balance }) },
    async handle({ body }, { db, caller, now, fleet }) {
      const {
        student_id,
        payer_id,
        amount_minor: amountMinor,
        method,
        description,
        payment_date: day,
        provider_id: providerId,
      } = body;
      const payerId = payer_id ?? (await payerOf(db, student_id as number));
      if (payerId === null) throw new Problem(404, `there is no student ${student_id}`);
      await demandOpenPeriod(db, day ?? dayOf(now, fleet.settings.zone), dayOf(now, fleet.settings.zone), 'payment_date');
      const { payment, paid } = await bookPayment(db, {
        payerId,
        amountMinor,
        method: method ?? (await usualMethod(db, payerId)),
        description,
        day,
        createdBy: caller.name,
        personId: caller.personId,
        providerId,
      });
      return { status: 201, body: { payment, invoices_paid: paid, ...(await shownBalance({ db, caller }, payerId)) } };
    },
  }),
] as const;
