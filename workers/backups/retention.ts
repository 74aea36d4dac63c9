import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays, type Day } from '../../queues/time/calendar.ts';
import { syncFolder } from '../../sql/database/archive-wal.ts';
import { walDir } from '../../sql/database/archiving.ts';
import { isArchived, listManifests, type Manifest, removeBackup } from './files.ts';

export const KEPT_DAYS = 30;
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
 * The first file of the log that is still of use: what the oldest base backup of the last 30 days goes on from, or, where there is none
 * so young, the newest. Older ones carry with them what of the log they need. Null where there is none at all.
 */
export function firstWalToKeep(backups: readonly Kept[], today: Day): string | null {
  const bases = backups.filter((backup) => backup.wal !== null);
  const young = bases.find(({ day }) => day >= addDays(today, -KEPT_DAYS)) ?? bases.at(-1);
  return young?.wal?.first ?? null;
}

/** Deletes old backups, and of the log what is older than any that is kept. Call it after a success only. Returns how many went. */
export async function prune(backupDir: string, today: Day): Promise<{ backups_deleted: number; wal_deleted: number }> {
  const all = await listManifests(backupDir);
  const old = backupsToDelete(all, today);
  for (const { file } of old) await removeBackup(backupDir, file);
  const first = firstWalToKeep(
    all.filter((backup) => !old.includes(backup)),
    today,
  );
  return { backups_deleted: old.length, wal_deleted: first === null ? 0 : await pruneWal(walDir(backupDir), first) };
}

const WAL = /^([0-9A-F]{8})([0-9A-F]{16})(\.[0-9A-F]{8}\.backup)?\.gz$/;

/** Deletes the files of the log before one, on whatever timeline. Histories of timelines stay: they are small, and tell restores apart. */
async function pruneWal(folder: string, first: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const old = names.filter((name) => (WAL.exec(name)?.[2] ?? first.slice(8)) < first.slice(8));
  for (const name of old) await rm(join(folder, name));
  if (old.length > 0) await syncFolder(folder);
  return old.length;
}
