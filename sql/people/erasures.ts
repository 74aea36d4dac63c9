import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** The act: that a number was erased, when and by whom; nothing of who it was. */
export const erasureRow = z.object({
  user_id: z.int(),
  erased_at: z.iso.datetime(),
  erased_by: z.string(),
  counts: z.record(z.string(), z.int()),
});
export type Erasure = z.output<typeof erasureRow>;
/** As it is written down outside the database. */
export const filedErasure = z.object({
  user_id: z.int().positive(),
  known_since: z.iso.datetime(),
  erased_at: z.iso.datetime(),
  erased_by: z.string(),
});
export type FiledErasure = z.output<typeof filedErasure>;

export const findErasure = (db: Sql, userId: number): Promise<Erasure | null> =>
  db.maybeOne(sql.type(erasureRow)`select user_id, erased_at, erased_by, counts from erasures where user_id = ${userId}`);

/** Acts, the latest first, after one of them. */
export const listErasures = (db: Sql, of: { after: readonly [string, number] | undefined; limit: number }) =>
  db.any(sql.type(erasureRow)`
    select user_id, erased_at, erased_by, counts from erasures
    where ${of.after === undefined ? sql.fragment`true` : sql.fragment`(date_trunc('milliseconds', erased_at), user_id) < (${of.after[0]}::timestamptz, ${of.after[1]})`}
    order by date_trunc('milliseconds', erased_at) desc, user_id desc limit ${of.limit}`);

const erasedLine = z.object({
  at: z.iso.datetime(),
  actor: z.string(),
  record: z.string(),
  record_id: z.int(),
  action: z.string(),
});
/** What the log of changes says of an erasure: that rows were changed and deleted, not what stood in them. */
export type ErasedLine = z.output<typeof erasedLine>;

/**
 * The first lines that an erasure's transaction wrote into the log of changes, and how many there are. One that was done again after a
 * restore wrote them when it was filed: it was at once.
 */
export async function linesOfErasure(db: Sql, userId: number, limit: number): Promise<{ lines: ErasedLine[]; count: number }> {
  const found = await db.any(sql.type(erasedLine.extend({ count: z.int() }))`
    select log.at, actor, record, record_id, action, (count(*) over ())::int as count
    from erasures join changes_log log on log.at in (erased_at, filed_at)
    where user_id = ${userId} order by log.id limit ${limit}`);
  return { lines: found.map(({ count: _count, ...line }) => line), count: found[0]?.count ?? 0 };
}

/** Keeps the act of an erasure; of one that is done again after a restore with the instant it had, and as filed already. */
export const noteErasure = (
  transaction: Sql,
  act: { userId: number; by: string; counts: Record<string, number>; at?: string },
): Promise<Erasure> =>
  transaction.one(sql.type(erasureRow)`
    insert into erasures (user_id, known_since, erased_at, erased_by, counts, filed_at)
    select id, created_at, coalesce(${act.at ?? null}::timestamptz, now()), ${act.by}, ${sql.jsonb(act.counts)},
      case when ${act.at !== undefined} then now() end
    from users where id = ${act.userId}
    returning user_id, erased_at, erased_by, counts`);

/** Acts that lie in the database alone, locked for whoever files them; what another one files just now is left out. */
export const erasuresToFile = (transaction: Sql) =>
  transaction.any(sql.type(filedErasure)`
    select user_id, known_since, erased_at, erased_by from erasures where filed_at is null order by erased_at for update skip locked`);

export const markFiled = (transaction: Sql, userIds: readonly number[]) =>
  transaction.query(sql.unsafe`update erasures set filed_at = now() where user_id = any(${sql.array([...userIds], 'int4')})`);

/** Whether a number is still the person an act is about, and was not erased again since. */
export const isStillKnown = (db: Sql, { user_id, known_since }: FiledErasure) =>
  db.exists(sql.unsafe`
    select from users where id = ${user_id} and date_trunc('milliseconds', created_at) = ${known_since}::timestamptz
      and not exists (select from erasures where user_id = users.id)`);
