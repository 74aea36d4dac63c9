import type pg from 'pg';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const count = z.object({ count: z.int() });

/** What an error of a skipped message and the reason of a skipped tick say. */
export const RESTORED = 'restored';

/** What waited to be sent when the backup was made has been sent since, or is of no use any more: nothing of it leaves (R35). */
export const skipWaitingMessages = (transaction: Sql) =>
  transaction.oneFirst(sql.type(count)`
    with skipped as (
      update notifications set status = 'skipped', error = ${RESTORED}, in_line = false where status = 'pending' returning 1
    ), told as (
      update schedule_changes set told_at = coalesce(told_at, now()), people_told_at = coalesce(people_told_at, now())
      where told_at is null or people_told_at is null
    )
    select count(*)::int as count from skipped`);

/**
 * Ends every session, and what opens one: links and codes that were used since would be unused again, and a token for programs is
 * signed by another secret from now on. Returns how many sessions there were.
 */
export const endSessions = (transaction: Sql) =>
  transaction.oneFirst(sql.type(count)`
    with ended as (
      delete from sessions returning 1
    ), links as (
      delete from sign_in_links
    ), telegram as (
      delete from telegram_links
    ), confirmations as (
      delete from bot_confirmations
    ), registering as (
      delete from registrations
    ), tickets as (
      delete from live_tickets
    ), secrets as (
      -- Browsers that subscribed hear from this key alone.
      delete from signing_secrets where name <> 'vapid'
    ), leases_of_the_dead as (
      delete from leases
    ), seen as (
      delete from worker_beats
    )
    select count(*)::int as count from ended`);

/** Remembers a restore. */
export const noteRestore = (
  transaction: Sql,
  {
    file,
    point,
    messages,
    ticks,
    sessions,
  }: { file: string; point: string | null; messages: number; ticks: number; sessions: number },
) =>
  transaction.query(sql.unsafe`
    insert into restores (file, point_at, messages_skipped, ticks_skipped, sessions_ended)
    values (${file}, ${point}::timestamptz, ${messages}, ${ticks}, ${sessions})`);

/** Empties the queues that lie in the database; the scheduler enqueues every open run again. */
export async function emptyQueues(client: pg.Client) {
  const { rows } = await client.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = 'bullmq' and tablename not like '%migration%'`);
  if (rows.length > 0) await client.query(`truncate ${rows.map(({ name }) => name).join(', ')} cascade`);
}
