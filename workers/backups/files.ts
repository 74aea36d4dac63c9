import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Duplex, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Day } from '../../queues/time/calendar.ts';
import type { BackupKind } from '../../sql/backups/backups.ts';
import { syncFolder } from '../../sql/database/archive-wal.ts';
import { readKey, seal } from '../../sql/database/seal.ts';
import { Refused } from '../refusal.ts';

/** Where backups lie below BACKUP_DIR: those of Sundays stay longer. */
const FOLDERS = ['nightly', 'archive'] as const;
const ENDINGS = { base: '.tar.gz', dump: '.dump' } as const satisfies Record<BackupKind, string>;

/**
 * What lies beside each backup as `<file>.json`. It is written last, so a backup without one is none; and it knows all that a restore
 * needs, because the database that knew it may be gone.
 */
const manifest = z.object({
  kind: z.enum(['base', 'dump']),
  file: z.string(),
  /** The studio's day it was made for. */
  day: z.iso.date(),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  schema_version: z.int(),
  row_counts: z.record(z.string(), z.int()),
  /** Whether a restore brings exactly these rows: false where somebody always wrote while they were counted. */
  is_exact: z.boolean(),
  /** Of the server. */
  version: z.int(),
  /** Of a base backup: whose log it is, the first and the last file of it that lie in the backup, and the place where it ends. */
  wal: z.object({ system: z.string().regex(/^\d+$/), first: z.string(), last: z.string(), lsn: z.string() }).nullable(),
  verified_at: z.iso.datetime().nullable(),
});
export type Manifest = z.output<typeof manifest>;

const isSunday = (day: Day) => new Date(`${day}T00:00:00Z`).getUTCDay() === 0;
export const isArchived = (file: string) => dirname(file) === FOLDERS[1];

/** The name of a new backup, below BACKUP_DIR. */
export function fileFor(kind: BackupKind, day: Day, at: Date, isSealed = false): string {
  const stamp = at.toISOString().replaceAll(/[-:.]/g, '');
  return `${FOLDERS[isSunday(day) ? 1 : 0]}/${stamp}${ENDINGS[kind]}${isSealed ? '.sealed' : ''}`;
}

/** Writes a file so that it has its name only once it is whole and on the disk. Returns its size and checksum. */
export async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  through: readonly Duplex[] = [],
) {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = join(dirname(path), `.${basename(path)}.tmp`);
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      bytes += chunk.length;
      next(null, chunk);
    },
  });
  try {
    const handle = await open(unfinished, 'w', 0o600);
    try {
      const steps = [content, ...through, measure, (measured: Readable) => handle.writeFile(measured)];
      // What Node takes is not what its types say of a list: a source that is iterated, and a function at the end.
      await pipeline(steps as unknown as Readable[]);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  return { bytes, sha256: hash.digest('hex') };
}

/** What a killed backup has left. Call it where no other one is under way. */
export async function removeUnfinished(backupDir: string) {
  for (const folder of FOLDERS) {
    const names = await namesIn(join(backupDir, folder));
    for (const name of names.filter((name) => /^\..+\.tmp$/.test(name))) await rm(join(backupDir, folder, name), { force: true });
  }
}

export const writeManifest = (backupDir: string, described: Manifest) =>
  writeWhole(join(backupDir, `${described.file}.json`), [Buffer.from(`${JSON.stringify(described, null, 2)}\n`)]);

/** Every complete backup of a folder, oldest first. */
export async function listManifests(backupDir: string): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const folder of FOLDERS) {
    const names = new Set(await namesIn(join(backupDir, folder)));
    for (const name of names) {
      if (!name.endsWith('.json') || name.startsWith('.') || !names.has(name.slice(0, -5))) continue;
      found.push(await readManifest(join(backupDir, folder, name)));
    }
  }
  return found.sort((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at));
}

/** Throws with the file's name where it says something else than we would. */
export async function readManifest(path: string): Promise<Manifest> {
  const read = manifest.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`);
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

/** Removes a backup: first what makes it one. */
export async function removeBackup(backupDir: string, file: string) {
  const folder = dirname(join(backupDir, file));
  await rm(join(backupDir, `${file}.json`));
  await syncFolder(folder);
  await rm(join(backupDir, file), { force: true });
}

/** What encrypts a backup on its way to the disk; nothing where there is no key. */
export const sealing = (keyFile: string | undefined): Duplex[] => (keyFile === undefined ? [] : [seal(readKey(keyFile))]);

/** Throws where a file is not what was written. */
export async function demandIntact(path: string, { sha256, file }: Manifest) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') !== sha256)
    throw new Refused('invalid', `${file} is damaged: its checksum is not the one it was written with`);
}
