import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the write-ahead log is closed after so many seconds although it is not full: a disk that is lost takes no more than that. */
export const ARCHIVE_SECONDS = 300;

const program = fileURLToPath(new URL('archive-wal.ts', import.meta.url));

/**
 * Where the write-ahead log of a server is kept, in the folder of backups: each has a folder of its own, for their files have the same
 * names. A server that was restored is the same one.
 * @param system its identifier, as PostgreSQL gave it when it was made
 */
export const walDir = (backupDir: string, system: string) => join(backupDir, 'wal', system);

/** `archive_command` of a server whose log is kept in a folder. */
export const archiveCommand = (folder: string, keyFile?: string) => command('keep', folder, keyFile);

/**
 * Whether the `archive_command` of a server that runs keeps its log in a folder, with a key. Whose program does it makes no difference:
 * after an update from another folder the server goes on with that of the version before.
 */
export function keepsLogIn(serversCommand: string, folder: string, keyFile?: string): boolean {
  const [before, after] = [serversCommand, archiveCommand(folder, keyFile)].map(whereTo);
  return before !== undefined && before === after;
}

/** `restore_command` of a server that recovers from there. */
export const restoreCommand = (folder: string, keyFile?: string) => command('fetch', folder, keyFile);

/** What makes a server keep its log. It needs a restart to begin with it. */
export const archivingSettings = (folder: string, keyFile?: string) => ({
  archive_mode: 'on',
  archive_command: archiveCommand(folder, keyFile),
  archive_timeout: ARCHIVE_SECONDS,
});

/** The shell of the server reads it; a percent sign of a folder's name is doubled for the server itself. */
const command = (wish: 'keep' | 'fetch', folder: string, keyFile: string | undefined) =>
  [
    ...[escaped(process.execPath), '--no-warnings', escaped(program), wish, '%p', join(escaped(folder), '%f.gz')],
    ...(keyFile === undefined ? [] : [escaped(keyFile)]),
  ]
    .map(quoted)
    .join(' ');

/** What stands in the command after its program. */
const whereTo = (text: string) => text.split(` ${quoted('keep')} ${quoted('%p')} `)[1];

const escaped = (path: string) => path.replaceAll('%', '%%');
const quoted = (word: string) =>
  process.platform === 'win32' ? `"${word}"` : /^[\w%./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
