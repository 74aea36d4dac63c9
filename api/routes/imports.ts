import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { LOCALES } from '../../sql/database/locale.ts';
import { findImport, importRow, listImportRows, plannedRow, ROW_OUTCOMES } from '../../sql/imports/imports.ts';
import { type Decisions, decideRows, missingRows, readDecisions } from '../../workers/imports/decisions.ts';
import { confirmImport, previewImport } from '../../workers/imports/import.ts';
import { type ImportKind, type ReadFile, readFile } from '../../workers/imports/read-file.ts';
import { noteText } from '../../workers/imports/words.ts';
import { demandScope } from '../../workers/rights.ts';
import { idCursor, idParams, page, pageOf, pageQuery, readCursor } from '../http/paging.ts';
import { Problem, unacceptable } from '../http/problems.ts';
import { type Context, route } from '../http/route.ts';
import { textField } from '../http/text.ts';
import { oneOf } from './fields.ts';

const FILES = [
  'text/csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'text/plain',
  'text/tab-separated-values',
  'application/vnd.ms-excel',
  'application/octet-stream',
] as const;
const DECIDED = 'numbers of rows of students and who they are, such as 12:345,14:new, at most 4000 characters';
const importItem = importRow.meta({ id: 'Import' });
const rowItem = plannedRow
  .extend({
    notes: z.array(
      plannedRow.shape.notes.element
        .extend({ text: z.string().meta({ description: 'the same in words, in the language asked for' }) })
        .meta({ id: 'ImportNote' }),
    ),
  })
  .meta({ id: 'ImportRow' });
const locale = oneOf(LOCALES)
  .optional()
  .meta({ description: 'the language of the words; by default the person’s or the studio’s', override: { examples: undefined } });
const inWords = (row: z.output<typeof plannedRow>, { caller, fleet }: Context, asked: z.output<typeof locale>) => {
  const language = asked ?? caller.person?.locale ?? fleet.settings.locale;
  return { ...row, notes: row.notes.map((note) => ({ ...note, text: noteText(language, note) })) };
};
const shared = { tag: 'imports', scope: 'records:write' } as const;

/** Who pays, and what is left of subscriptions, is money (D45). */
const demandMoney = ({ caller }: Context) =>
  demandScope(caller, 'money:write', 'a file says who pays and what is left of subscriptions');

/** What somebody has decided about rows whose person is unclear becomes part of what they say. */
function applyDecisions(file: ReadFile, decisions: Decisions) {
  const missing = file.kind === 'students' ? missingRows(file.read.rows, decisions) : [...decisions.keys()];
  if (file.kind !== 'students' || missing.length > 0)
    throw unacceptable('decided', `rows of students that are in the file; there is no row ${missing[0]}`, 'query');
  file.read.rows = decideRows(file.read.rows, decisions);
}

const upload = <const K extends ImportKind>(kind: K, summary: string) =>
  route({
    ...shared,
    method: 'post',
    path: `/api/imports/${kind}` as const,
    summary,
    file: FILES,
    query: z.strictObject({
      file_name: textField(200)
        .optional()
        .meta({ override: { examples: undefined } }),
      overwrite: oneOf(['true', 'false'])
        .default('false')
        .meta({ description: 'true: what the file has otherwise is written; blank cells never overwrite' }),
      date_order: oneOf(['dmy', 'mdy'])
        .optional()
        .meta({ description: 'how the file writes its days, where that cannot be told' }),
      decided: z
        .string({ error: DECIDED })
        .max(4_000, { error: DECIDED })
        .regex(/^\d{1,5}:(?:new|[1-9]\d{0,8})(?:,\d{1,5}:(?:new|[1-9]\d{0,8}))*$/, { error: DECIDED })
        .optional()
        .meta({
          description: 'who a row is, where it may be several: the id of a person, or `new` for somebody else',
          override: { examples: undefined },
        }),
    }),
    responses: { 201: importItem },
    async handle({ query, file }, context) {
      const { db, fleet, caller, now } = context;
      if (kind === 'students') demandMoney(context);
      const today = dayOf(now, fleet.settings.zone);
      const read = readFile(kind, file, { today, order: query.date_order ?? null });
      if (query.decided !== undefined) applyDecisions(read, readDecisions(query.decided));
      const wish = { today, overwrite: query.overwrite === 'true' };
      const about = { file, fileName: query.file_name ?? null, by: caller.name, now };
      const made = await db.transaction((transaction) => previewImport(transaction, read, wish, about));
      return { status: 201, body: made, headers: { Location: `/api/imports/${made.id}` } };
    },
  });

export const importRoutes = [
  upload('students', 'Show what a spreadsheet of students would change: row by row, nothing is written (R25)'),
  upload('templates', 'Show what a spreadsheet of the week’s trainings would add: row by row, nothing is written'),
  route({
    ...shared,
    method: 'get',
    path: '/api/imports/{id}',
    summary: 'A preview: what becomes of each row, in words',
    params: idParams,
    query: z.strictObject({ outcome: oneOf(ROW_OUTCOMES).optional(), locale, ...pageQuery }),
    responses: { 200: importItem.extend(pageOf(rowItem).shape).meta({ id: 'ImportPreview' }) },
    async handle({ params, query }, context) {
      const found = await findImport(context.db, params.id);
      if (!found) throw new Problem(404, `there is no import ${params.id}`);
      const after = readCursor(query.cursor, idCursor) ?? 0;
      const rows = await listImportRows(context.db, params.id, { outcome: query.outcome, after, limit: query.limit + 1 });
      const words = rows.map((row) => inWords(row, context, query.locale));
      return { body: { ...found, ...page(words, query.limit, ({ row }) => row) } };
    },
  }),
  route({
    ...shared,
    method: 'post',
    path: '/api/imports/{id}/confirm',
    summary: 'Write what a preview said, all of it or nothing; within 24 hours, and only while the data is as it was shown',
    params: idParams,
    transaction: true,
    responses: { 200: importItem },
    async handle({ params }, context) {
      const { db, caller, now } = context;
      if ((await findImport(db, params.id))?.kind === 'students') demandMoney(context);
      return { body: await confirmImport(db, params.id, { by: caller.name, now }) };
    },
  }),
] as const;
