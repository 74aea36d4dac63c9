import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays, type Day } from '../../queues/time/calendar.ts';
import { syncFolder } from '../../sql/database/archive-wal.ts';
import { walDir } from '../../sql/database/archiving.ts';
import { isArchived, listManifests, type Manifest, removeBackup } from './files.ts';

const KEPT_DAYS = 30;
const ARCHIVED_DAYS = 365;
const VERIFIED = 3;

type Kept = Pick<Manifest, 'file' | 'day' | 'verified_at' | 'wal' | 'started_at'>;

/**
 * What may go once there is a newer backup (R34): older than 30 days, those of Sundays than a year, but never the newest, nor the
 * three that were verified last.
 * @param backups complete ones, oldest first
 */
export function backupsToDelete<B extends Kept>(backups: readonly B[], today: Day): B[] {
  const verified = backups.filter((backup) => backup.verified_at !== null).slice(-VERIFIED);
  return backups
    .slice(0, -1)
    .filter(({ file, day }) => day < addDays(today, -(isArchived(file) ? ARCHIVED_DAYS : KEPT_DAYS)))
    .filter((backup) => !verified.includes(backup));
}

/**
 * The first file of each server's log that is still of use: what its oldest base backup of the last 30 days goes on from, or, where it
 * has none so young, the newest of all. Null: nothing of a log is. Older backups carry with them what of the log they need.
 */
export function firstWalToKeep(backups: readonly Kept[], today: Day): Map<string, string | null> {
  const bases = backups.flatMap(({ wal, day }) => (wal ? [{ ...wal, day }] : []));
  const firsts = [...Map.groupBy(bases, ({ system }) => system)].map(([system, own]): [string, string | null] => {
    const young = own.find(({ day }) => day >= addDays(today, -KEPT_DAYS));
    const newest = own.at(-1) === bases.at(-1) ? bases.at(-1) : undefined;
    return [system, (young ?? newest)?.first ?? null];
  });
  return new Map(firsts);
}

/** Deletes old backups, and of the log what is older than any that is kept. Call it after a success only. Returns how many went. */
export async function prune(backupDir: string, today: Day): Promise<{ backups_deleted: number; wal_deleted: number }> {
  const all = await listManifests(backupDir);
  const old = backupsToDelete(all, today);
  const firsts = new Map([
    // Of a server all of whose backups go, so does the log.
    ...old.flatMap(({ wal }) => (wal ? [[wal.system, null] as const] : [])),
    ...firstWalToKeep(
      all.filter((backup) => !old.includes(backup)),
      today,
    ),
  ]);
  for (const { file } of old) await removeBackup(backupDir, file);
  let wal_deleted = 0;
  for (const [system, first] of firsts) wal_deleted += await pruneWal(walDir(backupDir, system), first);
  return { backups_deleted: old.length, wal_deleted };
}

const WAL = /^[0-9A-F]{8}([0-9A-F]{16})(\.[0-9A-F]{8}\.backup)?\.gz$/;

/** Deletes the files of a log before one, on whatever timeline. Histories of timelines stay: they are small, and tell restores apart. */
async function pruneWal(folder: string, first: string | null): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const old = names.filter((name) => {
    const place = WAL.exec(name)?.[1];
    return place !== undefined && (first === null || place < first.slice(8));
  });
  for (const name of old) await rm(join(folder, name));
  if (old.length > 0) await syncFolder(folder);
  return old.length;
}
