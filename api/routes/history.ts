import { z } from 'zod';
import { listRuns, processStats, runSummary, statsSince } from '../../sql/history.ts';
import { findRun, runRow } from '../../sql/runs.ts';
import { day, idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../page.ts';
import { Problem } from '../problems.ts';
import { type Route, route } from '../route.ts';

const PERIOD_DAYS = { day: 1, week: 7, month: 30 };

export const historyRoutes: Route[] = [
  route({
    method: 'get',
    path: '/process-history',
    summary: 'Runs by the day they are for, newest first',
    tag: 'history',
    scope: 'history:read',
    query: z.strictObject({
      start_date: day.optional(),
      end_date: day.optional(),
      process_type: z.string().optional(),
      status: z.enum(runRow.shape.status.options, { error: `one of ${runRow.shape.status.options.join(', ')}` }).optional(),
      ...pageQuery,
    }),
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
    async handle({ params }, { db }) {
      const run = await findRun(db, params.id);
      if (!run) throw new Problem(404, `there is no run ${params.id}`);
      return { body: run };
    },
  }),
  route({
    method: 'get',
    path: '/process-stats',
    summary: 'What each process did in the last day, week or month',
    tag: 'history',
    scope: 'history:read',
    query: z.strictObject({ period: z.enum(['day', 'week', 'month'], { error: 'day, week or month' }).default('week') }),
    responses: { 200: z.object({ period: z.string(), since: z.iso.datetime(), processes: z.array(processStats) }) },
    async handle({ query: { period } }, { db, now }) {
      const since = new Date(now.getTime() - PERIOD_DAYS[period] * 86_400_000);
      return { body: { period, since: since.toISOString(), processes: await statsSince(db, since) } };
    },
  }),
];
