import type { z } from 'zod';
import { isAmong, type RowKind, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

/**
 * A kind of record: the tables its fields lie in, the first of which gives the id. The others share it.
 * `shown` are columns that no record is written with. All names come from declarations in the code, never from a request.
 */
export type RecordKind<Row extends z.ZodType = z.ZodType> = {
  tables: readonly { table: string; columns: readonly string[]; shown?: readonly string[] }[];
  /** The role its users get; where there is nothing but users, it tells them from the others. */
  role?: 'client' | 'trainer' | 'admin';
  row: Row;
};
type Fields = Record<string, unknown>;
type Table = RecordKind['tables'][number];

const name = (...names: string[]) => sql.identifier(names);
const comma = sql.fragment`, `;
const columnsOf = ({ table, columns, shown = [] }: Table) => [...columns, ...shown].map((column) => name(table, column));

const select = ({ tables, role }: RecordKind) => {
  const [first, ...rest] = tables as [Table, ...Table[]];
  const joins = rest.map(({ table }) => sql.fragment`join ${name(table)} on ${name(table, 'id')} = ${name(first.table, 'id')}`);
  if (role && rest.length === 0)
    joins.push(sql.fragment`join user_roles on user_id = ${name(first.table, 'id')} and role = ${role}`);
  const columns = sql.join([name(first.table, 'id'), ...tables.flatMap(columnsOf)], comma);
  return sql.fragment`select ${columns} from ${name(first.table)} ${joins.length ? sql.join(joins, sql.fragment` `) : sql.fragment``}`;
};

/** One record by id, or null. */
export const findRecord = <R extends z.ZodType>(db: Sql, kind: RecordKind<R>, id: number): Promise<z.output<R> | null> =>
  db.maybeOne(
    sql.type(kind.row)`${select(kind)} where ${name(kind.tables[0]!.table, 'id')} = ${id}`,
  ) as Promise<z.output<R> | null>;

/** Records by id after a cursor, those whose fields equal the filter's. @param query.kindOfRows as what they are somebody's */
export function listRecords<R extends z.ZodType>(
  db: Sql,
  kind: RecordKind<R>,
  query: { filter: Fields; whose?: Whose; kindOfRows?: RowKind; after?: number; limit: number },
) {
  const conditions = [sql.fragment`${name(kind.tables[0]!.table, 'id')} > ${query.after ?? 0}`];
  if (query.whose && !query.whose.everything)
    conditions.push(isAmong(query.whose, demandKind(query.kindOfRows), kind.tables[0]!.table));
  // Who was merged into somebody else is met by what one was known by, and in no list.
  if (kind.tables[0]!.shown?.includes('merged_into') && query.filter.phone === undefined)
    conditions.push(sql.fragment`${name(kind.tables[0]!.table, 'merged_into')} is null`);
  for (const part of kind.tables) {
    for (const column of part.columns.filter((candidate) => query.filter[candidate] !== undefined)) {
      conditions.push(sql.fragment`${name(part.table, column)} = (${given(part, query.filter)}).${name(column)}`);
    }
  }
  return db.any(sql.type(kind.row)`
    ${select(kind)} where ${sql.join(conditions, sql.fragment` and `)}
    order by ${name(kind.tables[0]!.table, 'id')} limit ${query.limit}`);
}

/** Rows of a kind nobody named cannot be told apart by whose they are: they are shown to nobody. */
function demandKind(kind: RowKind | undefined): RowKind {
  if (!kind) throw new TypeError('whose rows these are is not said');
  return kind;
}

/** Inserts a record, in the caller's transaction; what is not given is the tables' default. Returns its id. */
export async function insertRecord(transaction: Sql, kind: RecordKind, fields: Fields): Promise<number> {
  const [first, ...rest] = kind.tables as [Table, ...Table[]];
  const id = Number(await transaction.oneFirst(insert(first, fields)));
  for (const part of rest) await transaction.query(insert({ ...part, columns: ['id', ...part.columns] }, { ...fields, id }));
  if (kind.role) await transaction.query(sql.unsafe`insert into user_roles (user_id, role) values (${id}, ${kind.role})`);
  return id;
}

/** Changes the given fields of a record, in the caller's transaction. Returns false when there is no such record. */
export async function updateRecord(transaction: Sql, kind: RecordKind, id: number, fields: Fields): Promise<boolean> {
  if (!(await findRecord(transaction, kind, id))) return false;
  for (const part of kind.tables) {
    const columns = part.columns.filter((column) => column in fields);
    if (columns.length === 0) continue;
    const changes = columns.map((column) => sql.fragment`${name(column)} = given.${name(column)}`);
    await transaction.query(sql.unsafe`
      update ${name(part.table)} set ${sql.join(changes, comma)} from (select (${given(part, fields)}).*) as given
      where ${name(part.table, 'id')} = ${id}`);
  }
  return true;
}

/** Deletes a record of a single table. Returns false when there is no such record. */
export async function deleteRecord(db: Sql, { tables }: RecordKind, id: number): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`delete from ${name(tables[0]!.table)} where id = ${id}`);
  return rowCount > 0;
}

function insert(part: Table, fields: Fields) {
  const columns = part.columns.filter((column) => column in fields).map((column) => name(column));
  if (columns.length === 0) return sql.unsafe`insert into ${name(part.table)} default values returning id`;
  return sql.unsafe`
    insert into ${name(part.table)} (${sql.join(columns, comma)})
    select ${sql.join(columns, comma)} from (select (${given(part, fields)}).*) as given
    returning id`;
}

/** The given fields as a row of the table: PostgreSQL itself turns JSON into each column's type. */
const given = ({ table, columns }: Table, fields: Fields) =>
  sql.fragment`jsonb_populate_record(null::${name(table)}, ${sql.jsonb(Object.fromEntries(columns.map((column) => [column, fields[column] ?? null])) as never)})`;
