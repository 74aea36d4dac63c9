import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from '@jest/globals';
import { fetchWal, keepWal } from '../../sql/database/archive-wal.ts';
import { archiveCommand } from '../../sql/database/archiving.ts';
import { openSealed, readKey, seal } from '../../sql/database/seal.ts';

const dir = mkdtempSync(join(tmpdir(), 'seal-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
function newKey(name: string) {
  const file = join(dir, name);
  writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  return file;
}
const keyFile = newKey('key');
const CHUNK = 64 * 1024;
let files = 0;

async function sealed(plain: Buffer) {
  files += 1;
  const file = join(dir, `sealed-${files}`);
  writeFileSync(file, await buffer(Readable.from([plain]).pipe(seal(readKey(keyFile)))));
  return file;
}
const opened = async (file: string, key: string | undefined = keyFile) => buffer(await openSealed(file, key));

test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 17])('%i bytes come back as they were', async (size) => {
  const plain = randomBytes(size);
  const file = await sealed(plain);
  expect((await opened(file)).equals(plain)).toBe(true);
  expect(readFileSync(file).includes(plain.subarray(0, 64)) && size > 8).toBe(false);
});

test('however it is cut into pieces on its way', async () => {
  const plain = randomBytes(3 * CHUNK + 5);
  const pieces = Array.from({ length: Math.ceil(plain.length / 1_000) }, (_, n) => plain.subarray(n * 1_000, (n + 1) * 1_000));
  const file = join(dir, 'pieces');
  writeFileSync(file, await buffer(Readable.from(pieces).pipe(seal(readKey(keyFile)))));
  expect((await opened(file)).equals(plain)).toBe(true);
});

describe('a sealed file that is not as it was written is noticed', () => {
  const HEAD = 40;
  const RECORD = CHUNK + 16;
  test.each<[string, (whole: Buffer) => Buffer]>([
    ['a bit', (whole) => Buffer.from(whole.map((byte, at) => (at === HEAD + 100 ? byte ^ 1 : byte)))],
    ['the salt', (whole) => Buffer.from(whole.map((byte, at) => (at === 20 ? byte ^ 1 : byte)))],
    ['an end cut off at a chunk', (whole) => whole.subarray(0, HEAD + RECORD)],
    ['an end cut off within one', (whole) => whole.subarray(0, -1)],
    ['everything cut off', (whole) => whole.subarray(0, HEAD)],
    [
      'chunks that change places',
      (whole) =>
        Buffer.concat([
          whole.subarray(0, HEAD),
          whole.subarray(HEAD + RECORD, HEAD + 2 * RECORD),
          whole.subarray(HEAD, HEAD + RECORD),
          whole.subarray(HEAD + 2 * RECORD),
        ]),
    ],
    ['something added', (whole) => Buffer.concat([whole, whole.subarray(-32)])],
  ])('%s', async (_, change) => {
    const file = await sealed(randomBytes(2 * CHUNK + 10));
    writeFileSync(file, change(readFileSync(file)));
    await expect(opened(file)).rejects.toThrow(/encrypted with another key than that of BACKUP_KEY_FILE, or damaged/);
  });
});

test('another key, and none', async () => {
  const file = await sealed(Buffer.from('people'));
  await expect(opened(file, newKey('other'))).rejects.toThrow(/another key/);
  await expect(openSealed(file, undefined)).rejects.toThrow(/is encrypted: BACKUP_KEY_FILE must name its key/);
});

test('a file that is not sealed is read as it is', async () => {
  const file = join(dir, 'plain');
  writeFileSync(file, 'plain');
  expect((await opened(file)).toString()).toBe('plain');
});

test('a key that others may read, or that is none, is refused', () => {
  const open = newKey('open');
  chmodSync(open, 0o640);
  expect(() => readKey(open)).toThrow(/others may read the key/);
  const short = join(dir, 'short');
  writeFileSync(short, 'c2hvcnQ=', { mode: 0o600 });
  expect(() => readKey(short)).toThrow(/got 5 bytes; accepted: 32 in base64/);
});

test('the log is kept encrypted, the same file again is fine, and what was kept before there was a key is read', async () => {
  const wal = join(dir, 'wal');
  writeFileSync(wal, 'a record of people'.repeat(1_000));
  const archived = join(dir, 'archive', 'wal.gz');
  await keepWal(wal, archived, keyFile);
  await keepWal(wal, archived, keyFile);
  expect(readFileSync(archived, 'latin1').slice(0, 8)).toBe('SFSEAL01');
  await fetchWal(join(dir, 'back'), archived, keyFile);
  expect(readFileSync(join(dir, 'back'))).toEqual(readFileSync(wal));
  await keepWal(wal, join(dir, 'archive', 'before.gz'));
  await keepWal(wal, join(dir, 'archive', 'before.gz'), keyFile);
  await fetchWal(join(dir, 'back'), join(dir, 'archive', 'before.gz'), keyFile);
  expect(readFileSync(join(dir, 'back'))).toEqual(readFileSync(wal));
  writeFileSync(wal, 'another one');
  await expect(keepWal(wal, archived, keyFile)).rejects.toThrow(/another file/);
});

test('the server is told where the key is', () => {
  expect(archiveCommand('/mnt/wal', '/etc/a 100% key')).toMatch(/ keep %p \/mnt\/wal\/%f\.gz '\/etc\/a 100%% key'$/);
});
