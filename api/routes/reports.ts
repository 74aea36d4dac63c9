import { z } from 'zod';
import type { Scope } from '../../queues/jobs/scopes.ts';
import { addYears, dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import { namesOf } from '../../sql/auth/people.ts';
import type { Sql } from '../../sql/database/database.ts';
import { STEPS } from '../../sql/reports/periods.ts';
import { habitsBehind, heatRows, loadAhead } from '../../workers/reports/load-ahead.ts';
import { type Figures, periodsIn, rowsBehind, totalOf } from '../../workers/reports/report.ts';
import { type ReportName, reports } from '../../workers/reports/reports.ts';
import { idParams, inOrder } from '../http/paging.ts';
import { unacceptable } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { tableFile } from '../http/table-file.ts';
import { oneOf } from './fields.ts';

const MOST_PERIODS = 400;
const MOST_YEARS = 10;
/** Rows behind figures, in an answer and in a file. */
const MOST_BEHIND = { json: 10_000, csv: 100_000, xlsx: 100_000 };

const figures = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const answer = z
  .object({
    report: z.string(),
    from: z.iso.date(),
    to: z.iso.date(),
    by: z.enum(STEPS),
    rows: z.array(figures),
    total: figures.nullable().meta({ description: 'of the rows; null where there is nothing to sum up' }),
    explained: z.array(figures).nullable().meta({ description: 'with explain: the rows behind the figures' }),
    is_cut: z.boolean().meta({ description: `with explain: whether there are more rows than these ${MOST_BEHIND.json}` }),
  })
  .meta({ id: 'Report' });

const said: Record<ReportName, [scope: Scope, summary: string]> = {
  revenue: ['money:read', 'Money received and recognised, apart, and where it stands: wallets, deferred, owed'],
  attendance: ['records:read', 'Who came: present, absent and the rate; trainings held and cancelled'],
  students: ['records:read', 'Students: new, active, frozen, and who has left'],
  retention: ['records:read', 'Of those who registered in a month, who is active 1 to 12 months later'],
  load: ['records:read', 'How rooms are used: minutes of those they are open'],
  debtors: ['money:read', 'Who owes what is past due today, and since when'],
  renewals: ['money:read', 'Renewals expected in the next 30 days, at today’s prices; what is no longer sold apart'],
  trainers: ['records:read', 'What trainers gave: trainings, bookings, heads and hours'],
};

/** Reports (R20-R24). Each figure can be explained by the rows behind it. */
export const reportRoutes: Route[] = (Object.keys(reports) as ReportName[]).map((name) =>
  route({
    method: 'get',
    path: `/api/reports/${name}`,
    summary: said[name][1],
    tag: 'reports',
    scope: said[name][0],
    query: inOrder(
      z.strictObject({
        from: anyDay
          .optional()
          .meta({ description: 'by default the first day of this month', override: { examples: undefined } }),
        to: anyDay.optional().meta({ description: 'inclusive; by default today', override: { examples: undefined } }),
        by: oneOf(STEPS).default('month'),
        format: oneOf(['json', 'csv', 'xlsx']).default('json'),
        explain: oneOf(['true', 'false']).default('false').meta({ description: 'true: the rows behind the figures' }),
        figure: oneOf(Object.keys(reports[name].figures)).optional().meta({ description: 'with explain: of this figure only' }),
        person_id: idParams.shape.id.optional().meta({
          description: `with explain: of this ${name === 'load' ? 'room' : 'person'} only`,
          override: { examples: undefined },
        }),
      }),
      'from',
      'to',
    ),
    responses: { 200: answer },
    async handle({ query }, { db, fleet, now }) {
      const { zone } = fleet.settings;
      const today = dayOf(now, zone);
      const { by, format } = query;
      const to = query.to ?? today;
      const from = query.from ?? (to < today ? `${to.slice(0, 7)}-01` : `${today.slice(0, 7)}-01`);
      if (from > to) throw unacceptable('from', `${to} or before`, 'query');
      if (to > addYears(from, MOST_YEARS)) throw unacceptable('to', `at most ${MOST_YEARS} years after from`, 'query');
      const span = { from, to, by, zone };
      if (periodsIn(span).length > MOST_PERIODS) throw unacceptable('by', `at most ${MOST_PERIODS} of them`, 'query');
      const report = reports[name];
      const isExplained = query.explain === 'true';
      const who = query.person_id ?? null;
      const limit = MOST_BEHIND[format];
      const behind = isExplained ? await rowsBehind(report, db, span, { today, figure: query.figure, who, limit }) : null;
      const explained = behind && (name === 'load' ? behind.rows : await named(db, behind.rows));
      const isCut = behind?.isCut === true;
      if (format !== 'json' && isCut)
        throw unacceptable('from', `fewer days, or one figure: a file holds ${limit} rows`, 'query');
      const rows = isExplained && format !== 'json' ? [] : await report.rows(db, span, today);
      const file = `${name}-${from}-${to}`;
      if (format !== 'json') return tableFile(file, explained ?? rows, format);
      return { body: { report: name, from, to, by, rows, total: totalOf(report, rows), explained, is_cut: isCut } };
    },
  }),
);

const rate = z.number().nullable().meta({ description: 'a part of 1; null where there is nothing to divide by' });
const minutes = { busy_minutes: z.int().min(0), open_minutes: z.int().min(0), load: rate };
const loads = z.array(
  z.object({
    ...{ id: z.int(), name: z.string(), ...minutes },
    days: z.array(z.object({ date: z.iso.date(), ...minutes })),
  }),
);
const leadDays = z.number().nullable().meta({ description: 'days from booking to start; null where there are none' });
const habits = z.object({
  specialist_id: z.int().nullable().meta({ description: 'null: of all of them' }),
  specialist: z.string().nullable(),
  bookings: z.int().meta({ description: 'that were for these days, cancelled ones included' }),
  no_shows: z.int(),
  cancelled: z.int(),
  no_show_rate: rate,
  cancellation_rate: rate,
  lead_days_q1: leadDays,
  lead_days_median: leadDays,
  lead_days_q3: leadDays,
});
const ahead = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    specialists: loads,
    rooms: loads,
    behind: z.object({ from: z.iso.date(), to: z.iso.date(), specialists: z.array(habits), total: habits }),
  })
  .meta({ id: 'LoadAhead' });

/** How full the next 60 days are, and how bookings of the last 90 went. */
export const loadAheadRoute: Route = route({
  method: 'get',
  path: '/api/reports/load-ahead',
  summary: 'How full the next 60 days are by specialist and room; no-shows, cancellations and lead times of the last 90',
  tag: 'reports',
  scope: 'records:read',
  query: z.strictObject({ format: oneOf(['json', 'csv', 'xlsx']).default('json') }),
  responses: { 200: ahead },
  async handle({ query: { format } }, { db, fleet, now }) {
    const { zone } = fleet.settings;
    const today = dayOf(now, zone);
    const heat = await loadAhead(db, { zone, today });
    if (format !== 'json') return tableFile(`load-ahead-${today}`, heatRows(heat), format);
    return { body: { ...heat, behind: await habitsBehind(db, { zone, today }) } };
  },
});

/** Rows behind figures, and whose they are. */
async function named(db: Sql, rows: readonly Figures[]): Promise<Figures[]> {
  const ids = [...new Set(rows.map(({ person_id }) => person_id))].filter((id) => typeof id === 'number');
  const names = new Map((await namesOf(db, ids)).map((one) => [one.id, `${one.first_name} ${one.last_name}`.trim()]));
  return rows.map((row) => ({ ...row, person: names.get(Number(row.person_id)) ?? null }));
}
