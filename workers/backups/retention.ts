import { addDays, type Day } from '../../queues/time/calendar.ts';
import { isArchived, listManifests, type Manifest, placeInLog, removeBackup } from './files.ts';
import type { Store } from './store.ts';

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

/** Which files of the log are still of use to the backups of a place, once the old ones are gone. Histories of timelines always are. */
export function walOfUse(backups: readonly Manifest[], today: Day): { systems: string[]; isOfUse: (file: string) => boolean } {
  const old = backupsToDelete(backups, today);
  const firsts = new Map([
    // Of a server all of whose backups go, so does the log.
    ...old.flatMap(({ wal }) => (wal ? [[wal.system, null] as const] : [])),
    ...firstWalToKeep(
      backups.filter((backup) => !old.includes(backup)),
      today,
    ),
  ]);
  function isOfUse(file: string) {
    const first = firsts.get(file.split('/')[1] ?? '');
    const place = placeInLog(file);
    return place === undefined || first === undefined || (first !== null && place >= first.slice(8));
  }
  return { systems: [...firsts.keys()], isOfUse };
}

/**
 * Deletes old backups, and of the log what is older than any that is kept. Call it after a success only. Returns how many went.
 * @param all what is there, if that is known
 */
export async function prune(
  store: Store,
  today: Day,
  all?: readonly Manifest[],
): Promise<{ backups_deleted: number; wal_deleted: number }> {
  const there = all ?? (await listManifests(store));
  const old = backupsToDelete(there, today);
  const { systems, isOfUse } = walOfUse(there, today);
  for (const { file } of old) await removeBackup(store, file);
  let wal_deleted = 0;
  for (const system of systems) {
    const ended = [...(await store.list(`wal/${system}`))].filter((file) => !isOfUse(file));
    for (const file of ended) await store.remove(file);
    wal_deleted += ended.length;
  }
  return { backups_deleted: old.length, wal_deleted };
}
