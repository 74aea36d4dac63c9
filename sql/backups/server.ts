import type pg from 'pg';
import { keepsLogIn, walDir } from '../database/archiving.ts';
import { PrimaryClient } from '../database/hosts.ts';

/** One backup, verification or restore of a server at a time. */
const LOCK = 7_382_916;

/** A connection for a backup: nothing of it is cut short by limits that are for requests. */
export async function connectForBackup(url: string): Promise<pg.Client> {
  const client = new PrimaryClient({
    connectionString: url,
    application_name: 'studio-fleet backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`set statement_timeout = 0; set lock_timeout = '60s'; set idle_in_transaction_session_timeout = 0`);
  return client;
}

/** False while somebody else makes a backup of this database. The lock ends with the connection. */
export async function lockBackups(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [LOCK]);
  return rows[0]?.locked === true;
}

/** What a server says of itself. */
export async function serverVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>(`select current_setting('server_version_num')::int as version`);
  return Math.floor((rows[0]?.version ?? 0) / 10_000);
}

/** Where in the folder of backups the server keeps its write-ahead log; null where it was started without, or with another folder. */
export async function archivesTo(
  client: pg.Client,
  backupDir: string,
  keyFile: string | undefined,
): Promise<{ system: string; folder: string } | null> {
  const { rows } = await client.query<{ mode: string; command: string; system: string }>(
    `select current_setting('archive_mode') as mode, current_setting('archive_command') as command, system_identifier::text as system
     from pg_control_system()`,
  );
  const { mode = 'off', command = '', system = '' } = rows[0] ?? {};
  const folder = walDir(backupDir, system);
  return mode !== 'off' && keepsLogIn(command, folder, keyFile) ? { system, folder } : null;
}

/** Begins a base backup. Returns the file of the log that a recovery begins with, and how large such files are. */
export async function startBase(client: pg.Client, label: string) {
  const { rows } = await client.query<{ wal: string; size: number; data: string }>(
    `select pg_walfile_name(pg_backup_start($1, true)) as wal, current_setting('data_directory') as data,
      (select setting::int from pg_settings where name = 'wal_segment_size') as size`,
    [label],
  );
  return rows[0] as { wal: string; size: number; data: string };
}

/** Ends a base backup. Returns what is to lie in it as `backup_label`. */
export async function stopBase(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ labelfile: string; spcmapfile: string }>('select * from pg_backup_stop(false)');
  if (rows[0]?.spcmapfile) throw new Error('the database has tablespaces, which a base backup of ours does not carry');
  return rows[0]?.labelfile ?? '';
}

/** Closes the file of the log that is written now, so that it is archived. Returns its name. */
export async function closeWal(client: pg.Client, label: string): Promise<string> {
  const { rows } = await client.query<{ wal: string }>(`select pg_walfile_name(pg_create_restore_point($1)) as wal`, [label]);
  await client.query('select pg_switch_wal()');
  return rows[0]?.wal ?? '';
}

/** How many files of the log the archiver has kept since its figures were begun. */
export async function archivedSoFar(client: Pick<pg.Client, 'query'>): Promise<number> {
  const { rows } = await client.query<{ kept: string }>('select archived_count as kept from pg_stat_archiver');
  return Number(rows[0]?.kept);
}

/** Why nothing is archived: the file that could not be, and since when. */
export async function archiverTrouble(client: Pick<pg.Client, 'query'>): Promise<string> {
  const { rows } = await client.query<{ file: string | null; at: Date | null }>(
    `select last_failed_wal as file, last_failed_time as at from pg_stat_archiver
     where last_failed_time > coalesce(last_archived_time, '-infinity')`,
  );
  return rows[0]?.file
    ? `${rows[0].file} could not be archived at ${rows[0].at?.toISOString()}; the server's log says why`
    : 'the archiver is slow';
}

/** Begins the snapshot of a dump. It lasts until the transaction ends. */
export async function exportSnapshot(client: pg.Client): Promise<string> {
  await client.query('begin isolation level repeatable read read only');
  const { rows } = await client.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  return rows[0]?.snapshot ?? '';
}

/** True where a database has no tables of anybody's. */
export async function isEmptyDatabase(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ empty: boolean }>(`
    select not exists (
      select from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p', 'v', 'm', 'f') and nspname not in ('pg_catalog', 'information_schema') and nspname not like 'pg_toast%'
    ) as empty`);
  return rows[0]?.empty === true;
}
