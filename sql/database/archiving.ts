import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the write-ahead log is closed after so many seconds although it is not full: a disk that is lost takes no more than that. */
export const ARCHIVE_SECONDS = 300;

const program = fileURLToPath(new URL('archive-wal.ts', import.meta.url));

/** Where the write-ahead log is kept, in the folder of backups. */
export const walDir = (backupDir: string) => join(backupDir, 'wal');

/** `archive_command` of a server whose log is kept in a folder of backups. */
export const archiveCommand = (backupDir: string) => command('keep', '%p', join(escaped(walDir(backupDir)), '%f.gz'));

/** `restore_command` of a server that recovers from there. */
export const restoreCommand = (backupDir: string) => command('fetch', '%p', join(escaped(walDir(backupDir)), '%f.gz'));

/** What makes a server keep its log. It needs a restart to begin with it. */
export const archivingSettings = (backupDir: string) => ({
  archive_mode: 'on',
  archive_command: archiveCommand(backupDir),
  archive_timeout: ARCHIVE_SECONDS,
});

/** The shell of the server reads it; a percent sign of a folder's name is doubled for the server itself. */
const command = (wish: 'keep' | 'fetch', file: string, archived: string) =>
  [escaped(process.execPath), '--no-warnings', escaped(program), wish, file, archived].map(quoted).join(' ');

const escaped = (path: string) => path.replaceAll('%', '%%');
const quoted = (word: string) =>
  process.platform === 'win32' ? `"${word}"` : /^[\w%./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
