import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { UnrecoverableError } from 'bullmq';
import type pg from 'pg';
import { quietInstant } from '../../sql/backups/instant.ts';
import { archivesTo, closeWal, startBase, stopBase } from '../../sql/backups/server.ts';
import { openCompressed } from '../../sql/database/seal.ts';
import { sealing, writeWhole } from './files.ts';
import { type TarEntry, tarOf } from './tar.ts';
import { untilArchived } from './until-archived.ts';

/** Where a backup goes, and the key it is encrypted with, if any. */
export type BackupPlace = { backupDir: string; backupKeyFile?: string };

/** Called again and again while something takes long; what it throws ends that. */
export type OnProgress = () => Promise<unknown>;

export const NOT_ARCHIVING =
  'the embedded database does not keep its write-ahead log in this folder yet: stop and start the fleet once (npm stop, npm start)';

/** What a server makes anew by itself, or what is of no use to a copy of it (PostgreSQL: "Making a base backup using the low level API"). */
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|pg_internal\.init.*|pgsql_tmp.*|current_logfiles|backup_label(\.old)?|tablespace_map(\.old)?)$/;
const EMPTIED = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const CHUNK = 256 * 1024;
const COMPRESSION = { level: 1 };

/**
 * Copies the files of a running server with what of its log belongs to them, so that the file alone can be restored, and together
 * with the archive every later moment. Throws where the server does not archive to this folder.
 */
export async function makeBase(client: pg.Client, to: BackupPlace, file: string, onProgress: OnProgress) {
  const { backupDir, backupKeyFile } = to;
  const archive = await archivesTo(client, backupDir, backupKeyFile);
  if (archive === null) throw new UnrecoverableError(NOT_ARCHIVING);
  const { system, folder } = archive;
  const started = await startBase(client, file);
  let known: Awaited<ReturnType<typeof quietInstant>> | undefined;
  let last = '';

  async function* entries(): AsyncGenerator<TarEntry> {
    yield* filesBelow(started.data, '', onProgress);
    yield* plainFile(started.data, 'global/pg_control', onProgress);
    const label = Buffer.from(await stopBase(client));
    yield { path: 'backup_label', size: label.length, content: [label] };
    known = await quietInstant(client);
    last = await closeWal(client, `backup ${file}`.slice(0, 63));
    for (const wal of namesBetween(started.wal, last, started.size)) {
      const kept = join(folder, `${wal}.gz`);
      await untilArchived(client, kept, onProgress);
      const content = await openCompressed(kept, backupKeyFile);
      yield { path: `pg_wal/${wal}`, size: started.size, content };
    }
  }
  const written = await writeWhole(join(backupDir, file), tarOf(entries()), [createGzip(COMPRESSION), ...sealing(backupKeyFile)]);
  if (!known) throw new Error('the backup ended before it was counted');
  const { lsn, ...contents } = known;
  return { ...written, ...contents, wal: { system, first: started.wal, last, lsn } };
}

/** Everything below a folder of the cluster, folders before what is in them; pg_control comes last of all. */
async function* filesBelow(root: string, folder: string, onProgress: OnProgress): AsyncGenerator<TarEntry> {
  for (const found of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? found.name : `${folder}/${found.name}`;
    if (LEFT_OUT.test(found.name) || path === 'global/pg_control') continue;
    if (found.isDirectory()) {
      yield { path };
      if (!EMPTIED.has(path)) yield* filesBelow(root, path, onProgress);
      else if (path === 'pg_wal') yield { path: 'pg_wal/archive_status' };
    } else if (found.isFile()) {
      yield* plainFile(root, path, onProgress);
    } else {
      throw new Error(`${path} is neither a file nor a folder: the database was moved by hand`);
    }
  }
}

/** A file as long as it is now. One that is dropped meanwhile is left out; one that shrinks meanwhile ends in zeros: the log knows better. */
async function* plainFile(root: string, path: string, onProgress: OnProgress): AsyncGenerator<TarEntry> {
  let handle: FileHandle;
  try {
    handle = await open(join(root, path), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    yield { path, size, content: exactly(handle, size, onProgress) };
  } finally {
    await handle.close();
  }
}

async function* exactly(handle: FileHandle, size: number, onProgress: OnProgress): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    await onProgress();
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(CHUNK, size - at)), 0, Math.min(CHUNK, size - at), at);
    yield bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
    at += bytesRead === 0 ? buffer.length : bytesRead;
  }
}

/** Names of the log's files from one to another, both included, on one timeline. */
export function namesBetween(first: string, last: string, size: number): string[] {
  const perLog = 0x1_0000_0000 / size;
  const timeline = first.slice(0, 8);
  const numberOf = (name: string) => Number.parseInt(name.slice(8, 16), 16) * perLog + Number.parseInt(name.slice(16), 16);
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  const [from, to] = [numberOf(first), numberOf(last)];
  return Array.from(
    { length: to - from + 1 },
    (_, n) => `${timeline}${hex(Math.floor((from + n) / perLog))}${hex((from + n) % perLog)}`,
  );
}
