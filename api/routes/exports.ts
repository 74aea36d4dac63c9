import { z } from 'zod';
import type { Scope } from '../../queues/jobs/scopes.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import {
  attendanceToExport,
  type ExportCells,
  type ExportSpan,
  noteExport,
  paymentsToExport,
  rosterToExport,
  studentsToExport,
  subscriptionsToExport,
} from '../../sql/exports/rows.ts';
import { csvOf, xlsxOf } from '../../workers/reports/table.ts';
import { fileAnswer } from '../http/file.ts';
import { inOrder } from '../http/paging.ts';
import { unacceptable } from '../http/problems.ts';
import { type Route, route } from '../http/route.ts';
import { oneOf } from './fields.ts';

/** Rows of one file: an Excel sheet holds ten times as many, a process's memory does not. */
const MOST_ROWS = 100_000;
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

type Export = {
  summary: string;
  scope: Scope;
  rows: (db: Sql, span: ExportSpan, whose: Whose) => Promise<readonly ExportCells[]>;
};

const exports = {
  students: {
    summary: 'Students as a spreadsheet, which imported again changes nothing; a trainer’s own without contacts (R29)',
    scope: 'records:read',
    rows: (db, span, whose) => (whose.everything ? studentsToExport(db, span) : rosterToExport(db, span, whose)),
  },
  payments: {
    summary: 'Payments of these days as a spreadsheet; by default of this month',
    scope: 'money:read',
    rows: paymentsToExport,
  },
  attendance: {
    summary: 'Who came to the trainings of these days, as a spreadsheet; a trainer’s own',
    scope: 'records:read',
    rows: attendanceToExport,
  },
  subscriptions: {
    summary: 'Subscriptions valid on any of these days, as a spreadsheet',
    scope: 'money:read',
    rows: subscriptionsToExport,
  },
} satisfies Record<string, Export>;

const day = (words: string) => anyDay.optional().meta({ description: words, override: { examples: undefined } });

/** What the studio takes out: as much as the role sees, and noted each time (R29). */
export const exportRoutes: Route[] = Object.entries<Export>(exports).map(([what, { summary, scope, rows: find }]) =>
  route({
    method: 'get',
    path: `/api/exports/${what}`,
    tag: 'exports',
    summary,
    scope,
    produces: 'text/csv',
    query: inOrder(
      z.strictObject({
        from: day('of days, where the file has any; by default the first day of this month'),
        to: day('inclusive; by default today'),
        format: oneOf(['csv', 'xlsx']).default('csv'),
      }),
      'from',
      'to',
    ),
    responses: { 200: z.string() },
    async handle({ query: { format, ...asked } }, { db, caller, whose, now, fleet: { settings } }) {
      const today = dayOf(now, settings.zone);
      const to = asked.to ?? today;
      const from = asked.from ?? `${to.slice(0, 8)}01`;
      const rows = await find(db, { from, to, zone: settings.zone, today, limit: MOST_ROWS + 1 }, whose);
      if (rows.length > MOST_ROWS)
        throw unacceptable('from', `fewer days: one file holds ${MOST_ROWS} rows; "npm run export" takes everything`, 'query');
      await noteExport(db, {
        actor: caller.name,
        cause: `GET /api/exports/${what}`,
        what: { what, format, rows: rows.length, from, to },
      });
      const isCsv = format === 'csv';
      return fileAnswer({
        type: isCsv ? 'text/csv; charset=utf-8' : XLSX,
        name: `${what}-${today}.${format}`,
        content: isCsv ? csvOf(rows) : await xlsxOf(rows),
        isToKeep: true,
      });
    },
  }),
);
