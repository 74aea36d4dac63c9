import { scrub } from '../../queues/log/log.ts';
import type { Settings } from '../../queues/process/settings.ts';
import type { Day } from '../../queues/time/calendar.ts';
import { beginBackup, describeBackups, noteBackupFailed } from '../../sql/backups/backups.ts';
import { connectForBackup, lockBackups, serverVersion } from '../../sql/backups/server.ts';
import type { Sql } from '../../sql/database/database.ts';
import { embeddedUrl } from '../../sql/database/embedded.ts';
import { Refused } from '../refusal.ts';
import { makeBase, type OnProgress } from './base.ts';
import { makeDump } from './dump.ts';
import { fileErasures } from './erasures.ts';
import { fileFor, listManifests, type Manifest, writeManifest } from './files.ts';
import { folderAt } from './folder.ts';

export type BackupSettings = Pick<
  Settings,
  'databaseUrl' | 'dataDir' | 'backupDir' | 'backupKeyFile' | 'backupCopyDir' | 'backupBucket'
>;

/** Where backups are made: of the embedded server as its owner, who alone may. */
export const backupUrlOf = ({ databaseUrl, dataDir }: BackupSettings) => databaseUrl ?? embeddedUrl(dataDir);

/**
 * Makes a backup of the studio's day (R33): of the embedded database its files, of one's own a dump. It is complete once it is
 * described beside it; until then it has no name, and whatever goes wrong is noted in its row.
 * Throws {@link Refused} where another one is under way.
 */
export async function backUp(db: Sql, settings: BackupSettings, day: Day, now: Date, onProgress: OnProgress): Promise<Manifest> {
  const { backupDir, backupKeyFile, databaseUrl } = settings;
  const kind = databaseUrl === undefined ? 'base' : 'dump';
  const folder = folderAt(backupDir);
  const file = fileFor(kind, day, now, backupKeyFile !== undefined);
  const client = await connectForBackup(backupUrlOf(settings));
  try {
    if (!(await lockBackups(client))) throw new Refused('conflict', 'another backup is under way');
    await beginBackup(db, kind, file, now.toISOString());
    await folder.removeUnfinished(new Date());
    await fileErasures(db, backupDir);
    const made =
      databaseUrl === undefined
        ? await makeBase(client, { backupDir, backupKeyFile }, file, onProgress)
        : await makeDump(client, databaseUrl, { backupDir, backupKeyFile }, file, onProgress);
    const described: Manifest = {
      kind,
      file,
      day,
      started_at: now.toISOString(),
      ...made,
      finished_at: new Date(Math.max(Date.now(), now.getTime())).toISOString(),
      version: await serverVersion(client),
      verified_at: null,
    };
    await writeManifest(backupDir, described);
    await describeBackups(db, await listManifests(folder));
    return described;
  } catch (error) {
    await noteBackupFailed(db, file, scrub(String((error as Error).message).split('\n', 1)[0] ?? '').slice(0, 1_000)).catch(
      () => undefined,
    );
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A backup of less than half of what the one before it had is complete, and a reason to look. */
export function shrunk(
  manifests: readonly Manifest[],
  { file, kind, bytes }: Manifest,
): { bytes: number; previous: number } | null {
  const previous = manifests.findLast((one) => one.file !== file && one.kind === kind);
  return previous && bytes * 2 < previous.bytes ? { bytes, previous: previous.bytes } : null;
}
