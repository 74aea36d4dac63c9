import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay, exampleDay } from '../../queues/time/days.ts';
import { METHODS } from '../../sql/finance/payments.ts';
import { insertRate, listRates } from '../../sql/pay/rates.ts';
import { lineRow, payoutRow, rateRow } from '../../sql/pay/rows.ts';
import { listPayouts } from '../../sql/pay/sheets.ts';
import type { CallContext } from '../../workers/call-context.ts';
import { seatsBehind, withGrounds } from '../../workers/pay/explain.ts';
import { closeMonth, payOut, paySheetOf, sheetsOfMonth } from '../../workers/pay/sheets.ts';
import { idParams } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { tableFile } from '../http/table-file.ts';
import { id, idOf, minor, oneOf, whole } from './fields.ts';

const shared = { tag: 'pay' } as const;
const MONTH = 'a month, YYYY-MM, from 2000-01 to 2100-12';
const month = z
  .string({ error: MONTH })
  .regex(/^(20\d\d|2100)-(0[1-9]|1[0-2])$/, { error: MONTH })
  .transform((text) => `${text}-01`)
  .meta({ examples: ['2026-11'] });
const sheetParams = z.object({ trainer_id: idParams.shape.id, month });
const states = z.enum(['open', 'closed', 'passed']);
const format = oneOf(['json', 'csv', 'xlsx']).default('json');

const rateItem = rateRow.meta({ id: 'PayRate' });
const payoutItem = payoutRow.meta({ id: 'PayPayout' });
const amount = minor(0).nullable().optional();
const line = lineRow
  .omit({ trainer_id: true, basis: true })
  .extend({
    training_type: z.string().nullable(),
    starts_at: z.iso.datetime().nullable(),
    is_substitute: z.boolean(),
    rate_minor: z.int().nullable(),
    percent_bp: z.int().nullable(),
  })
  .meta({ id: 'PayLine' });
const seat = lineRow.pick({ kind: true, source_id: true, day: true, is_correction: true }).extend({
  registration_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  status: z.string(),
  value_minor: z.int().nullable(),
});
const standing = {
  trainer_id: z.int(),
  trainer: z.string(),
  state: states,
  total_minor: z.int(),
  unfinished: z.int().meta({ description: 'trainings of the month that are neither held nor cancelled' }),
  closed_at: z.iso.datetime().nullable(),
  closed_by: z.string().nullable(),
  owed_minor: z.int().meta({ description: 'what closed sheets came to and was not paid out yet' }),
};
const sheet = z
  .object({
    ...standing,
    month: z.iso.date(),
    is_over: z.boolean(),
    waits_for: z.iso.date().nullable().meta({ description: 'the month that has to be closed first' }),
    corrections_come_in: z.iso.date().nullable().meta({ description: 'of a month that is closed or passed' }),
    lines: z.array(line),
    explained: z.array(seat).nullable().meta({ description: 'with explain: the registrations behind the lines' }),
  })
  .meta({ id: 'PaySheet' });

async function answered(db: CallContext['db'], { lines, ...rest }: Awaited<ReturnType<typeof paySheetOf>>) {
  return { ...rest, lines: await withGrounds(db, lines), explained: null };
}

/** What trainers are paid: cards, a sheet a month, what was paid out. */
export const payRoutes = [
  route({
    ...shared,
    method: 'get',
    path: '/api/pay/rates',
    summary: 'Cards of trainers, of each the newest first; a trainer sees the own ones',
    scope: 'pay:read',
    query: z.strictObject({ trainer_id: idParams.shape.id.optional() }),
    responses: { 200: z.object({ items: z.array(rateItem) }) },
    handle: async ({ query }, { db, whose }) => ({
      body: { items: await listRates(db, { trainerId: query.trainer_id, whose }) },
    }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/pay/rates',
    summary:
      'Add a card: what a trainer gets from a day on, for a training type or for all. It replaces the one before; without any amount it ends it. What closed months lack by it comes as corrections in the next',
    scope: 'pay:write',
    body: z
      .strictObject({
        trainer_id: idOf('the trainer'),
        training_type_id: id.nullable().optional().meta({ description: 'null: all types without a card of their own' }),
        valid_from: anyDay,
        training_minor: amount.meta({ description: 'for each training that was held' }),
        head_minor: amount.meta({ description: 'for each student who was present' }),
        percent_bp: whole(0, 10_000)
          .nullable()
          .optional()
          .meta({ description: 'of what the training earned, in hundredths of a percent' }),
        month_minor: amount.meta({ description: 'for a month, by its days; only for all types' }),
      })
      .refine(({ training_type_id, month_minor }) => training_type_id == null || month_minor == null, {
        error: 'only for all types: training_type_id is null then',
        path: ['month_minor'],
      })
      .meta({
        get examples() {
          return [{ trainer_id: 1, valid_from: exampleDay(2), training_minor: 100_000, head_minor: 10_000 }];
        },
      }),
    responses: { 201: rateItem },
    async handle({ body }, { db, caller }) {
      const rate = {
        ...body,
        training_type_id: body.training_type_id ?? null,
        training_minor: body.training_minor ?? null,
        head_minor: body.head_minor ?? null,
        percent_bp: body.percent_bp ?? null,
        month_minor: body.month_minor ?? null,
      };
      return { status: 201, body: await insertRate(db, rate, caller.name) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/pay/sheets',
    summary: 'What a month comes to, or came to, for each trainer; by default this month. A trainer sees the own one',
    scope: 'pay:read',
    query: z.strictObject({ month: month.optional(), format }),
    responses: {
      200: z.object({
        month: z.iso.date(),
        items: z.array(z.object({ ...standing, corrections_minor: z.int() }).meta({ id: 'PayOfTrainer' })),
      }),
    },
    async handle({ query }, { db, fleet, now, whose }) {
      const of = query.month ?? `${dayOf(now, fleet.settings.zone).slice(0, 7)}-01`;
      const items = await sheetsOfMonth(db, of, whose);
      if (query.format !== 'json') return tableFile(`pay-${of.slice(0, 7)}`, items, query.format);
      return { body: { month: of, items } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/pay/sheets/{trainer_id}/{month}',
    summary: 'The sheet of a trainer and month: its lines, and what each stands on',
    scope: 'pay:read',
    params: sheetParams,
    query: z.strictObject({
      explain: oneOf(['true', 'false']).default('false').meta({ description: 'true: the registrations behind the lines' }),
      format,
    }),
    responses: { 200: sheet },
    async handle({ params, query }, { db, fleet, now, whose }) {
      const month = await paySheetOf(db, params.trainer_id, params.month, dayOf(now, fleet.settings.zone));
      const seats = query.explain === 'true' ? await seatsBehind(db, month.lines) : null;
      // What a place is worth is the studio's money (R32): a trainer sees the sum that a percentage is of.
      const explained = whose.everything || !seats ? seats : seats.map((one) => ({ ...one, value_minor: null }));
      const found = { ...(await answered(db, month)), explained };
      if (query.format === 'json') return { body: found };
      const name = `pay-${params.trainer_id}-${params.month.slice(0, 7)}`;
      const rows = (found.explained ?? found.lines).map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value === 'boolean' ? String(value) : value])),
      );
      return tableFile(name, rows, query.format);
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/pay/sheets/{trainer_id}/{month}/close',
    summary:
      'Close a month of a trainer that is over: its lines change no more, what changes behind them comes as corrections in the next. 409 where the month comes to something else than total_minor',
    scope: 'pay:write',
    transaction: true,
    params: sheetParams,
    body: z
      .strictObject({
        total_minor: z
          .int({ error: 'a whole number of minor units' })
          .optional()
          .meta({ description: 'what was seen', examples: [0] }),
      })
      .meta({ examples: [{}] }),
    responses: { 200: sheet },
    async handle({ params, body }, { db, fleet, now, caller }) {
      const closed = await closeMonth(db, {
        trainerId: params.trainer_id,
        month: params.month,
        seen: body.total_minor ?? null,
        today: dayOf(now, fleet.settings.zone),
        by: caller.name,
      });
      return { body: await answered(db, closed) };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: '/api/pay/trainers/{id}/payouts',
    summary: 'What was paid out to a trainer, the newest first',
    scope: 'pay:read',
    params: idParams,
    responses: { 200: z.object({ items: z.array(payoutItem) }) },
    handle: async ({ params }, { db }) => ({ body: { items: await listPayouts(db, params.id) } }),
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/pay/trainers/{id}/payouts',
    summary: 'Note that a trainer was paid: at most what closed sheets came to and was not paid out yet. Cash leaves the till',
    scope: 'pay:write',
    transaction: true,
    params: idParams,
    body: z.strictObject({ amount_minor: minor(1), method: oneOf(METHODS) }),
    responses: { 201: z.object({ payout: payoutItem, owed_minor: z.int() }) },
    async handle({ params, body }, { db, fleet, now, caller }) {
      const payout = {
        trainerId: params.id,
        amountMinor: body.amount_minor,
        method: body.method,
        by: caller.name,
        personId: caller.personId ?? null,
      };
      return { status: 201, body: await payOut(db, payout, dayOf(now, fleet.settings.zone)) };
    },
  }),
] as const;
