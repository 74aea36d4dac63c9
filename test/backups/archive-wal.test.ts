import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { fetchWal, keepWal } from '../../sql/database/archive-wal.ts';
import { archiveCommand, keepsLogIn, restoreCommand } from '../../sql/database/archiving.ts';

let dir: string;
let wal: string;
let archived: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wal-'));
  wal = join(dir, '000000010000000000000001');
  archived = join(dir, 'archive', '000000010000000000000001.gz');
  writeFileSync(wal, Buffer.alloc(300_000, 7));
});

test('a file of the log comes back as it was, archived once or twice', async () => {
  await keepWal(wal, archived);
  await keepWal(wal, archived);
  await fetchWal(join(dir, 'back'), archived);
  expect(readFileSync(join(dir, 'back')).equals(readFileSync(wal))).toBe(true);
  expect(readdirSync(join(dir, 'archive'))).toEqual(['000000010000000000000001.gz']);
});

test('another file of that name is refused, and the first one stays', async () => {
  await keepWal(wal, archived);
  const first = readFileSync(archived);
  writeFileSync(wal, Buffer.alloc(300_000, 8));
  await expect(keepWal(wal, archived)).rejects.toThrow(/is another file already: does a second server archive to this folder/);
  expect(readFileSync(archived).equals(first)).toBe(true);
});

test('a file that was archived only in part is another one', async () => {
  await keepWal(wal, archived);
  writeFileSync(archived, readFileSync(archived).subarray(0, 100));
  await expect(keepWal(wal, archived)).rejects.toThrow(/another file/);
});

test('a file that cannot be read leaves nothing in the archive', async () => {
  await expect(keepWal(join(dir, 'nowhere'), archived)).rejects.toThrow(/ENOENT/);
  expect(readdirSync(join(dir, 'archive'))).toEqual([]);
});

test('a file that was never archived cannot be fetched, and nothing is written in its place', async () => {
  await expect(fetchWal(join(dir, 'back'), archived)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(existsSync(join(dir, 'back'))).toBe(false);
});

test.each([
  ['the version before’s, in another folder', '/old/node --no-warnings /old/sql/archive-wal.ts keep %p /mnt/wal/%f.gz', true],
  ['another folder of backups', '/old/node --no-warnings /old/sql/archive-wal.ts keep %p /mnt/other/%f.gz', false],
  ['a key that is not ours', '/old/node --no-warnings /old/sql/archive-wal.ts keep %p /mnt/wal/%f.gz /etc/key', false],
  ['a program of somebody’s', 'cp %p /mnt/wal/%f.gz', false],
  ['none', '', false],
])('a server that archives by %s', (_, command, isIt) => {
  expect(keepsLogIn(command, '/mnt/wal')).toBe(isIt);
});

test('a server that archives by our own command does so, with its key', () => {
  const [folder, key] = ["/mnt/a 100% 'b'/wal", '/etc/a key'];
  expect(keepsLogIn(archiveCommand(folder), folder)).toBe(true);
  expect(keepsLogIn(archiveCommand(folder, key), folder, key)).toBe(true);
  expect(keepsLogIn(archiveCommand(folder, key), folder)).toBe(false);
});

test('folders with blanks, quotes and percent signs reach the shell as they are', () => {
  expect(archiveCommand("/mnt/a 100% 'b'/wal")).toMatch(/ keep %p '\/mnt\/a 100%% '\\''b'\\''\/wal\/%f\.gz'$/);
  expect(restoreCommand('/mnt/backups/wal')).toMatch(/ fetch %p \/mnt\/backups\/wal\/%f\.gz$/);
});
