import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const ROW_OUTCOMES = ['new', 'same', 'change', 'conflict', 'error'] as const;
export type RowOutcome = (typeof ROW_OUTCOMES)[number];
const counts = z.record(z.enum(ROW_OUTCOMES), z.int());
const written = z.record(z.string(), z.int());
export const importRow = z.object({
  id: z.int(),
  kind: z.enum(['students', 'templates']),
  file_name: z.string().nullable(),
  overwrite: z.boolean(),
  columns: z.object({ known: z.array(z.string()), unknown: z.array(z.string()) }),
  counts,
  created_by: z.string(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  confirmed_at: z.iso.datetime().nullable(),
  confirmed_by: z.string().nullable(),
  result: written.nullable(),
});
export type Import = z.output<typeof importRow>;
const note = z.object({
  code: z.string(),
  column: z.string().optional(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});
export const plannedRow = z.object({
  row: z.int(),
  outcome: z.enum(ROW_OUTCOMES),
  name: z.string(),
  person_id: z.int().nullable(),
  notes: z.array(note),
});
const columns = sql.fragment`id, kind, file_name, overwrite, columns, counts, created_by, created_at, expires_at, confirmed_at, confirmed_by, result`;

type NewImport = Pick<Import, 'kind' | 'file_name' | 'overwrite' | 'columns' | 'counts' | 'created_by' | 'expires_at'> & {
  sha256: string;
  judged_on: string;
  /** What becomes of the rows and, as `given`, what they said: some at a time, as JSON, so that nobody walks through them once more. */
  rows: Iterable<string>;
  /** Asked for when all rows were. */
  print: () => string;
};

/** Keeps a preview and its rows. */
export async function insertImport(transaction: Sql, of: NewImport): Promise<Import> {
  const made = await transaction.one(sql.type(importRow)`
    insert into imports (kind, file_name, file_sha256, overwrite, judged_on, print, columns, counts, created_by, expires_at)
    values (${of.kind}, ${of.file_name}, ${of.sha256}, ${of.overwrite}, ${of.judged_on}::date, '',
      ${sql.jsonb(of.columns)}, ${sql.jsonb(of.counts)}, ${of.created_by}, ${of.expires_at}::timestamptz)
    returning ${columns}`);
  for (const rows of of.rows)
    await transaction.query(sql.unsafe`
      insert into import_rows (import_id, row, outcome, name, person_id, notes, given)
      select ${made.id}, row, outcome, name, person_id, notes, given from json_to_recordset(${rows}::json) as batch
        (row int, outcome text, name text, person_id int, notes jsonb, given json)`);
  await transaction.query(sql.unsafe`update imports set print = ${of.print()} where id = ${made.id}`);
  return made;
}

/** A preview, or null; its time may be over. */
export const findImport = (db: Sql, id: number): Promise<Import | null> =>
  db.maybeOne(sql.type(importRow)`select ${columns} from imports where id = ${id}`);

const kept = importRow.extend({ judged_on: z.iso.date(), print: z.string() });

/** The same with all that a confirmation needs, taken for the transaction: whoever confirms it at the same time waits. */
export const takeImport = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(kept)`select ${columns}, judged_on, print from imports where id = ${id} for update`);

/** What the rows of a preview said, in order; what nobody keeps any more is missing. */
export const givenRows = (db: Sql, id: number) =>
  db.anyFirst(sql.type(z.object({ given: z.unknown() }))`
    select given from import_rows where import_id = ${id} and given is not null order by row`);

/** Rows of a preview by their number, after a cursor. */
export const listImportRows = (db: Sql, id: number, of: { outcome?: string; after: number; limit: number }) =>
  db.any(sql.type(plannedRow)`
    select row, outcome, name, person_id, notes from import_rows
    where import_id = ${id} and row > ${of.after} and (${of.outcome ?? null}::text is null or outcome = ${of.outcome ?? null})
    order by row limit ${of.limit}`);

/** Notes that it was done, and how much was written. */
export const noteConfirmed = (transaction: Sql, id: number, of: { by: string; now: Date; result: Record<string, number> }) =>
  transaction.one(sql.type(importRow)`
    update imports set confirmed_at = ${of.now.toISOString()}::timestamptz, confirmed_by = ${of.by}, result = ${sql.jsonb(of.result)}
    where id = ${id} returning ${columns}`);

/** Notes of rows that were written whose they are, also of people who were not there before. */
export const noteWhoseRows = (transaction: Sql, id: number, people: readonly { row: number; person_id: number }[]) =>
  transaction.query(sql.unsafe`
    update import_rows set person_id = given.person_id
    from jsonb_to_recordset(${sql.jsonb(people as never)}) as given (row int, person_id int)
    where import_id = ${id} and import_rows.row = given.row and import_rows.person_id is null`);
