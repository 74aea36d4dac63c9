import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const change = z.object({
  topic: z.string(),
  /** Of the topic `days`: business days, both inclusive. */
  from_day: z.string().nullable(),
  to_day: z.string().nullable(),
  actor: z.string().nullable(),
  /** The latest transaction that caused it. */
  xid: z.int(),
  /** Committed since `seen`. */
  is_new: z.boolean(),
});
export type Change = z.output<typeof change>;

const look = z.object({
  /** What this look has seen: give it to the next one. */
  seen: z.string(),
  /** Every transaction before this one is over and was seen: whoever was told so far may come back with it. */
  upto: z.int(),
  /** The first transaction that has not begun yet. */
  next: z.int(),
  /** Changes up to this transaction may be deleted. */
  forgotten: z.int(),
  changes: z.array(change),
});
export type Look = z.output<typeof look>;

/**
 * Changes that were committed after `seen` was looked at, each exactly once however late and in whatever order transactions commit: a
 * change is new when its transaction is not visible in `seen`. Beside them those of transactions from `since` on. Days are of `zone`.
 * @param seen of the look before; null: this is the first one, nothing is new
 * @param since a transaction, as `upto` of a look; null: none
 */
export const lookForChanges = (db: Sql, { seen, since, zone }: { seen: string | null; since: number | null; zone: string }) =>
  db.one(sql.prepared('look_for_changes', look)`
    with asked as (
      select coalesce(${seen}::text::pg_snapshot, pg_current_snapshot()) as seen, ${since === null ? null : String(since)}::text::xid8 as since
    ), fresh as (
      select topic, (from_at at time zone ${zone})::date::text as from_day,
        ((to_at - interval '1 microsecond') at time zone ${zone})::date::text as to_day,
        actor, max(xid::text::bigint) as xid, bool_or(not pg_visible_in_snapshot(xid, asked.seen)) as is_new
      from asked, changes
      where xid >= (select least(pg_snapshot_xmin(seen), since) from asked) and xid < pg_snapshot_xmax(pg_current_snapshot())
      group by 1, 2, 3, 4
    )
    select pg_current_snapshot()::text as seen, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as upto,
      pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next, (select upto::text::bigint from changes_forgotten) as forgotten,
      coalesce((select jsonb_agg(to_jsonb(fresh)) from fresh where is_new or xid >= (select since::text::bigint from asked)), '[]') as changes`);

const forgotten = z.object({ rows: z.int(), after: z.int().nullable() });

/**
 * Deletes the next changes that are older than an hour by the database's clock, and notes how far they are gone.
 * @param after a transaction, where the batch before ended
 */
export const forgetChanges = (transaction: Sql, { after, size }: { after: number | null; size: number }) =>
  transaction.one(sql.type(forgotten)`
    with old as materialized (
      select ctid as place, xid from changes
      where xid >= ${String(after ?? 0)}::text::xid8 and at < now() - interval '1 hour'
      order by xid limit ${size} for update skip locked
    ), gone as (
      delete from changes where ctid = any(array(select place from old)) returning xid::text::bigint as xid
    ), noted as (
      update changes_forgotten set upto = greatest(upto, (select max(xid) from gone)::text::xid8)
      where exists (select from gone)
    )
    select count(*)::int as rows, max(xid) as after from gone`);
