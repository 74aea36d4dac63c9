import { z } from 'zod';
import { runNames } from '../../queues/jobs/catalog.ts';
import { dayOf, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay, endDay } from '../../queues/time/days.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { findRun } from '../../sql/runs/find.ts';
import { listRuns, processStats, runSummary, statsSince } from '../../sql/runs/history.ts';
import { type Run, runRow } from '../../sql/runs/rows.ts';
import { mayDo } from '../../workers/rights.ts';
import { idCursor, idParams, inOrder, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem } from '../http/problems.ts';
import { route } from '../http/route.ts';
import { oneOf } from './fields.ts';

const PERIODS = ['day', 'week', 'month', 'year', 'all'] as const;

/** When a period begins. A year is this month and the eleven before it: older runs are known by their months. */
function startOf(period: (typeof PERIODS)[number], now: Date, zone: string): Date {
  if (period === 'all') return new Date(0);
  if (period !== 'year') return new Date(now.getTime() - { day: 1, week: 7, month: 30 }[period] * DAY_MS);
  const [year, month] = dayOf(now, zone).split('-').map(Number) as [number, number];
  const first = month === 12 ? [year, 1] : [year - 1, month + 1];
  return new Date(startOfDay(`${first[0]}-${String(first[1]).padStart(2, '0')}-01`, zone));
}

const findings = z.array(z.looseObject({ detail: z.string() }));

/** A run for whoever may not read money: what its audit found says which row is wrong, not what stands in it (D45). */
function withoutAmounts(run: Run): Run {
  const found = findings.safeParse(run.details.audit);
  if (!found.success) return run;
  const audit = found.data.map((finding) => ({ ...finding, detail: 'needs the scope money:read' }));
  return { ...run, details: { ...run.details, audit } };
}

export const historyRoutes = [
  route({
    method: 'get',
    path: '/process-history',
    summary: 'Runs by the day they are for, newest first',
    tag: 'history',
    scope: 'history:read',
    query: inOrder(
      z.strictObject({
        start_date: anyDay.optional(),
        end_date: endDay.optional().meta({ description: 'inclusive' }),
        process_type: oneOf(runNames).optional(),
        status: oneOf(runRow.shape.status.options).optional(),
        ...pageQuery,
      }),
      'start_date',
      'end_date',
    ),
    responses: { 200: pageOf(runSummary.meta({ id: 'RunSummary' })) },
    async handle({ query: { cursor, limit, ...of } }, { db }) {
      const rows = await listRuns(db, { ...of, before: readCursor(cursor, idCursor), limit: limit + 1 });
      return { body: page(rows, limit, (row) => row.id) };
    },
  }),
  route({
    method: 'get',
    path: '/process-history/{id}',
    summary: 'One run with its result, warnings and conflicts',
    tag: 'history',
    scope: 'history:read',
    params: idParams,
    responses: { 200: runRow.meta({ id: 'Run' }) },
    async handle({ params }, { db, caller }) {
      const run = await findRun(db, params.id);
      if (!run) throw new Problem(404, `there is no run ${params.id}`);
      return { body: mayDo(caller, 'money:read') ? run : withoutAmounts(run) };
    },
  }),
  route({
    method: 'get',
    path: '/process-stats',
    summary: 'What each process did in the last day, week, month or year, or ever; also what has left the history',
    tag: 'history',
    scope: 'history:read',
    query: z.strictObject({ period: z.enum(PERIODS, { error: `one of ${PERIODS.join(', ')}` }).default('week') }),
    responses: { 200: z.object({ period: z.string(), since: z.iso.datetime(), processes: z.array(processStats) }) },
    async handle({ query: { period } }, { db, now, fleet }) {
      const { zone } = fleet.settings;
      const since = startOf(period, now, zone);
      return { body: { period, since: since.toISOString(), processes: await statsSince(db, since, zone) } };
    },
  }),
] as const;
