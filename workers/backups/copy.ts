import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../queues/log/log.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { noteCopied } from '../../sql/backups/copies.ts';
import type { Sql } from '../../sql/database/database.ts';
import { listManifests, type Manifest, writeWhole } from './files.ts';
import { prune } from './retention.ts';

const LOOK_MS = 60_000;
const WAL_FILE = /^[0-9A-F]{8}([0-9A-F]{16}(\.[0-9A-F]{8}\.backup)?|\.history)\.gz$/;

/**
 * Copies to another disk what it does not have: complete backups, each described last, and the log. Nothing is deleted there because
 * it is gone here, for then a lost disk would take its copy with it: what is old there goes by the same rules (R34).
 * Returns the backups that lie there now. Throws where a copy is not what was copied.
 */
export async function copyBackups({ backupDir, copyDir, today }: { backupDir: string; copyDir: string; today: string }) {
  for (const backup of await listManifests(backupDir)) await copyBackup(backupDir, copyDir, backup);
  for (const system of await namesIn(join(backupDir, 'wal'))) {
    const folder = join('wal', system);
    const there = new Set(await namesIn(join(copyDir, folder)));
    for (const name of await namesIn(join(backupDir, folder))) {
      if (WAL_FILE.test(name) && !there.has(name)) await copyFile(backupDir, copyDir, join(folder, name));
    }
  }
  const copied = await listManifests(copyDir);
  await prune(copyDir, today);
  return copied;
}

async function copyBackup(backupDir: string, copyDir: string, { file, sha256, bytes }: Manifest) {
  const described = `${file}.json`;
  const words = await readFile(join(backupDir, described), 'utf8');
  if ((await readFile(join(copyDir, described), 'utf8').catch(() => '')) === words) return;
  const there = await stat(join(copyDir, file)).catch(() => undefined);
  if (there?.size !== bytes) {
    const written = await copyFile(backupDir, copyDir, file);
    if (written.sha256 !== sha256) throw new Error(`${file} is damaged: its checksum is not the one it was written with`);
  }
  await copyFile(backupDir, copyDir, described);
}

const copyFile = (from: string, to: string, file: string) => writeWhole(join(to, file), createReadStream(join(from, file)));

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

type Copying = { db: Sql; settings: Pick<Settings, 'backupDir' | 'backupCopyDir' | 'zone'> };

/** Copies what there is to copy, if there is a place for it, and notes which backups lie there. */
export async function copyElsewhere({ db, settings }: Copying, now: Date) {
  const { backupDir, backupCopyDir: copyDir, zone } = settings;
  if (copyDir === undefined) return;
  const copied = await copyBackups({ backupDir, copyDir, today: dayOf(now, zone) });
  await noteCopied(
    db,
    copied.map(({ file }) => file),
    now,
  );
}

/** Copies every minute, for as long as the process lives. A disk that is away is tried again. */
export async function keepCopying(copying: Copying, signal: AbortSignal) {
  if (copying.settings.backupCopyDir === undefined) return;
  while (!signal.aborted) {
    await copyElsewhere(copying, new Date()).catch((error) => log.warn({ err: error }, 'backups were not copied'));
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
