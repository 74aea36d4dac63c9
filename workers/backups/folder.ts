import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { syncFolder } from '../../sql/database/archive-wal.ts';
import { writeWhole } from './files.ts';
import { isAbsent, type Store } from './store.ts';

const UNFINISHED = /^\..+\.tmp$/;

/** A folder where backups lie, with its path. */
export type Folder = Store & { root: string };

/** The folder as a place of backups. It need not be there yet. */
export function folderAt(root: string): Folder {
  async function namesBelow(folder: string): Promise<string[]> {
    const found = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch((error) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    return found
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join('/'));
  }
  return {
    root,
    place: root,
    list: async (folder) => new Set((await namesBelow(folder)).filter((file) => !basename(file).startsWith('.'))),
    sizeOf: async (file) => (await stat(join(root, file)).catch(() => undefined))?.size,
    read: (file) => createReadStream(join(root, file)),
    write: async (file, content, expected) => {
      await writeWhole(join(root, file), content, [], expected);
    },
    async remove(file) {
      await rm(join(root, file), { force: true });
      await syncFolder(dirname(join(root, file)));
    },
    async removeUnfinished(before) {
      for (const file of [...(await namesBelow('nightly')), ...(await namesBelow('archive'))]) {
        if (!UNFINISHED.test(basename(file))) continue;
        const began = (await stat(join(root, file)).catch(() => undefined))?.mtime;
        if (began !== undefined && began <= before) await rm(join(root, file), { force: true });
      }
    },
    close: () => undefined,
  };
}
