import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { forgetParts } from '../exports/parts.ts';
import { dataTaskKinds } from '../tasks/data-requests.ts';
import { anyOf, wordsNaming } from './naming.ts';
import { columnsIn, emptiedIn, personTables, searched } from './own-columns.ts';
import { idsOf, type KnownByWords, ownRowsOf } from './own-data.ts';

export const erasureObstacleKinds = [
  'works_here',
  'pays_for_others',
  'balance',
  'debts',
  'subscriptions',
  'packages',
  'trainings_ahead',
  'bookings_ahead',
  'open_requests',
] as const;
export const erasureObstacle = z.object({ kind: z.enum(erasureObstacleKinds), count: z.int(), amount_minor: z.int().nullable() });
export type ErasureObstacle = z.output<typeof erasureObstacle>;

/** Locks somebody, what they pay with, and whoever would begin anything for them, until the transaction ends. */
export async function lockForErasure(transaction: Sql, id: number) {
  await transaction.query(sql.unsafe`set local statement_timeout = '10min'`);
  await transaction.query(sql.unsafe`select from students where id = any(who_were(${id})) order by id for update`);
  await transaction.query(sql.unsafe`select from wallets where user_id = any(who_were(${id})) order by user_id for update`);
  await transaction.query(sql.unsafe`select from users where id = any(who_were(${id})) order by id for update`);
}

/** What stands against an erasure (R31). */
export const erasureObstacles = (db: Sql, id: number, now: string) =>
  db.any(sql.type(erasureObstacle)`
    select kind, count::int, amount_minor::int8 from (
      select 'works_here' as kind, count(*), null::int8 as amount_minor, 1 as place from user_roles where user_id = ${id} and role <> 'client'
      union all
      select 'pays_for_others', count(*), null, 2 from students where payer_id = ${id} and id <> ${id}
      union all
      select 'balance', count(*), sum(balance_minor)::int8, 3 from wallets where user_id = ${id} and balance_minor <> 0
      union all
      select 'debts', count(*), sum(amount_minor)::int8, 4 from invoices
      where (payer_id = ${id} or student_id = ${id}) and status in ('UNPAID', 'PENDING')
      union all
      select 'subscriptions', count(*), null, 5 from student_subscriptions where student_id = ${id} and status in ('active', 'frozen')
      union all
      select 'packages', count(*), null, 6 from client_packages where client_id = ${id} and status = 'active'
      union all
      select 'trainings_ahead', count(*), null, 7 from real_training_students seat
      join real_trainings training on training.id = real_training_id
      where student_id = ${id} and seat.status in ('REGISTERED', 'WAITLIST') and training.status = 'scheduled'
      union all
      select 'bookings_ahead', count(*), null, 8 from bookings where client_id = ${id} and status in ('PENDING', 'CONFIRMED')
        and (held_until is null or held_until > ${now}::timestamptz)
      union all
      select 'open_requests', count(*), null, 9 from finance_requests where student_id = ${id} and status = 'open'
    ) as against where count > 0 order by place`);

const name = (words: string) => sql.identifier([words]);
const columnOf = z.object({ type: z.string() });

function becomes(column: string, word: string | undefined, id: number): FragmentSqlToken {
  if (word === undefined) return sql.fragment`null`;
  if (word === '-?') return sql.fragment`case when ${name(column)} is not null then '-' end`;
  if (word === '#') return sql.fragment`${`#${id}`}`;
  if (word === '""') return sql.fragment`''`;
  if (word === 'false') return sql.fragment`false`;
  return word === '-' ? sql.fragment`'-'` : sql.fragment`${word}::jsonb`;
}

/** Empties or deletes the rows of one table that are somebody's. Returns how many. */
async function eraseRows(transaction: Sql, table: string, who: KnownByWords): Promise<number> {
  const { emptied, isDeleted, logged } = personTables[table]!;
  const mine = ownRowsOf(table, who);
  if (isDeleted) return (await transaction.query(sql.unsafe`delete from ${name(table)} where ${mine}`)).rowCount;
  if (!emptied) return 0;
  const sets = emptiedIn(emptied).map(([column, word]) => sql.fragment`${name(column)} = ${becomes(column, word, who.id)}`);
  const holds = emptiedIn(emptied).map(
    ([column, word]) => sql.fragment`${name(column)} is distinct from ${becomes(column, word, who.id)}`,
  );
  const { rowCount } = await transaction.query(sql.unsafe`
    update ${name(table)} set ${sql.join(sets, sql.fragment`, `)} where ${mine} and (${sql.join(holds, sql.fragment` or `)})`);
  // The log has just been told what the words were.
  if (logged) {
    const columns = sql.array(columnsIn(emptied), 'text');
    await transaction.query(sql.unsafe`
      update changes_log set before = before - ${columns}, after = after - ${columns}
      where record = ${logged} and record_id in (select id from ${name(table)} where ${mine})`);
  }
  return rowCount;
}

/** One expression that finds each of these words, wherever they stand alone, as text and as JSON writes it. */
const aloneOf = (words: readonly string[]) =>
  `(?<![[:alnum:]])${anyOf(words.flatMap((word) => [word, JSON.stringify(word).slice(1, -1)]))}(?![[:alnum:]])`;

/** Replaces what names somebody in others' rows and in the fleet's own. Returns how many rows said it. */
async function replaceWords(transaction: Sql, table: string, who: KnownByWords): Promise<number> {
  const words = wordsNaming(who);
  const numbers = who.telegram_id === null ? [] : [String(who.telegram_id)];
  let count = 0;
  for (const column of columnsIn(searched[table])) {
    const type = await transaction.oneFirst(sql.type(columnOf)`
      select format_type(atttypid, null) as type from pg_attribute where attrelid = ${table}::regclass and attname = ${column}`);
    for (const [found, instead] of [
      [words, `#${who.id}`],
      [numbers, '0'],
    ] as const) {
      if (found.length === 0) continue;
      const pattern = aloneOf(found);
      const { rowCount } = await transaction.query(sql.unsafe`
        update ${name(table)} set ${name(column)} = regexp_replace(${name(column)}::text, ${pattern}, ${instead}, 'gi')::${castOf(type)}
        where ${name(column)}::text ~* ${pattern}`);
      count += rowCount;
    }
  }
  return count;
}
const castOf = (type: string) => name(['json', 'jsonb'].includes(type) ? type : 'text');

/**
 * Erases what is kept of somebody but numbers, days and money (R31). They are locked ({@link lockForErasure}).
 * Returns how many rows changed, by table.
 */
export async function erasePerson(transaction: Sql, who: KnownByWords): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (table: string, count: number) => {
    if (count > 0) counts[table] = (counts[table] ?? 0) + count;
  };
  const last = 'changes_log';
  const numbers = sql.array(idsOf(who), 'int4');
  await transaction.query(sql.unsafe`
    delete from imports where confirmed_at is null and exists (
      select from import_rows where import_id = imports.id and person_id = any(${numbers}))`);
  await forgetParts(transaction);
  await transaction.query(sql.unsafe`
    update group_members set to_date = greatest(from_date, current_date - 1) where student_id = any(${numbers}) and coalesce(to_date >= current_date, true)`);
  for (const table of Object.keys(personTables)) if (table !== last) add(table, await eraseRows(transaction, table, who));
  await transaction.query(sql.unsafe`
    update changes_log set before = case when before is not null then '{}'::jsonb end, after = case when after is not null then '{}'::jsonb end
    where ${ownRowsOf(last, who)}`);
  for (const table of Object.keys(searched)) add(table, await replaceWords(transaction, table, who));
  await transaction.query(sql.unsafe`
    update admin_tasks set done_at = now(), done_by = 'erasure'
    where kind = any(${sql.array([...dataTaskKinds], 'text')}) and done_at is null and (user_id = any(${numbers})
      or dedupe_key like any(${sql.array(
        idsOf(who).map((id) => `erase_person:${id}:%`),
        'text',
      )}))`);
  return counts;
}
