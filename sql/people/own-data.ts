import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type ColumnDecision, columnsIn, personTables } from './own-columns.ts';

/** By what a person's rows are found. */
export const known = z.object({
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  telegram_id: z.int().nullable(),
  telegram_username: z.string().nullable(),
  created_at: z.iso.datetime(),
  /** Whoever was merged into them: the same person by other numbers, phones and e-mails. */
  merged: z.array(
    z.object({
      id: z.int(),
      first_name: z.string(),
      last_name: z.string(),
      phone: z.string().nullable(),
      email: z.string().nullable(),
    }),
  ),
});
export type KnownByWords = z.output<typeof known>;

/** Who it is, or null. */
export const findKnown = (db: Sql, id: number): Promise<KnownByWords | null> =>
  db.maybeOne(sql.type(known)`
    select id, first_name, last_name, phone, email, telegram_id, telegram_username, created_at,
      coalesce((select json_agg(json_build_object('id', gone.id, 'first_name', gone.first_name, 'last_name', gone.last_name, 'phone', gone.phone,
        'email', gone.email) order by gone.id) from users gone where gone.merged_into = users.id), '[]') as merged
    from users where id = ${id}`);

/** What the log of changes keeps under the number of the person whose it is. */
const LOGGED_BY_PERSON = ['person', 'student', 'specialist', 'role', 'guardian', 'command right', 'note', 'consent'];

const name = (words: string) => sql.identifier([words]);
const never = sql.fragment`false`;

/** Every number under which somebody is kept: their own, and those of records that were merged into it. */
export const idsOf = ({ id, merged }: KnownByWords): number[] => [id, ...merged.map((gone) => gone.id)];
const allOf = (who: KnownByWords, what: 'phone' | 'email'): string[] =>
  [who, ...who.merged].flatMap((known) => known[what] ?? []);

function byColumn(column: string, who: KnownByWords): FragmentSqlToken {
  const [kind, of = kind] = column.split(':') as [string, string?];
  switch (kind) {
    case 'chat':
      return who.telegram_id === null ? never : sql.fragment`chat_id = ${who.telegram_id}::bigint`;
    case 'phone':
      return sql.fragment`${name(of)} = any(${sql.array(allOf(who, 'phone'), 'text')})`;
    case 'email':
      return sql.fragment`lower(${name(of)}) = any(${sql.array(
        allOf(who, 'email').map((email) => email.toLowerCase()),
        'text',
      )})`;
    case 'actor':
      return sql.fragment`${name(of)} = any(${sql.array(
        idsOf(who).map((id) => `person:${id}`),
        'text',
      )})`;
    case 'log':
      return sql.fragment`record = any(${sql.array(LOGGED_BY_PERSON, 'text')}) and record_id = any(${sql.array(idsOf(who), 'int4')})`;
    default:
      return sql.fragment`${name(column)} = any(${sql.array(idsOf(who), 'int4')})`;
  }
}

/** A condition: the rows of a table that are somebody's. */
export function ownRowsOf(table: string, who: KnownByWords): FragmentSqlToken {
  const { of } = personTables[table] as ColumnDecision;
  const conditions = of.map((by) =>
    typeof by === 'string'
      ? byColumn(by, who)
      : sql.fragment`${name(by[0])} in (select id from ${name(by[1])} where ${ownRowsOf(by[1], who)})`,
  );
  return sql.fragment`(${sql.join(conditions, sql.fragment` or `)})`;
}

const row = z.object({ row: z.record(z.string(), z.unknown()) });
/** What opens a door is in no file, though it was sent to the person. */
const SECRETS = ['url', 'code', 'token'];

/** Everything kept of somebody, table by table (R31); tables that hold nothing of theirs are left out. */
export async function ownRows(db: Sql, who: KnownByWords): Promise<Record<string, Record<string, unknown>[]>> {
  const found: Record<string, Record<string, unknown>[]> = {};
  for (const [table, { kept, emptied }] of Object.entries(personTables)) {
    const shown = [...columnsIn(kept), ...columnsIn(emptied)];
    if (shown.length === 0) continue;
    const columns = shown.map((column) =>
      table === 'notifications' && column === 'params'
        ? sql.fragment`params - ${sql.array(SECRETS, 'text')} as params`
        : name(column),
    );
    const rows = await db.anyFirst(sql.type(row)`
      select to_jsonb(shown) as row from (
        select ${sql.join(columns, sql.fragment`, `)} from ${name(table)} where ${ownRowsOf(table, who)}) as shown`);
    if (rows.length > 0) found[table] = [...rows];
  }
  return found;
}
