import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Settings } from '../../queues/process/settings.ts';
import { connectForBackup, isEmptyDatabase } from '../../sql/backups/server.ts';
import { keepWal, syncFolder } from '../../sql/database/archive-wal.ts';
import { walDir } from '../../sql/database/archiving.ts';
import { clusterDir, embeddedUrl, hasEmbedded, systemOf } from '../../sql/database/embedded.ts';
import { Refused } from '../refusal.ts';
import { type AfterRestore, settleRestored } from './aftermath.ts';
import type { OnProgress } from './base.ts';
import { demandIntact, listManifests, type Manifest, readManifest } from './files.ts';
import { recoverBase, type Target } from './recover.ts';
import { loadDump } from './verify.ts';

/** What is restored: the newest backup, or a file; until when; and where to, if not to where the settings say. */
export type RestoreWish = { what: string; at?: string; into?: string };
export type Restored = AfterRestore & {
  file: string;
  into: string /** It took the place of the settings' own database. */;
  isInPlace: boolean;
};
type RestoreSettings = Pick<
  Settings,
  'databaseUrl' | 'migrateUrl' | 'dataDir' | 'backupDir' | 'backupKeyFile' | 'backupCopyDir' | 'zone'
>;

/**
 * Restores a backup (R35) into an empty place, and settles what comes after. The newest one goes as far as the archived log goes, or to
 * an instant; a file that is named, to where it ended itself, or to an instant after that.
 * Throws {@link Refused}, with nothing touched, where the place is filled or the backup is not what is wanted.
 */
export async function restore(
  settings: RestoreSettings,
  wish: RestoreWish,
  now: Date,
  onProgress: OnProgress,
): Promise<Restored> {
  const { backup, backupDir } = await chosen(settings, wish);
  const isUrl = /^postgres(ql)?:\/\//.test(wish.into ?? '');
  if (backup.kind === 'dump') {
    if (wish.at !== undefined)
      throw new Refused('invalid', 'a dump is of one moment: --at is for backups of the embedded database');
    const url = isUrl
      ? (wish.into as string)
      : wish.into === undefined
        ? (settings.migrateUrl ?? settings.databaseUrl)
        : undefined;
    if (url === undefined) throw new Refused('invalid', 'a dump goes into a database of your own: --into postgres://...');
    return restoreDump(settings, backupDir, backup, url, wish.into === undefined, now, onProgress);
  }
  if (isUrl || (wish.into === undefined && settings.databaseUrl !== undefined))
    throw new Refused('invalid', 'this is a backup of the embedded database: name an empty folder with --into');
  return restoreBase(settings, backupDir, backup, wish, now, onProgress);
}

/**
 * The newest backup that ended before the instant, or the one that was named by its path, from here or from BACKUP_DIR. What is not in
 * BACKUP_DIR, or is damaged there, is taken from its copy.
 */
async function chosen(settings: RestoreSettings, wish: RestoreWish): Promise<{ backup: Manifest; backupDir: string }> {
  const { backupDir, backupCopyDir } = settings;
  const folders = backupCopyDir === undefined ? [backupDir] : [backupDir, backupCopyDir];
  return wish.what === 'latest' ? newestIn(folders, wish.at) : named(folders, wish);
}

async function newestIn(folders: readonly string[], at: string | undefined) {
  const found = (
    await Promise.all(folders.map(async (folder) => (await listManifests(folder)).map((backup) => ({ backup, folder }))))
  ).flat();
  const fitting = found
    .filter(
      ({ backup: { kind, finished_at } }) => at === undefined || kind === 'dump' || Date.parse(finished_at) <= Date.parse(at),
    )
    .toSorted((one, other) => Date.parse(other.backup.started_at) - Date.parse(one.backup.started_at));
  const newest = fitting[0];
  if (!newest) {
    const first = found.map(({ backup }) => backup.finished_at).toSorted()[0];
    throw new Refused(
      'missing',
      `there is no backup in ${folders.join(' or ')}${at ? ` that ended before ${at}` : ''}${first ? `; the oldest one ended at ${first}` : ''}`,
    );
  }
  return intact(fitting.filter(({ backup }) => backup.file === newest.backup.file));
}

/** The first of several copies of a backup that is what was written. Throws for the first where none is. */
async function intact(copies: readonly { backup: Manifest; folder: string }[]) {
  let damage: unknown;
  for (const { backup, folder } of copies) {
    try {
      await demandIntact(join(folder, backup.file), backup);
      return { backup, backupDir: folder };
    } catch (error) {
      damage ??= error;
    }
  }
  throw damage;
}

async function named(folders: readonly string[], { what, at }: RestoreWish) {
  const paths = [resolve(what), ...folders.map((folder) => join(folder, what))].filter(
    (candidate) => existsSync(candidate) && existsSync(`${candidate}.json`),
  );
  if (paths.length === 0)
    throw new Refused('missing', `${what}: there is no such backup, or nothing beside it describes it (${basename(what)}.json)`);
  const copies = await Promise.all(
    paths.map(async (path) => {
      const folder = folders.find((candidate) => isInside(relative(candidate, path))) ?? dirname(dirname(path));
      return { backup: { ...(await readManifest(`${path}.json`)), file: relative(folder, path) }, folder };
    }),
  );
  const ended = copies[0]?.backup.finished_at ?? '';
  if (at !== undefined && Date.parse(at) < Date.parse(ended))
    throw new Refused('invalid', `${what} ended at ${ended}, after ${at}: take an older one`);
  return intact(copies);
}

const isInside = (path: string) => !path.startsWith('..') && !isAbsolute(path);

async function restoreBase(
  settings: RestoreSettings,
  backupDir: string,
  backup: Manifest,
  { what, at, into }: RestoreWish,
  now: Date,
  onProgress: OnProgress,
): Promise<Restored> {
  const dataDir = into === undefined ? settings.dataDir : resolve(into);
  await demandEmpty(dataDir, into);
  const cluster = `${clusterDir(dataDir)}.restoring`;
  await rm(cluster, { recursive: true, force: true });
  const target: Target = at !== undefined ? { at } : what === 'latest' ? 'all' : 'its end';
  const isInPlace = into === undefined;
  try {
    const server = await recoverBase({
      backupDir,
      keyFile: settings.backupKeyFile,
      backup,
      dataDir,
      cluster,
      target,
      archiveDir: isInPlace ? settings.backupDir : undefined,
      onProgress,
    });
    let done: AfterRestore;
    try {
      if (!isInPlace) await reserveTimeline(cluster, walDir(backupDir, systemOf(cluster)), settings.backupKeyFile);
      done = await settleRestored(embeddedUrl(dataDir), {
        file: backup.file,
        point: at ?? null,
        zone: settings.zone,
        now,
        backupDir: settings.backupDir,
      });
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
 * The restored server goes on under a new number (its timeline). The archive remembers the number, so that the next restore from it
 * takes another one, and their logs are never taken for each other's.
 */
async function reserveTimeline(cluster: string, folder: string, keyFile: string | undefined) {
  const histories = (await readdir(join(cluster, 'pg_wal'))).filter((name) => name.endsWith('.history'));
  for (const name of histories) {
    const archived = join(folder, `${name}.gz`);
    if (!existsSync(archived)) await keepWal(join(cluster, 'pg_wal', name), archived, keyFile);
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
  await demandIntact(path, backup);
  await loadDump({ path, keyFile: backupKeyFile }, url, backup.version, onProgress);
  const done = await settleRestored(url, { file: backup.file, point: null, zone, now, backupDir: ownDir });
  return { ...done, file: backup.file, into: new URL(url).pathname.slice(1), isInPlace };
}
