import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { Refused } from '../refusal.ts';
import { listManifests, type Manifest, readManifest } from './files.ts';
import { type Folder, folderAt } from './folder.ts';
import type { Store } from './store.ts';

/** A backup, and where it lies. */
export type Copy = { backup: Manifest; store: Store };
/** What is to be restored, and everywhere it lies: first in BACKUP_DIR, if it does. */
export type Chosen = { backup: Manifest; copies: Copy[] };

/**
 * The newest backup that ended before an instant, or the one that was named by its path, from here or from BACKUP_DIR.
 * @param stores BACKUP_DIR and its copy
 */
export const choose = (stores: readonly Store[], { what, at }: { what: string; at?: string }): Promise<Chosen> =>
  what === 'latest' ? newestIn(stores, at) : named(stores, what, at);

async function newestIn(stores: readonly Store[], at: string | undefined): Promise<Chosen> {
  const found = (
    await Promise.all(stores.map(async (store) => (await listManifests(store)).map((backup) => ({ backup, store }))))
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
      `there is no backup in ${stores.map(({ place }) => place).join(' or ')}${at ? ` that ended before ${at}` : ''}${first ? `; the oldest one ended at ${first}` : ''}`,
    );
  }
  return { backup: newest.backup, copies: fitting.filter(({ backup }) => backup.file === newest.backup.file) };
}

async function named(stores: readonly Store[], what: string, at: string | undefined): Promise<Chosen> {
  const copies: Copy[] = [];
  for (const { store, file } of placesOf(stores, what)) {
    if ((await store.sizeOf(file)) === undefined || (await store.sizeOf(`${file}.json`)) === undefined) continue;
    copies.push({ backup: { ...(await readManifest(store, `${file}.json`)), file }, store });
  }
  const [first] = copies;
  if (first === undefined)
    throw new Refused('missing', `${what}: there is no such backup, or nothing beside it describes it (${basename(what)}.json)`);
  const ended = first.backup.finished_at;
  if (at !== undefined && Date.parse(at) < Date.parse(ended))
    throw new Refused('invalid', `${what} ended at ${ended}, after ${at}: take an older one`);
  return { backup: first.backup, copies };
}

/** Where a path may lead: to a file of a store, which each of them may have, or to one that lies elsewhere here. */
function placesOf(stores: readonly Store[], what: string): { store: Store; file: string }[] {
  const path = resolve(what);
  const within = stores.flatMap((store) => ('root' in store ? [relative((store as Folder).root, path)] : [])).find(isInside);
  if (within === undefined && existsSync(path)) {
    const root = dirname(dirname(path));
    return [{ store: folderAt(root), file: slashed(relative(root, path)) }];
  }
  return stores.map((store) => ({ store, file: within === undefined ? what : slashed(within) }));
}

const isInside = (path: string) => !path.startsWith('..') && !isAbsolute(path);
const slashed = (path: string) => path.split(sep).join('/');
