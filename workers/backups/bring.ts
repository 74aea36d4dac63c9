import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openCompressed } from '../../sql/database/seal.ts';
import { Refused } from '../refusal.ts';
import type { Copy } from './choose.ts';
import { demandIntact, isWal, type Manifest, placeInLog } from './files.ts';
import type { Folder } from './folder.ts';
import type { Store } from './store.ts';

/**
 * The folder to restore a backup from: where it lies whole, or else BACKUP_DIR, where its copy is brought. Throws with what is wrong with
 * each of them where none is what was written.
 */
export async function bringBackup(copies: readonly Copy[], own: Folder, elsewhere: Store | undefined): Promise<Folder> {
  const wrong: Error[] = [];
  for (const { backup, store } of copies) {
    try {
      if (store !== elsewhere) await demandIntact(store, backup);
      else await bring(backup, store, own);
      return store === elsewhere ? own : (store as Folder);
    } catch (error) {
      wrong.push(error as Error);
    }
  }
  if (wrong.length === 1) throw wrong[0];
  throw new Refused('invalid', wrong.map(({ message }) => message).join('; '));
}

async function bring(backup: Manifest, elsewhere: Store, own: Folder) {
  const described = `${backup.file}.json`;
  await own.write(backup.file, elsewhere.read(backup.file), backup);
  if ((await own.sizeOf(described)) === undefined) await own.write(described, elsewhere.read(described));
}

/**
 * Brings to BACKUP_DIR what it lacks of the log after a backup, and what cannot be read there any more, so that the server finds all of it in
 * one place. It is brought before the server is started: a file that does not come must not be taken for the end of the log.
 * Returns why the first file that is not what was kept, neither here nor in the copy, cannot be read: the log ends there.
 */
export async function bringWal(
  { wal }: Manifest,
  elsewhere: Store,
  own: Folder,
  keyFile: string | undefined,
): Promise<string | undefined> {
  if (wal === null) return undefined;
  const folder = `wal/${wal.system}`;
  const here = await own.list(folder);
  let gap: string | undefined;
  for (const file of [...(await elsewhere.list(folder))].toSorted()) {
    if (!isWal(file) || (placeInLog(file) ?? wal.first.slice(8)) < wal.first.slice(8)) continue;
    const path = join(own.root, file);
    if (here.has(file) && (await whyUnreadable(path, keyFile)) === undefined) continue;
    await own.write(file, elsewhere.read(file));
    const why = await whyUnreadable(path, keyFile);
    if (why === undefined) continue;
    await own.remove(file);
    gap ??= why;
  }
  return gap;
}

async function whyUnreadable(path: string, keyFile: string | undefined): Promise<string | undefined> {
  try {
    await pipeline(await openCompressed(path, keyFile), new Writable({ write: (_chunk, _encoding, next) => next() }));
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return message.includes(path) ? message : `${path}: ${message}`;
  }
}
