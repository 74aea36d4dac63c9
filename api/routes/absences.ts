import { z } from 'zod';
import { endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay, exampleDay, FIRST, FOR_EVER, instant, LAST } from '../../queues/time/days.ts';
import {
  absenceRow,
  changeAbsence,
  deleteAbsence,
  enterAbsence,
  findAbsence,
  listAbsences,
} from '../../sql/calendar/absences.ts';
import { decisionRow, decisions, decisionsOf } from '../../sql/calendar/decisions.ts';
import { meetingOf, meetingRow, meetingsIn } from '../../sql/calendar/meetings.ts';
import { decideAbsence } from '../../workers/absences/decide.ts';
import { demandScope } from '../../workers/rights.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, problemBody, unacceptable } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { undone } from '../http/undone.ts';
import { id, idOf, isDry, oneOf } from './fields.ts';

const WHEN = `a business day YYYY-MM-DD or an instant such as 2026-11-25T18:00:00+03:00, from ${FIRST} to ${LAST}`;
const UNTIL = `${WHEN}; ${FOR_EVER} is for ever`;
const isDay = (given: string) => /^\d{4}-\d{2}-\d{2}$/.test(given);
const isWhen = (given: string) => (isDay(given) ? anyDay : instant).safeParse(given).success;
const beginning = z
  .string({ error: WHEN })
  .refine(isWhen, { error: WHEN })
  .meta({
    description: 'a business day from its first minute on, or an instant',
    get examples() {
      return [exampleDay(7)];
    },
  });
const ending = z
  .string({ error: UNTIL })
  .refine((given) => given === FOR_EVER || isWhen(given), { error: UNTIL })
  .meta({
    description: `a business day to its last minute, or an instant; ${FOR_EVER}: for ever`,
    get examples() {
      return [exampleDay(20)];
    },
  });
const reason = textField(500)
  .meta({ examples: ['holidays'] })
  .nullable()
  .optional();

const item = absenceRow.meta({ id: 'Absence' });
const answer = absenceRow
  .extend({
    meetings: z.array(meetingRow).meta({ description: 'bookings and trainings it runs into; they stand until somebody decides' }),
    decisions: z.array(decisionRow).meta({ description: 'what was decided of its trainings' }),
  })
  .meta({ id: 'AbsenceWithMeetings' });
const shared = { tag: 'specialist-absences' } as const;
const path = '/api/specialist-absences';

const instantOf = (given: string, zone: string, edge: typeof startOfDay | typeof endOfDay) =>
  isDay(given) ? edge(given, zone) : new Date(given).toISOString();

function demandOrder({ from_at, to_at }: { from_at: string; to_at: string }) {
  if (Date.parse(from_at) < Date.parse(to_at)) return;
  throw unacceptable('to', 'after from');
}

async function found(db: Context['db'], id: number) {
  const absence = await findAbsence(db, id);
  if (!absence) throw new Problem(404, `there is no absence ${id}`);
  return absence;
}

const withMeetings = async (db: Context['db'], absence: z.output<typeof absenceRow>) => ({
  ...absence,
  meetings: (await meetingsIn(db, absence)).map(meetingOf),
  decisions: await decisionsOf(db, absence.id),
});

export const absenceRoutes = [
  route({
    ...shared,
    method: 'get',
    path,
    summary: 'Absences of specialists',
    scope: 'records:read',
    query: z.strictObject({
      specialist_id: idParams.shape.id.optional(),
      from: anyDay.optional().meta({ description: 'those that end on this day or later' }),
      ...pageQuery,
    }),
    responses: { 200: pageOf(item) },
    async handle({ query }, { db, fleet, whose }) {
      const rows = await listAbsences(db, {
        whose,
        specialistId: query.specialist_id,
        endsAfter: query.from && startOfDay(query.from, fleet.settings.zone),
        after: readCursor(query.cursor, idCursor) ?? 0,
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => row.id) };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path,
    summary: 'A specialist is away: nothing new is booked then, what is booked is listed',
    scope: 'records:write',
    transaction: true,
    body: z.strictObject({ specialist_id: idOf('the specialist who is away'), from: beginning, to: ending, reason }),
    responses: { 201: answer },
    async handle({ body }, { db, fleet: { settings } }) {
      const span = {
        from_at: instantOf(body.from, settings.zone, startOfDay),
        to_at: instantOf(body.to, settings.zone, endOfDay),
      };
      demandOrder(span);
      const { specialist_id: specialistId } = body;
      const absence = await enterAbsence(db, {
        specialistId,
        fromAt: span.from_at,
        toAt: span.to_at,
        reason: body.reason ?? null,
      });
      return { status: 201, body: await withMeetings(db, absence), headers: { Location: `${path}/${absence.id}` } };
    },
  }),
  route({
    ...shared,
    method: 'get',
    path: `${path}/{id}`,
    summary: 'An absence, and what it runs into',
    scope: 'records:read',
    params: idParams,
    responses: { 200: answer },
    handle: async ({ params }, { db }) => ({ body: await withMeetings(db, await found(db, params.id)) }),
  }),
  route({
    ...shared,
    method: 'patch',
    path: `${path}/{id}`,
    summary: 'Change an absence',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({ from: beginning.optional(), to: ending.optional(), reason })
      .refine((body) => Object.keys(body).length > 0, { error: 'at least one of from, to, reason' }),
    responses: { 200: answer },
    async handle({ params, body }, { db, fleet: { settings } }) {
      const absence = await found(db, params.id);
      const span = {
        from_at: body.from === undefined ? absence.from_at : instantOf(body.from, settings.zone, startOfDay),
        to_at: body.to === undefined ? absence.to_at : instantOf(body.to, settings.zone, endOfDay),
      };
      demandOrder(span);
      const changed = await changeAbsence(db, {
        ...absence,
        ...span,
        reason: body.reason === undefined ? absence.reason : body.reason,
      });
      return { body: await withMeetings(db, changed) };
    },
  }),
  route({
    ...shared,
    method: 'delete',
    path: `${path}/{id}`,
    summary: 'The specialist is there after all',
    scope: 'records:write',
    params: idParams,
    responses: { 204: z.undefined() },
    async handle({ params }, { db }) {
      if (!(await deleteAbsence(db, params.id))) throw new Problem(404, `there is no absence ${params.id}`);
      return { status: 204, body: undefined };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: `${path}/{id}/decisions`,
    summary: 'Say what becomes of the trainings an absence runs into: a substitute, called off, or kept; all of it or nothing',
    scope: 'records:write',
    transaction: true,
    params: idParams,
    body: z
      .strictObject({
        items: z
          .array(
            z.strictObject({
              real_training_id: id,
              decision: oneOf(decisions),
              trainer_id: idOf('who substitutes').optional(),
            }),
          )
          .min(1, { error: 'at least one training' })
          .max(200, { error: 'at most 200 trainings' }),
        dry_run: isDry,
      })
      .meta({ examples: [{ items: [{ real_training_id: 1, decision: 'substitute', trainer_id: 2 }], dry_run: true }] }),
    responses: {
      200: answer.extend({ dry_run: z.boolean() }).meta({ id: 'AbsenceDecided' }),
      409: problemBody.extend({
        conflicts: z.array(z.object({ real_training_id: z.int(), trainer_id: z.int(), detail: z.string() })).optional(),
      }),
    },
    async handle({ params, body: { items, dry_run } }, context) {
      const { caller, fleet, now, requestId } = context;
      if (items.some(({ decision }) => decision === 'cancel')) demandScope(caller, 'trainings:cancel', 'it calls trainings off');
      const act = async (db: Context['db']) => {
        const absence = await found(db, params.id);
        const of = { absenceId: absence.id, reason: absence.reason ?? '', items, now, by: caller.name, requestId };
        await decideAbsence(db, { ...of, zone: fleet.settings.zone });
        return { ...(await withMeetings(db, absence)), dry_run };
      };
      return { body: dry_run ? await undone(context, act) : await act(context.db) };
    },
  }),
] as const;
