import { z } from 'zod';
import { instantLike } from '../../queues/time/days.ts';
import { resumeSchedule } from '../../queues/timetable/settle-ticks.ts';
import { nextTicks } from '../../queues/timetable/ticks.ts';
import { type Schedule, timetable } from '../../queues/timetable/timetable.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { latestTicks, learnSchedules, listTicks, pauseSchedule, scheduleStates, tickRow } from '../../sql/schedule/schedule.ts';
import { inOrder, instantCursor, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';

const instant = instantLike('2026-11-22T18:00:00Z');
const names = timetable.map((schedule) => schedule.name);
const nameParams = z.object({ name: z.string() });

const scheduleItem = z
  .object({
    name: z.string(),
    pattern: z.string(),
    time_zone: z.string(),
    process_type: z.string(),
    misfire: z.enum(['latest', 'every', 'skip']),
    catch_up_window_hours: z.number(),
    deadline_minutes: z.number(),
    paused: z.boolean(),
    paused_at: z.iso.datetime().nullable(),
    paused_by: z.string().nullable(),
    paused_reason: z.string().nullable(),
    next_ticks: z.array(z.iso.datetime()),
    last_tick: tickRow.nullable(),
  })
  .meta({ id: 'Schedule' });

export const scheduleRoutes = [
  route({
    method: 'get',
    path: '/schedule',
    summary: 'The timetable: next ticks, last outcome, pauses',
    tag: 'schedule',
    scope: 'schedule:read',
    responses: { 200: z.object({ items: z.array(scheduleItem) }) },
    handle: async (_, context) => ({ body: { items: await describeAll(context) } }),
  }),
  route({
    method: 'get',
    path: '/schedule/ticks',
    summary: 'The ledger: what became of every tick, newest first',
    tag: 'schedule',
    scope: 'schedule:read',
    query: inOrder(
      z.strictObject({
        from: instant.optional().meta({ description: 'by default 30 days before `to`' }),
        to: instant.optional().meta({ description: 'by default now' }),
        schedule: oneOf(names).optional(),
        ...pageQuery,
      }),
      'from',
      'to',
    ),
    responses: { 200: pageOf(tickRow.meta({ id: 'Tick' })) },
    async handle({ query }, { db, now }) {
      const to = new Date(query.to ?? now.getTime() + 1);
      const from = new Date(query.from ?? to.getTime() - 30 * DAY_MS);
      const before = readCursor(query.cursor, z.tuple([instantCursor, z.string()]));
      const rows = await listTicks(db, {
        from: from.toISOString(),
        to: to.toISOString(),
        schedule: query.schedule,
        before,
        limit: query.limit + 1,
      });
      return { body: page(rows, query.limit, (row) => [row.nominal_at, row.schedule]) };
    },
  }),
  route({
    method: 'post',
    path: '/schedule/{name}/pause',
    summary: 'Skip the ticks of a schedule until it is resumed',
    tag: 'schedule',
    scope: 'schedule:write',
    params: nameParams,
    body: z.strictObject({
      reason: textField(200)
        .optional()
        .meta({ description: 'why, for whoever wonders later', examples: ['holidays'] }),
    }),
    bodyOptional: true,
    responses: { 200: scheduleItem },
    async handle({ params, body }, context) {
      const schedule = named(params.name);
      await learnSchedules(context.db, [schedule.name], context.now);
      await pauseSchedule(context.db, schedule.name, context.now, context.caller.name, body.reason);
      return { body: (await describer(context))(schedule) };
    },
  }),
  route({
    method: 'post',
    path: '/schedule/{name}/resume',
    summary: 'Let a paused schedule go on; what passed meanwhile stays skipped',
    tag: 'schedule',
    scope: 'schedule:write',
    params: nameParams,
    transaction: true,
    responses: { 200: scheduleItem },
    async handle({ params }, context) {
      const schedule = named(params.name);
      await resumeSchedule(context.db, schedule, context.fleet.settings.zone, context.now);
      return { body: (await describer(context))(schedule) };
    },
  }),
] as const;

function named(name: string): Schedule {
  const schedule = timetable.find((candidate) => candidate.name === name);
  if (!schedule) throw new Problem(404, `there is no schedule "${name}"; there are: ${names.join(', ')}`);
  return schedule;
}

async function describeAll(context: Context) {
  return timetable.map(await describer(context));
}

/** How a schedule stands, read once for all of them. */
async function describer({ db, fleet, now }: Context) {
  const [states, latest] = [await scheduleStates(db, now), await latestTicks(db, now)];
  return (schedule: Schedule) => {
    const state = states.find((candidate) => candidate.name === schedule.name);
    return {
      name: schedule.name,
      pattern: schedule.pattern,
      time_zone: fleet.settings.zone,
      process_type: schedule.run,
      misfire: schedule.misfire,
      catch_up_window_hours: schedule.windowHours,
      deadline_minutes: schedule.deadlineMinutes,
      paused: Boolean(state?.paused_at),
      paused_at: state?.paused_at ?? null,
      paused_by: state?.paused_by ?? null,
      paused_reason: state?.paused_reason ?? null,
      next_ticks: nextTicks(schedule.pattern, fleet.settings.zone, now, 3).map((tick) => tick.toISOString()),
      last_tick: latest.find((tick) => tick.schedule === schedule.name) ?? null,
    };
  };
}
