import type { Day } from '../../queues/time/calendar.ts';
import { notAcceptable } from '../refusal.ts';
import { findColumns, studentColumns, templateColumns } from './headers.ts';
import { MOST_ROWS } from './limits.ts';
import { readTemplates, type TemplateRow } from './plan-templates.ts';
import { readStudents, type StudentRow } from './read-students.ts';
import { readTable } from './table.ts';
import type { Order } from './values.ts';

type Read<R> = { rows: R[]; columns: { known: string[]; unknown: string[] } };
export type ReadFile = { kind: 'students'; read: Read<StudentRow> } | { kind: 'templates'; read: Read<TemplateRow> };
export type ImportKind = ReadFile['kind'];

/**
 * Reads a file of students or of a week's trainings. Throws `invalid` that says what is missing: headers that are known, rows, fewer rows.
 * @param order how the file writes its days, where somebody has said so
 */
export function readFile(
  kind: ImportKind,
  file: Uint8Array,
  { today, order }: { today: Day; order: 'dmy' | 'mdy' | null },
): ReadFile {
  const table = readTable(file);
  if (kind === 'templates') {
    const columns = findColumns(table.rows, templateColumns);
    if (!columns || (['day', 'time', 'type', 'trainer'] as const).some((column) => columns.at[column] === undefined))
      throw notAcceptable('file', 'a file whose headers name the day, the time, the training and the trainer');
    return { kind, read: bounded(readTemplates({ table, columns }), columns, table.isTooLong) };
  }
  const columns = findColumns(table.rows, studentColumns);
  const names = ['first_name', 'full_name', 'name', 'last_name'] as const;
  if (!columns || names.every((column) => columns.at[column] === undefined))
    throw notAcceptable('file', 'a file with a row of headers one of which is the name');
  return { kind, read: bounded(readStudents({ table, columns, today, order: order as Order | null }), columns, table.isTooLong) };
}

function bounded<R>(rows: R[], { at, unknown }: { at: object; unknown: string[] }, isTooLong: boolean): Read<R> {
  if (rows.length === 0) throw notAcceptable('file', 'a file with rows beneath its headers');
  if (isTooLong || rows.length > MOST_ROWS) throw notAcceptable('file', `at most ${MOST_ROWS} rows`);
  return { rows, columns: { known: Object.keys(at), unknown } };
}
