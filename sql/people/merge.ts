import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { references } from './merge-decisions.ts';
import type { Pair } from './merge-obstacles.ts';
import { type MergeAct, rowByRow } from './merge-rows.ts';

export const mergeRow = z.object({
  merged_id: z.int(),
  kept_id: z.int(),
  merged_at: z.iso.datetime(),
  merged_by: z.string(),
  balance_minor: z.int().meta({ description: 'what the wallet of the one who goes handed over' }),
  counts: z.record(z.string(), z.int()).meta({ description: 'rows that moved, by table' }),
});
export type Merge = z.output<typeof mergeRow>;

/** The act by which somebody was merged, or null. */
export const findMerge = (db: Sql, mergedId: number): Promise<Merge | null> =>
  db.maybeOne(sql.type(mergeRow)`
    select merged_id, kept_id, merged_at, merged_by, balance_minor, counts from merges where merged_id = ${mergedId}`);

/** Who somebody is now; the id itself where there is no such person, or they are who they were. */
export const whoIsNow = (db: Sql, id: number): Promise<number> =>
  db.oneFirst(sql.type(z.object({ id: z.int() }))`
    select coalesce((select merged_into from users where users.id = asked), asked) as id from (values (${id}::int)) as given (asked)`);

/**
 * Locks both people and what is theirs, in the order of the house and of ids (students, trainings, bookings, payments, wallets, people),
 * until the transaction ends. Whoever writes for one of them has ended before, or waits and is refused what was read (`person_is_merged`).
 */
export async function lockForMerging(transaction: Sql, { keptId, mergedId }: Pair) {
  const both = sql.array([keptId, mergedId], 'int4');
  await transaction.query(sql.unsafe`set local statement_timeout = '10min'`);
  // A night's chunk, or another merging, may hold them for longer than a request usually waits.
  await transaction.query(sql.unsafe`set local lock_timeout = '20s'`);
  await transaction.query(sql.unsafe`
    select from students where id = any(${both}) or payer_id = ${mergedId} order by id for update`);
  await transaction.query(sql.unsafe`
    select from real_trainings where id in (select real_training_id from real_training_students where student_id = ${mergedId})
    order by id for no key update`);
  await transaction.query(
    sql.unsafe`select from bookings where client_id = any(${both}) or payer_id = ${mergedId} order by id for update`,
  );
  await transaction.query(sql.unsafe`select from payments where payer_id = ${mergedId} order by id for update`);
  await transaction.query(sql.unsafe`select from wallets where user_id = any(${both}) order by user_id for update`);
  await transaction.query(sql.unsafe`
    select from users where id = any(${both}) or merged_into = ${mergedId} order by id for update`);
}

const name = (words: string) => sql.identifier([words]);

/** Takes the rows of one reference to whom they belong from now on. Returns how many moved. */
async function take(transaction: Sql, reference: string, merging: MergeAct): Promise<number> {
  const decision = references[reference]!;
  const [table, column] = reference.split('.') as [string, string];
  const { keptId, mergedId } = merging;
  const theirs = sql.fragment`row.${name(column)} = ${mergedId}`;
  switch (decision.what) {
    case 'moves':
      return (await transaction.query(sql.unsafe`update ${name(table)} row set ${name(column)} = ${keptId} where ${theirs}`))
        .rowCount;
    case 'goes':
      await transaction.query(sql.unsafe`delete from ${name(table)} row where ${theirs}`);
      return 0;
    case 'moves_alone': {
      const alike = decision.alike.map((also) => sql.fragment`own.${name(also)} = row.${name(also)}`);
      const { rowCount } = await transaction.query(sql.unsafe`
        update ${name(table)} row set ${name(column)} = ${keptId} where ${theirs} and not exists (
          select from ${name(table)} own where ${sql.join([sql.fragment`own.${name(column)} = ${keptId}`, ...alike], sql.fragment` and `)})`);
      if (decision.otherwise === 'goes') await transaction.query(sql.unsafe`delete from ${name(table)} row where ${theirs}`);
      return rowCount;
    }
    case 'carried':
    case 'by_hand':
      return (await rowByRow[reference]?.(transaction, merging)) ?? 0;
    default:
      return 0;
  }
}

/**
 * Merges one person into another. They are locked ({@link lockForMerging}), and nothing stands against it. What may move moves, the past
 * included; the ledgers are not rewritten: the wallet's balance is handed over by a pair of entries whose sum is nothing, belts are
 * awarded anew and voided there. The closed record keeps its name, and a phone or e-mail that the kept one has another of.
 */
export async function mergePeople(transaction: Sql, merging: MergeAct): Promise<Merge> {
  const { keptId, mergedId, by, now } = merging;
  const counts: Record<string, number> = {};
  for (const reference of Object.keys(references)) {
    const table = reference.split('.')[0] as string;
    const count = await take(transaction, reference, merging);
    if (count > 0) counts[table] = (counts[table] ?? 0) + count;
  }
  await closeRecord(transaction, merging);
  return transaction.one(sql.type(mergeRow)`
    insert into merges (merged_id, kept_id, merged_at, merged_by, balance_minor, counts)
    values (${mergedId}, ${keptId}, ${now}::timestamptz, ${by}, coalesce((
        select -amount_minor from wallet_transactions where user_id = ${mergedId} and kind = 'merge' order by id desc limit 1), 0),
      ${sql.jsonb(counts)})
    returning merged_id, kept_id, merged_at, merged_by, balance_minor, counts`);
}

/**
 * Gives the kept record what it lacks of the other one, which is closed. Whoever works here takes over nothing by which they are reached or
 * sign in (D46).
 */
async function closeRecord(transaction: Sql, { keptId, mergedId, keeps }: MergeAct) {
  const other = z.object({
    phone: z.string().nullable(),
    email: z.string().nullable(),
    telegram_id: z.int().nullable(),
    telegram_username: z.string().nullable(),
    login: z.string().nullable(),
  });
  const was = await transaction.one(sql.type(other)`
    select phone, email, telegram_id, telegram_username, login from users where id = ${mergedId}`);
  const own = await transaction.one(sql.type(other)`
    select phone, email, telegram_id, telegram_username, login from users where id = ${keptId}`);
  const isTaken = (mine: string | null, theirs: string | null) =>
    mine === null ? !keeps.staff : mine.toLowerCase() === theirs?.toLowerCase();
  await transaction.query(sql.unsafe`
    update users set telegram_id = null, telegram_username = null, login = null, is_active = false,
      phone = case when ${isTaken(own.phone, was.phone)} then null else phone end,
      email = case when ${isTaken(own.email, was.email)} then null else email end
    where id = ${mergedId}`);
  const chat = keeps.chat === 'own' || keeps.staff ? own : was;
  const login = keeps.staff ? own.login : keeps.signIn === 'own' ? (own.login ?? was.login) : (was.login ?? own.login);
  await transaction.query(sql.unsafe`
    update users kept set
      phone = ${keeps.staff ? own.phone : (own.phone ?? was.phone)}, email = ${keeps.staff ? own.email : (own.email ?? was.email)},
      telegram_id = ${chat.telegram_id}::bigint, telegram_username = ${chat.telegram_username}, login = ${login},
      birth_date = coalesce(kept.birth_date, other.birth_date), gender = coalesce(kept.gender, other.gender),
      locale = coalesce(kept.locale, other.locale), payment_method = coalesce(kept.payment_method, other.payment_method),
      quiet_from = case when kept.quiet_from is null then other.quiet_from else kept.quiet_from end,
      quiet_until = case when kept.quiet_from is null then other.quiet_until else kept.quiet_until end,
      notes = case when kept.notes is null or other.notes is null or kept.notes = other.notes then coalesce(kept.notes, other.notes)
        else left(kept.notes || E'\n' || other.notes, 5000) end,
      is_active = kept.is_active or ${keeps.active}
    from users other where kept.id = ${keptId} and other.id = ${mergedId}`);
  await transaction.query(sql.unsafe`update users set merged_into = ${keptId} where id = ${mergedId}`);
}
