import { statfs } from 'node:fs/promises';
import type { Trouble } from '../../sql/alerts/alerts.ts';
import { settleCondition } from '../../sql/alerts/watched.ts';
import { type BackupsStand, backupsStand } from '../../sql/backups/backups.ts';
import type { Database } from '../../sql/database/database.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import type { Settings } from '../process/settings.ts';

const HOUR_MS = 3_600_000;
/** The newest complete backup may be so old, and the newest one that was checked (R36). */
const BACKUP_MS = 26 * HOUR_MS;
const VERIFIED_MS = 8 * DAY_MS;
/** A complete backup lies elsewhere after this, where there is such a place: it is copied within a minute, and then takes what it takes. */
const COPIED_MS = 2 * HOUR_MS;
/** Less of a disk than this is an alarm; it is over once there is a little more, so that it does not come and go. */
const LOW_PERCENT = 10;
const ENOUGH_PERCENT = 12;

type Watched = {
  db: Database;
  settings: Pick<Settings, 'adminChatIds' | 'dataDir' | 'backupDir' | 'backupCopyDir' | 'backupBucket'>;
};
type Space = { percent: number; free_bytes: number };
type Measure = (folder: string) => Promise<Space | undefined>;

/**
 * Looks at the backups and at the disks they and the data lie on: each condition is one alarm, and one end of it (R36). A failed run
 * is the same condition as an old backup, known a day earlier, so it is not told twice.
 */
export async function watchBackups({ db, settings }: Watched, now: Date, measure: Measure = spaceOf) {
  const { adminChatIds, dataDir, backupDir, backupCopyDir, backupBucket } = settings;
  const [data, backups] = [await measure(dataDir), await measure(backupDir)];
  await db.transaction(async (transaction) => {
    const stand = await backupsStand(transaction);
    const { finished_at, verified_at } = stand;
    const set = (isOn: boolean, trouble: Trouble) => settleCondition(transaction, adminChatIds, isOn, trouble, now);
    await set(isMissing(stand, now) || stand.backup_error !== null, {
      fingerprint: 'backup_missing',
      template: 'backup_missing',
      params: { finished_at, error: stand.backup_error },
    });
    await set(isUnverified(stand, now) || stand.verify_error !== null, {
      fingerprint: 'backup_unverified',
      template: 'backup_unverified',
      params: { verified_at, error: stand.verify_error },
    });
    const { uncopied_since, copied_at } = stand;
    const isBehind = (backupCopyDir ?? backupBucket) !== undefined && isOver(uncopied_since, null, COPIED_MS, now);
    await set(isBehind, {
      fingerprint: 'backup_uncopied',
      template: 'backup_uncopied',
      params: { finished_at: uncopied_since ?? now.toISOString(), copied_at },
    });
    for (const [folder, space] of [['data', data] as const, ['backups', backups] as const]) {
      if (!space || (space.percent >= LOW_PERCENT && space.percent < ENOUGH_PERCENT)) continue;
      await set(space.percent < LOW_PERCENT, {
        fingerprint: `disk_low:${folder}`,
        template: 'disk_low',
        params: { folder, ...space },
      });
    }
  });
}

const isMissing = ({ finished_at, since }: BackupsStand, now: Date) => isOver(finished_at, since, BACKUP_MS, now);
const isUnverified = ({ verified_at, since }: BackupsStand, now: Date) => isOver(verified_at, since, VERIFIED_MS, now);

/** True while neither the newest complete backup nor the newest verified one is older than it may be. */
export const areBackupsFresh = (stand: BackupsStand, now: Date) => !isMissing(stand, now) && !isUnverified(stand, now);

/** Whether something is older than it may be, or was never there since it is expected. */
const isOver = (at: string | null, since: string | null, ms: number, now: Date) => {
  const from = at ?? since;
  return from !== null && now.getTime() - Date.parse(from) > ms;
};

/** True while the disk of a folder has more room than an alarm asks for; a folder that is not on this host is no trouble. */
export const hasRoom = async (folder: string, measure: Measure = spaceOf) =>
  ((await measure(folder))?.percent ?? 100) >= LOW_PERCENT;

/** What is free for us on the disk of a folder; undefined where there is no such folder on this host. */
export async function spaceOf(folder: string): Promise<Space | undefined> {
  const disk = await statfs(folder).catch(() => undefined);
  if (!disk || disk.blocks === 0) return undefined;
  const ours = disk.blocks - disk.bfree + disk.bavail;
  return { percent: (100 * disk.bavail) / ours, free_bytes: disk.bavail * disk.bsize };
}
