import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Scope } from '../../queues/jobs/scopes.ts';
import { addDays, dayOf, endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import { anyDay } from '../../queues/time/days.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { LAST_DAY } from '../../sql/database/instants.ts';
import { calendarToExport } from '../../sql/exports/calendar.ts';
import { measureParts, readPart } from '../../sql/exports/parts.ts';
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
import { findCompany } from '../../sql/records/company.ts';
import { calendarText } from '../../workers/exports/calendar.ts';
import { KEPT_HOURS } from '../../workers/exports/kept.ts';
import { csvOf, xlsxOf } from '../../workers/reports/table.ts';
import { fileAnswer } from '../http/file.ts';
import { idParams, inOrder } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
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

/** Trainings and bookings of one calendar. */
const MOST_EVENTS = 20_000;
const USUAL_DAYS = 60;

/** Trainings and bookings as a calendar: what the role sees of them, noted as every export (R29). */
const calendarRoute = route({
  method: 'get',
  path: '/api/exports/calendar',
  tag: 'exports',
  summary: 'Trainings and bookings of these days as an iCalendar file, of a location or a trainer; a trainer’s own',
  scope: 'records:read',
  produces: 'text/calendar',
  query: inOrder(
    z.strictObject({
      from: day('the first day; by default today'),
      to: day(`inclusive; by default ${USUAL_DAYS} days after it`),
      location_id: idParams.shape.id.optional(),
      trainer_id: idParams.shape.id.optional(),
    }),
    'from',
    'to',
  ),
  responses: { 200: z.string() },
  async handle({ query }, { db, caller, whose, now, fleet: { settings } }) {
    const today = dayOf(now, settings.zone);
    const from = query.from ?? (query.to !== undefined && query.to < today ? query.to : today);
    const to = query.to ?? (from > addDays(LAST_DAY, -USUAL_DAYS) ? LAST_DAY : addDays(from, USUAL_DAYS));
    const { location_id: locationId = null, trainer_id: trainerId = null } = query;
    const span = {
      from: startOfDay(from, settings.zone),
      to: endOfDay(to, settings.zone),
      locationId,
      trainerId,
      limit: MOST_EVENTS + 1,
    };
    const events = await calendarToExport(db, span, whose);
    if (events.length > MOST_EVENTS)
      throw unacceptable('from', `fewer days: one calendar holds ${MOST_EVENTS}; "npm run export" takes everything`, 'query');
    await noteExport(db, {
      actor: caller.name,
      cause: 'GET /api/exports/calendar',
      what: { what: 'calendar', rows: events.length, from, to, location_id: locationId, trainer_id: trainerId },
    });
    const title = (await findCompany(db))?.name ?? 'Studio';
    return fileAnswer({
      type: 'text/calendar; charset=utf-8',
      name: `calendar-${today}.ics`,
      content: calendarText(events, { title, now }),
      isToKeep: true,
    });
  },
});

/** The file that the run `export` has made. A worker made it, so it comes from the database, part by part. */
const everythingRoute = route({
  method: 'get',
  path: '/api/exports/everything/{id}',
  tag: 'exports',
  summary: `The file of a run that took everything out (POST /cron/export); it is kept for ${KEPT_HOURS} hours`,
  scope: 'run:export',
  produces: 'application/zip',
  params: idParams,
  responses: { 200: z.string() },
  async handle({ params: { id } }, { db, caller, fleet }) {
    const file = await measureParts(db, id);
    if (file === null)
      throw new Problem(
        404,
        `the run ${id} has no file: it is kept for ${KEPT_HOURS} hours, until the next one, or until somebody is erased`,
      );
    const { parts, bytes, date } = file;
    await noteExport(db, {
      actor: caller.name,
      cause: 'GET /api/exports/everything',
      what: { what: 'everything', run: id, bytes },
    });
    return {
      body: null,
      async stream(response) {
        response.status(200).set({
          'Content-Type': 'application/zip',
          'Content-Disposition': `attachment; filename="studio-${date}.zip"`,
          'Content-Length': String(bytes),
          'Cache-Control': 'no-store',
        });
        await pipeline(partsOf(fleet.db, id, parts), response);
      },
    };
  },
});

async function* partsOf(db: Sql, id: number, parts: number): AsyncGenerator<Buffer> {
  for (let n = 1; n <= parts; n += 1) {
    const part = await readPart(db, id, n);
    if (part === null) throw new Error(`part ${n} of the file of run ${id} is gone`);
    yield part;
  }
}

/** What the studio takes out: as much as the role sees, and noted each time (R29). */
const tableRoutes: Route[] = Object.entries<Export>(exports).map(([what, { summary, scope, rows: find }]) =>
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

export const exportRoutes: Route[] = [...tableRoutes, calendarRoute, everythingRoute];
