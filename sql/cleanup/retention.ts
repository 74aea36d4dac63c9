import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const deleted = z.object({ rows: z.int(), after: z.iso.datetime().nullable() });
/** Rows deleted by a batch, and the time of the last one, where the next batch goes on. */
export type Deleted = z.output<typeof deleted>;

/** Which rows: older than `before`, from `after` on (both instants), at most `size`. */
export type Old = { before: string; after: string | null; size: number };

type Kept = {
  table: string;
  /** The column their age is read from; it has an index. */
  time: string;
  /** What holds for rows that may go. */
  over: ReturnType<typeof sql.fragment>;
};

/**
 * Deletes the next rows of a table that are old and over. The cursor spares the index entries that earlier batches have left
 * dead; rows that somebody holds are skipped, so that nobody is waited for, and go the next night.
 */
const deleteOld = (transaction: Sql, { table, time, over }: Kept, { before, after, size }: Old): Promise<Deleted> =>
  transaction.one(sql.type(deleted)`
    with old as materialized (
      select aged.ctid as place, ${sql.identifier([time])} as at from ${sql.identifier([table])} as aged
      where ${sql.identifier([time])} >= coalesce(${after}::timestamptz, '-infinity')
        and ${sql.identifier([time])} < ${before}::timestamptz and ${over}
      order by ${sql.identifier([time])} limit ${size} for update of aged skip locked
    ), gone as (
      delete from ${sql.identifier([table])} where ctid = any(array(select place from old)) returning 1
    )
    select count(*)::int as rows, (select max(at) from old) as after from gone`);

/** Messages that were sent, or never will be. Their dedupe keys go with them. */
export const deleteOldMessages = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'notifications', time: 'created_at', over: sql.fragment`status <> 'pending'` }, old);

/** Requests that were decided. */
export const deleteOldRequests = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'finance_requests', time: 'decided_at', over: sql.fragment`status <> 'open'` }, old);

/** Changes of the schedule that everybody has been told of. */
export const deleteOldChanges = (transaction: Sql, old: Old) =>
  deleteOld(
    transaction,
    {
      table: 'schedule_changes',
      time: 'changed_at',
      over: sql.fragment`told_at is not null and (people_told_at is not null or change not in ('moved', 'room', 'trainer'))`,
    },
    old,
  );

/** Changes that can no longer be taken back and from which everything has followed. */
export const deleteOldUndos = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'undos', time: 'made_at', over: sql.fragment`followed_at is not null` }, old);

/** Troubles that are over. One that comes back after that is reported as a new one. */
export const deleteOldAlerts = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'alerts', time: 'recovered_at', over: sql.fragment`true` }, old);

/** What was before, of people and all that concerns them. */
export const deleteOldLogged = (transaction: Sql, old: Old) =>
  deleteOld(
    transaction,
    // What something cost is kept for good: reports of old years ask for it.
    { table: 'changes_log', time: 'at', over: sql.fragment`not coalesce(after ? 'price_minor' and record <> 'training', false)` },
    old,
  );

/** What Telegram brought and was answered; Telegram itself forgets an update after a day. */
export const deleteOldUpdates = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'bot_updates', time: 'received_at', over: sql.fragment`done_at is not null` }, old);

/** Personal links that can no longer be opened. */
export const deleteOldLinks = (transaction: Sql, old: Old) =>
  deleteOld(
    transaction,
    {
      table: 'telegram_links',
      time: 'created_at',
      over: sql.fragment`(used_at is not null or revoked_at is not null or expires_at < now())`,
    },
    old,
  );

/** Changes of who may command the bot that everybody has been told of. */
export const deleteOldRightsChanges = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'rights_changes', time: 'changed_at', over: sql.fragment`told_at is not null` }, old);

/** Questions of the bot that were answered, or whose time is up. */
export const deleteOldConfirmations = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'bot_confirmations', time: 'expires_at', over: sql.fragment`true` }, old);

/** Sessions that are over. */
export const deleteOldSessions = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'sessions', time: 'expires_at', over: sql.fragment`true` }, old);

/** Links to sign in that are over, used or not. */
export const deleteOldSignInLinks = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'sign_in_links', time: 'expires_at', over: sql.fragment`true` }, old);

/** Failures that are forgotten. */
export const deleteOldFailures = (transaction: Sql, old: Old) =>
  deleteOld(
    transaction,
    { table: 'sign_in_failures', time: 'last_at', over: sql.fragment`last_at < now() - interval '15 minutes'` },
    old,
  );

/** What Telegram has signed and is too old to be shown again. */
export const deleteOldInitData = (transaction: Sql, old: Old) =>
  deleteOld(
    transaction,
    { table: 'used_init_data', time: 'used_at', over: sql.fragment`used_at < now() - interval '2 hours'` },
    old,
  );

/** Registrations that nobody has confirmed in time. */
export const deleteOldRegistrations = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'registrations', time: 'expires_at', over: sql.fragment`true` }, old);

/** Previews of spreadsheets whose time is over, with what the files said. */
export const deleteOldImports = (transaction: Sql, old: Old) =>
  deleteOld(transaction, { table: 'imports', time: 'expires_at', over: sql.fragment`true` }, old);

/**
 * Ticks whose run is over. The latest tick of a schedule stays however old it is: without it the scheduler would decide
 * the time before it anew.
 */
export const deleteOldTicks = (transaction: Sql, old: Old) =>
  deleteOld(
    transaction,
    {
      table: 'schedule_ticks',
      time: 'nominal_at',
      over: sql.fragment`exists (
          select from schedule_ticks later
          where later.schedule = aged.schedule and later.nominal_at > aged.nominal_at and later.nominal_at <= now())
        and not exists (
          select from automated_process_history run where run.id = aged.run_id and run.status in ('queued', 'running'))`,
    },
    old,
  );

/** Answers that no Idempotency-Key can call for any more, by the clock that judges them: the database's. */
export const deleteOldAnswers = (transaction: Sql, { after, size }: Omit<Old, 'before'>) =>
  transaction.one(sql.type(deleted)`
    with old as materialized (
      select ctid as place, created_at as at from idempotency_keys
      where created_at >= coalesce(${after}::timestamptz, '-infinity') and created_at < now() - interval '24 hours'
      order by created_at limit ${size} for update skip locked
    ), gone as (
      delete from idempotency_keys where ctid = any(array(select place from old)) returning 1
    )
    select count(*)::int as rows, (select max(at) from old) as after from gone`);
