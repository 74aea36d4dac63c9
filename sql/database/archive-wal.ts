import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { openCompressed, readKey, seal } from './seal.ts';

/*
 * PostgreSQL's `archive_command` and `restore_command`, as programs that stand alone: the server runs them, one file at a time.
 *
 *   node archive-wal.ts keep  WAL-FILE ARCHIVED-FILE [KEY-FILE]    exits 0 only once the file lies there whole and on the disk
 *   node archive-wal.ts fetch WAL-FILE ARCHIVED-FILE [KEY-FILE]    exits 1 where the archive has no such file
 *
 * A file that lies there already is never overwritten: the same one again is fine (the server asks again after a crash), another
 * one is an error, because two servers write to one archive then. Files are compressed: one that was closed before it was full is
 * mostly zeros. With a key they are encrypted as well (seal.ts); a file that was kept without one is read all the same.
 */

const COMPRESSION = { level: 1 };

/** Keeps a file of the write-ahead log in the archive. Throws, and leaves nothing there, unless it is whole. */
export async function keepWal(file: string, archived: string, keyFile?: string): Promise<void> {
  await mkdir(dirname(archived), { recursive: true, mode: 0o700 });
  if (existsSync(archived)) return demandSame(file, archived, keyFile);
  const unfinished = join(dirname(archived), `.${basename(archived)}.${process.pid}.tmp`);
  try {
    const handle = await open(unfinished, 'w', 0o600);
    try {
      const compressed = createGzip(COMPRESSION);
      const last = keyFile === undefined ? undefined : seal(readKey(keyFile));
      await (last
        ? pipeline(createReadStream(file), compressed, last, (kept) => handle.writeFile(kept))
        : pipeline(createReadStream(file), compressed, (kept) => handle.writeFile(kept)));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await publish(unfinished, archived, file, keyFile);
  } finally {
    await rm(unfinished, { force: true });
  }
  await syncFolder(dirname(archived));
}

/** Gives a file its name, unless another one has got it meanwhile. Where there are no hard links, by renaming. */
async function publish(unfinished: string, archived: string, file: string, keyFile: string | undefined) {
  try {
    await link(unfinished, archived);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return demandSame(file, archived, keyFile);
    await rename(unfinished, archived);
  }
}

async function demandSame(file: string, archived: string, keyFile: string | undefined) {
  const [one, other] = await Promise.all([
    digest(createReadStream(file)),
    openCompressed(archived, keyFile)
      .then(digest)
      .catch(() => 'damaged'),
  ]);
  if (one !== other) throw new Error(`${archived} is another file already: does a second server archive to this folder?`);
  const handle = await open(archived, 'r');
  await handle.sync().finally(() => handle.close());
}

async function digest(stream: Readable) {
  const hash = createHash('sha256');
  await pipeline(stream, hash);
  return hash.digest('hex');
}

/** Brings a file back from the archive, for a server that recovers. */
export async function fetchWal(wanted: string, archived: string, keyFile?: string) {
  await pipeline(await openCompressed(archived, keyFile), createWriteStream(wanted, { mode: 0o600, flush: true }));
}

/** A new name is on the disk once its folder is. Windows has no such thing. */
export async function syncFolder(folder: string) {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** What the server calls. No word about a file that a recovery asks for and that is not there: it asks until it finds the end. */
async function answerServer([wish, file = '', archived = '', keyFile]: string[]) {
  try {
    await (wish === 'fetch' ? fetchWal : keepWal)(file, archived, keyFile);
  } catch (error) {
    const isEnd = wish === 'fetch' && (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isEnd) console.error(`archive-wal: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) void answerServer(process.argv.slice(2));
