import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Settings } from '../../queues/process/settings.ts';
import { connectForBackup, isEmptyDatabase } from '../../sql/backups/server.ts';
import { keepWal, syncFolder } from '../../sql/database/archive-wal.ts';
import { walDir } from '../../sql/database/archiving.ts';
import { clusterDir, embeddedUrl, hasEmbedded, systemOf } from '../../sql/database/embedded.ts';
import { readDatabaseUrl } from '../../sql/database/hosts.ts';
import { Refused } from '../refusal.ts';
import { type AfterRestore, settleRestored } from './aftermath.ts';
import type { OnProgress } from './base.ts';
import { bringBackup, bringWal } from './bring.ts';
import { choose } from './choose.ts';
import { openElsewhere } from './elsewhere.ts';
import { bringErasures } from './erasures.ts';
import { demandIntact, type Manifest } from './files.ts';
import { folderAt } from './folder.ts';
import { recoverBase, type Target } from './recover.ts';
import type { Store } from './store.ts';
import { loadDump } from './verify.ts';

/** What is restored: the newest backup, or a file; until when; and where to, if not to where the settings say. */
export type RestoreWish = { what: string; at?: string; into?: string };
export type Restored = AfterRestore & {
  file: string;
  into: string;
  /** It took the place of the settings' own database. */
  isInPlace: boolean;
};
type RestoreSettings = Pick<
  Settings,
  'databaseUrl' | 'migrateUrl' | 'dataDir' | 'backupDir' | 'backupKeyFile' | 'backupCopyDir' | 'backupBucket' | 'zone'
>;

/**
 * Restores a backup (R35) into an empty place, and settles what comes after. The newest one goes as far as the archived log goes, or to
 * an instant; a file that is named, to where it ended itself, or to an instant after that. What is missing or damaged in BACKUP_DIR is
 * brought back there from the copy first: the backup, the log after it, and who was erased.
 * Throws {@link Refused}, with nothing restored, where the place is filled or the backup is not what is wanted; and where the copy cannot
 * be read, for nobody knows what is newer there.
 */
export async function restore(
  settings: RestoreSettings,
  wish: RestoreWish,
  now: Date,
  onProgress: OnProgress,
): Promise<Restored> {
  const elsewhere = await openElsewhere(settings);
  try {
    return await restoreFrom(elsewhere, settings, wish, now, onProgress);
  } finally {
    elsewhere?.close();
  }
}

async function restoreFrom(
  elsewhere: Store | undefined,
  settings: RestoreSettings,
  wish: RestoreWish,
  now: Date,
  onProgress: OnProgress,
): Promise<Restored> {
  const own = folderAt(settings.backupDir);
  const { backup, copies } = await choose(elsewhere ? [own, elsewhere] : [own], wish);
  const into = placeFor(backup, settings, wish);
  if (backup.kind === 'base') await demandEmpty(into, wish.into);
  const from = await bringBackup(copies, own, elsewhere);
  const copy = from === own ? elsewhere : undefined;
  if (copy) await bringErasures(copy, own);
  if (backup.kind === 'dump') return restoreDump(settings, from.root, backup, into, wish.into === undefined, now, onProgress);
  const target: Target = wish.at !== undefined ? { at: wish.at } : wish.what === 'latest' ? 'all' : 'its end';
  const gap = copy && target !== 'its end' ? await bringWal(backup, copy, own, settings.backupKeyFile) : undefined;
  // To an instant the server itself says where the log ends before it.
  if (gap !== undefined && target === 'all')
    throw new Refused('invalid', `the log ends early: ${gap}. To a moment before that it is restored with --at`);
  return restoreBase(
    { ...settings, elsewhere: copy },
    from.root,
    backup,
    { target, into, isInPlace: wish.into === undefined },
    now,
    onProgress,
  );
}

/** The address of the database, or the folder, that a backup goes into. Throws where it cannot go into what was named. */
function placeFor({ kind }: Manifest, settings: RestoreSettings, { at, into }: RestoreWish): string {
  const isUrl = /^postgres(ql)?:\/\//.test(into ?? '');
  if (kind === 'base') {
    if (isUrl || (into === undefined && settings.databaseUrl !== undefined))
      throw new Refused('invalid', 'this is a backup of the embedded database: name an empty folder with --into');
    return into === undefined ? settings.dataDir : resolve(into);
  }
  if (at !== undefined) throw new Refused('invalid', 'a dump is of one moment: --at is for backups of the embedded database');
  const url = isUrl
    ? readDatabaseUrl(into as string)
    : into === undefined
      ? (settings.migrateUrl ?? settings.databaseUrl)
      : undefined;
  if (url === undefined) throw new Refused('invalid', 'a dump goes into a database of your own: --into postgres://...');
  return url;
}

type Wanted = { target: Target; into: string; isInPlace: boolean };

async function restoreBase(
  settings: RestoreSettings & { elsewhere: Store | undefined },
  backupDir: string,
  backup: Manifest,
  { target, into: dataDir, isInPlace }: Wanted,
  now: Date,
  onProgress: OnProgress,
): Promise<Restored> {
  const { backupKeyFile: keyFile, zone } = settings;
  const cluster = `${clusterDir(dataDir)}.restoring`;
  await rm(cluster, { recursive: true, force: true });
  try {
    const archiveDir = isInPlace ? settings.backupDir : undefined;
    const server = await recoverBase({ backupDir, keyFile, backup, dataDir, cluster, target, archiveDir, onProgress });
    let done: AfterRestore;
    try {
      if (!isInPlace) await reserveTimeline(cluster, backupDir, settings);
      const point = typeof target === 'object' ? target.at : null;
      done = await settleRestored(embeddedUrl(dataDir), { file: backup.file, point, zone, now, backupDir: settings.backupDir });
    } finally {
      await server.stop();
    }
    await rename(cluster, clusterDir(dataDir));
    await syncFolder(dataDir);
    return { ...done, file: backup.file, into: dataDir, isInPlace };
  } catch (error) {
    await rm(cluster, { recursive: true, force: true });
    throw error;
  }
}

async function demandEmpty(dataDir: string, into: string | undefined) {
  if (into === undefined) {
    if (!hasEmbedded(dataDir)) return;
    throw new Refused(
      'conflict',
      `${dataDir} holds a database: stop the fleet and move ${clusterDir(dataDir)} away, or name an empty folder with --into`,
    );
  }
  const found = await readdir(dataDir).catch(() => []);
  if (found.length > 0) throw new Refused('conflict', `${dataDir} is not empty: name an empty folder with --into`);
}

/**
 * The restored server goes on under a new number (its timeline). The archive remembers the number, and its copy, so that the next restore
 * from either takes another one, and their logs are never taken for each other's.
 */
async function reserveTimeline(
  cluster: string,
  backupDir: string,
  { backupKeyFile, elsewhere }: { backupKeyFile?: string; elsewhere: Store | undefined },
) {
  const system = systemOf(cluster);
  const folder = walDir(backupDir, system);
  const there = await elsewhere?.list(`wal/${system}`);
  for (const name of (await readdir(join(cluster, 'pg_wal'))).filter((name) => name.endsWith('.history'))) {
    const archived = join(folder, `${name}.gz`);
    if (!existsSync(archived)) await keepWal(join(cluster, 'pg_wal', name), archived, backupKeyFile);
    const file = `wal/${system}/${name}.gz`;
    if (elsewhere && !there?.has(file)) await elsewhere.write(file, folderAt(backupDir).read(file));
  }
}

async function restoreDump(
  { zone, backupKeyFile, backupDir: ownDir }: RestoreSettings,
  backupDir: string,
  backup: Manifest,
  url: string,
  isInPlace: boolean,
  now: Date,
  onProgress: OnProgress,
): Promise<Restored> {
  const client = await connectForBackup(url);
  try {
    if (!(await isEmptyDatabase(client))) {
      const { host, pathname } = new URL(url);
      throw new Refused(
        'conflict',
        `the database ${host}${pathname} is filled: make an empty one (createdb) and name it with --into`,
      );
    }
  } finally {
    await client.end();
  }
  const path = join(backupDir, backup.file);
  await demandIntact(folderAt(backupDir), backup);
  await loadDump({ path, keyFile: backupKeyFile }, url, backup.version, onProgress);
  const done = await settleRestored(url, { file: backup.file, point: null, zone, now, backupDir: ownDir });
  return { ...done, file: backup.file, into: new URL(url).pathname.slice(1), isInPlace };
}
