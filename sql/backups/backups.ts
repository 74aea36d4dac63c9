import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const instant = z.iso.datetime();
const nullableInstant = instant.nullable();

export const backupRow = z.object({
  id: z.int(),
  kind: z.enum(['base', 'dump']),
  file: z.string(),
  started_at: instant,
  finished_at: nullableInstant,
  bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  schema_version: z.int().nullable(),
  /** In all its tables. */
  rows: z.int().nullable(),
  verified_at: nullableInstant,
  /** Since when it lies elsewhere as well: in `BACKUP_COPY_DIR`, or in the bucket of `BACKUP_COPY_URL`. */
  copied_at: nullableInstant,
  error: z.string().nullable(),
  deleted_at: nullableInstant,
});
const columns = sql.fragment`
  id, kind, file, started_at, finished_at, bytes, sha256, schema_version, verified_at, copied_at, error, deleted_at,
  (select sum(count::bigint)::int from jsonb_each_text(row_counts) as counted (name, count)) as rows`;

export type BackupKind = z.output<typeof backupRow>['kind'];
/** What is known of a backup once it is complete. */
export type Described = {
  kind: BackupKind;
  file: string;
  started_at: string;
  finished_at: string;
  bytes: number;
  sha256: string;
  schema_version: number;
  row_counts: Record<string, number>;
  verified_at: string | null;
};

/** Notes that a backup begins. Those that began before and never ended were interrupted: only one is made at a time. */
export const beginBackup = (db: Sql, kind: BackupKind, file: string, at: string) =>
  db.query(sql.unsafe`
    with interrupted as (
      update backups set error = 'interrupted' where finished_at is null and error is null
    )
    insert into backups (kind, file, started_at) values (${kind}, ${file}, ${at}::timestamptz)`);

/** Notes why a backup is not complete. */
export const noteBackupFailed = (db: Sql, file: string, error: string) =>
  db.query(sql.unsafe`update backups set error = ${error} where file = ${file} and finished_at is null`);

/**
 * Brings the rows up to what lies in the folder: complete backups are described, also those a restored table knows nothing of; of the
 * others that were complete the file is gone.
 */
export const describeBackups = (db: Sql, described: readonly Described[]) =>
  db.query(sql.unsafe`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(described)}::jsonb) as given (
        kind text, file text, started_at timestamptz, finished_at timestamptz, bytes bigint, sha256 text, schema_version integer,
        row_counts jsonb, verified_at timestamptz)
    ), gone as (
      update backups set deleted_at = now()
      where finished_at is not null and deleted_at is null and file not in (select file from given)
    )
    insert into backups (kind, file, started_at, finished_at, bytes, sha256, schema_version, row_counts, verified_at)
    select kind, file, started_at, finished_at, bytes, sha256, schema_version, row_counts, verified_at from given
    on conflict (file) do update set
      finished_at = excluded.finished_at, bytes = excluded.bytes, sha256 = excluded.sha256, error = null, deleted_at = null,
      schema_version = excluded.schema_version, row_counts = excluded.row_counts,
      verified_at = coalesce(excluded.verified_at, backups.verified_at)`);

/** Backups, newest first, before an id. */
export const listBackups = (db: Sql, { before, limit }: { before?: number; limit: number }) =>
  db.any(sql.type(backupRow)`
    select ${columns} from backups where ${before ?? null}::int is null or id < ${before ?? null} order by id desc limit ${limit}`);

const backupState = z.object({
  /** Of the newest complete one. */
  finished_at: nullableInstant,
  bytes: z.int().nullable(),
  /** When the newest one that lies elsewhere as well was copied there. */
  copied_at: nullableInstant,
  /** When the oldest one ended that is not there, though it is newer than those that are; null where there is none. */
  uncopied_since: nullableInstant,
  verified_at: nullableInstant,
  /** Since when backups are made here: one is missed from then on. */
  since: nullableInstant,
  /** Why the latest run of each process ended in an error; null where it did not. */
  backup_error: z.string().nullable(),
  verify_error: z.string().nullable(),
});

export type BackupsStand = z.output<typeof backupState>;

const latestError = (process: string) => sql.fragment`
  (select case when status = 'error' then coalesce(error_message, '') end from automated_process_history
   where process_type = ${process} and status in ('success', 'partial', 'error') order by id desc limit 1)`;

/** How the backups stand: when the newest complete and the newest verified one ended, and what the latest runs failed of. */
export const backupsStand = (db: Sql) =>
  db.one(sql.type(backupState)`
    select newest.finished_at, newest.bytes,
      (select max(copied_at) from backups) as copied_at,
      (select min(finished_at) from backups
       where copied_at is null and deleted_at is null
         and finished_at > coalesce((select max(finished_at) from backups where copied_at is not null), '-infinity')) as uncopied_since,
      (select max(verified_at) from backups) as verified_at,
      (select known_since from schedules where name = 'backup') as since,
      ${latestError('backup')} as backup_error, ${latestError('verify_backup')} as verify_error
    from (values (1)) as one (row)
    left join lateral (select finished_at, bytes from backups where finished_at is not null order by finished_at desc limit 1) newest on true`);
