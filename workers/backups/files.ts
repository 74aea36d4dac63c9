import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Duplex, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Day } from '../../queues/time/calendar.ts';
import type { BackupKind } from '../../sql/backups/backups.ts';
import { syncFolder } from '../../sql/database/archive-wal.ts';
import { readKey, seal } from '../../sql/database/seal.ts';
import { demandSame, type Measured, type Store, textIn } from './store.ts';

/** Where backups lie below BACKUP_DIR: those of Sundays stay longer. */
const FOLDERS = ['nightly', 'archive'] as const;
const ENDINGS = { base: '.tar.gz', dump: '.dump' } as const satisfies Record<BackupKind, string>;

/**
 * What lies beside each backup as `<file>.json`. It is written last, so a backup without one is none; and it knows all that a restore
 * needs, because the database that knew it may be gone.
 */
const manifest = z.object({
  kind: z.enum(['base', 'dump']),
  file: z.string().regex(/^(nightly|archive)\/\w[\w.-]*$/),
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

const WAL = /^wal\/\d+\/(?:[0-9A-F]{8}([0-9A-F]{16})(?:\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history)\.gz$/;
/** True of a file of a server's log, and of one that says where its timelines part. */
export const isWal = (file: string) => WAL.test(file);
/** Where in the log a file of it belongs, on whatever timeline; nothing of other files. */
export const placeInLog = (file: string): string | undefined => WAL.exec(file)?.[1];

/** The name of a new backup, below BACKUP_DIR. */
export function fileFor(kind: BackupKind, day: Day, at: Date, isSealed = false): string {
  const stamp = at.toISOString().replaceAll(/[-:.]/g, '');
  return `${FOLDERS[isSunday(day) ? 1 : 0]}/${stamp}${ENDINGS[kind]}${isSealed ? '.sealed' : ''}`;
}

/**
 * Writes a file so that it has its name only once it is whole and on the disk. Returns its size and checksum; throws, and leaves what was
 * there, where they are not those that were expected.
 */
export async function writeWhole(
  path: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  through: readonly Duplex[] = [],
  expected?: Measured,
): Promise<Measured> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = join(dirname(path), `.${basename(path)}.tmp`);
  const hash = createHash('sha256');
  let written: Measured;
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
    written = { bytes, sha256: hash.digest('hex') };
    demandSame(basename(path), written, expected);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
  return written;
}

export const writeManifest = (backupDir: string, described: Manifest) =>
  writeWhole(join(backupDir, `${described.file}.json`), [Buffer.from(`${JSON.stringify(described, null, 2)}\n`)]);

/** Every complete backup of a place, oldest first. */
export async function listManifests(store: Store): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const folder of FOLDERS) {
    const files = await store.list(folder);
    for (const file of files) {
      if (file.endsWith('.json') && dirname(file) === folder && files.has(file.slice(0, -5)))
        found.push(await readManifest(store, file));
    }
  }
  return found.sort((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at));
}

/** Throws with the file's name where it says something else than we would. */
export async function readManifest(store: Store, file: string): Promise<Manifest> {
  const words = await textIn(store, file);
  const read = manifest.safeParse(jsonOf(words));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`${file} in ${store.place}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function jsonOf(words: string): unknown {
  try {
    return JSON.parse(words);
  } catch {
    return undefined;
  }
}

/** Removes a backup: first what makes it one. */
export async function removeBackup(store: Store, file: string) {
  await store.remove(`${file}.json`);
  await store.remove(file);
}

/** What encrypts a backup on its way to the disk; nothing where there is no key. */
export const sealing = (keyFile: string | undefined): Duplex[] => (keyFile === undefined ? [] : [seal(readKey(keyFile))]);

/** Throws where a file is not what was written. What `onProgress` throws ends it. */
export async function demandIntact(store: Store, { file, bytes, sha256 }: Manifest, onProgress?: () => Promise<unknown>) {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of store.read(file)) {
    hash.update(chunk);
    read += chunk.length;
    await onProgress?.();
  }
  demandSame(file, { bytes: read, sha256: hash.digest('hex') }, { bytes, sha256 });
}
