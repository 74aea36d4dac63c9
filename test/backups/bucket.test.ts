import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openBucket } from '../../workers/backups/bucket.ts';
import { isDamage, type Store, textIn } from '../../workers/backups/store.ts';
import { objectStore, STORE_KEY } from '../support/object-store.ts';
import { sha256 } from '../support/sigv4.ts';

const PART = 1_000;
/** What a test can wait for. */
const PATIENCE = { connect: 2_000, silence: 300, answer: 1_000, call: 10_000, again: 1, attempts: 3 };
const LATER = new Date(Date.now() + 60_000);

let store: Awaited<ReturnType<typeof objectStore>>;
let bucket: Store;
beforeEach(async () => {
  store = await objectStore();
  bucket = await openBucket(store.bucket, { patience: PATIENCE, part: PART });
});
afterEach(async () => {
  bucket.close();
  await store.close();
});

async function* chunksOf(content: Buffer, size = 333) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}
const measured = (content: Buffer) => ({ bytes: content.length, sha256: sha256(content) });
const write = (file: string, content: Buffer, expected = measured(content)) => bucket.write(file, chunksOf(content), expected);
async function read(file: string) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bucket.read(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const FILE = 'nightly/one.tar.gz';

test.each([0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7])('%i bytes come back as they were', async (length) => {
  const content = randomBytes(length);
  await write(FILE, content);
  expect(store.objects.get(`copies/of-backups/${FILE}`)).toEqual(content);
  expect(await bucket.sizeOf(FILE)).toBe(length);
  expect(await read(FILE)).toEqual(content);
  expect(store.uploads.size).toBe(0);
  await bucket.remove(FILE);
  await bucket.remove(FILE);
  expect(await bucket.sizeOf(FILE)).toBeUndefined();
  await expect(read(FILE)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('names are listed over any number of pages, without those of others', async () => {
  const files = Array.from({ length: 8 }, (_, n) => `wal/7/${n}.gz`);
  for (const file of [...files, 'wal/71/0.gz', 'nightly/x.json']) await write(file, Buffer.from(file));
  store.objects.set('wal/7/theirs.gz', Buffer.from('x'));
  expect([...(await bucket.list('wal/7'))].toSorted()).toEqual(files);
  expect((await bucket.list('wal')).size).toBe(9);
  expect(await bucket.list('archive')).toEqual(new Set());
});

test('a file of many parts is never in memory as a whole: none is read before the one before it has come', async () => {
  const content = randomBytes(40 * PART);
  let [given, come, most] = [0, 0, 0];
  store.watchParts((bytes) => {
    come += bytes;
  });
  async function* source() {
    for (let at = 0; at < content.length; at += 100) {
      most = Math.max(most, given - come);
      given += 100;
      yield content.subarray(at, at + 100);
    }
  }
  await bucket.write(FILE, source(), measured(content));
  expect(most).toBeLessThanOrEqual(2 * PART);
  expect(Math.max(...store.asked.filter(({ method }) => method === 'PUT').map(({ length }) => length))).toBe(PART);
  expect(await read(FILE)).toEqual(content);
});

test('a file of more parts than a store takes goes in larger ones', async () => {
  const content = randomBytes(20_000);
  await bucket.write(FILE, chunksOf(content), { ...measured(content), bytes: 9_000 * PART * 3 }).catch(() => undefined);
  expect(store.asked.filter(({ method, length }) => method === 'PUT' && length === 3 * PART)).toHaveLength(6);
});

test('an upload that is not as expected gets no name, and the earlier object stays', async () => {
  await write(FILE, Buffer.from('the one before'));
  for (const length of [10, 5 * PART]) {
    const content = randomBytes(length);
    const error = await write(FILE, content, { bytes: length, sha256: sha256('another') }).catch((failure) => failure);
    expect(isDamage(error)).toBe(true);
  }
  expect(await textIn(bucket, FILE)).toBe('the one before');
  expect(store.uploads.size).toBe(0);
});

const isPart = ({ query }: { query: URLSearchParams }) => query.has('partNumber');
const isEnd = ({ method, query }: { method: string; query: URLSearchParams }) => method === 'POST' && query.has('uploadId');
const isBeginning = ({ query }: { query: URLSearchParams }) => query.has('uploads');
test.each([
  ['503 to a part', 503, isPart],
  ['500 to the end', 500, isEnd],
  ['a connection cut in a part', 'cut', isPart],
  ['a part that is swallowed', 'swallowed', isPart],
  ['a beginning whose answer is cut off', 'half an answer', isBeginning],
  ['a page of another service to the beginning', 'html', isBeginning],
  ['an end that says 200 and means an error', 'error in 200', isEnd],
  ['a part whose answer is lost', 'lost', isPart],
] as const)('once %s, it is asked again', async (_, fault, is) => {
  const content = randomBytes(3 * PART + 5);
  store.fail(fault, is);
  await write(FILE, content);
  expect(await read(FILE)).toEqual(content);
});

test.each([
  ['it is overloaded', 503, /part 2 of .*: it refuses with 503 SlowDown$/],
  ['the key may not', 403, /part 2 of .*: it refuses with 403 AccessDenied$/],
  ['it cuts connections', 'cut', /part 2 of .*: it cannot be reached \((ECONNRESET|EPIPE)\)$/],
  ['it swallows what is sent', 'swallowed', /part 2 of .*: it cannot be reached \(TimeoutError\)$/],
] as const)('when %s for good, that is said, and nothing is left there', async (_, fault, words) => {
  store.fail(fault, ({ query }) => query.get('partNumber') === '2', 100);
  await expect(write(FILE, randomBytes(3 * PART))).rejects.toThrow(words);
  expect(store.names()).toEqual([]);
  expect(store.uploads.size).toBe(0);
  store.heal();
  await write(FILE, randomBytes(3 * PART));
  expect(store.names()).toEqual([FILE]);
});

test.each([
  ['503', 503],
  ['a connection that is cut', 'cut'],
  ['half a listing', 'half an answer'],
  ['a page of another service', 'html'],
  ['nothing', 'swallowed'],
] as const)('a listing that is answered with %s is asked for again, and never taken for an empty one', async (_, fault) => {
  for (let n = 0; n < 5; n += 1) await write(`wal/7/${n}.gz`, Buffer.from('x'));
  store.fail(fault, ({ query }) => query.has('continuation-token'));
  expect((await bucket.list('wal')).size).toBe(5);
  store.fail(fault, ({ query }) => query.has('list-type'), 100);
  await expect(bucket.list('wal')).rejects.toThrow(/^s3:\/\/studio\/copies\/of-backups: list of wal: /);
});

test('a download that breaks off is read on from there', async () => {
  const content = randomBytes(50_000);
  await write(FILE, content);
  store.fail('cut', ({ method }) => method === 'GET', 2);
  expect(await read(FILE)).toEqual(content);
  const ranges = store.asked.filter(({ method }) => method === 'GET').map(({ range }) => range);
  expect(ranges[0]).toBeUndefined();
  expect(ranges).toHaveLength(3);
  expect(ranges[2]).toMatch(/^bytes=[1-9]\d+-$/);
});

test('a file that is another one by the time it is read on is no longer read', async () => {
  await write(FILE, randomBytes(50_000));
  store.fail('cut', ({ method }) => method === 'GET');
  const reading = bucket.read(FILE)[Symbol.asyncIterator]();
  await reading.next();
  await write(FILE, randomBytes(60_000));
  const rest = async () => {
    while (!(await reading.next()).done);
  };
  await expect(rest()).rejects.toThrow(/it refuses with 412/);
});

test('uploads that were left are ended, those of others and young ones are not', async () => {
  const at = new Date(Date.now() - 60_000);
  for (const [id, file] of ['nightly/a', 'archive/b', 'wal/7/c', 'theirs/d'].entries())
    store.uploads.set(`left-${id}`, { key: `copies/of-backups/${file}`, parts: new Map(), at });
  store.uploads.set('young', { key: 'copies/of-backups/nightly/e', parts: new Map(), at: LATER });
  await bucket.removeUnfinished(new Date());
  expect([...store.uploads.keys()].toSorted()).toEqual(['left-3', 'young']);
  store.fail(501);
  await bucket.removeUnfinished(LATER);
  expect(store.uploads.has('young')).toBe(true);
});

test('a process that ends lets go of what it sends, and leaves nothing there', async () => {
  const ending = new AbortController();
  const own = await openBucket(store.bucket, { patience: PATIENCE, part: PART, signal: ending.signal });
  store.fail({ after: new Promise(() => undefined) }, ({ query }) => query.get('partNumber') === '2');
  store.watchParts(() => setImmediate(() => ending.abort()));
  await expect(own.write(FILE, chunksOf(randomBytes(3 * PART)))).rejects.toThrow(/or the process ends/);
  expect(store.uploads.size).toBe(0);
  own.close();
});

test('nothing listens: that is said within the limits', async () => {
  await store.close();
  await expect(bucket.list('wal')).rejects.toThrow(/it cannot be reached \(ECONNREFUSED\)/);
});

test.each([
  ['a wrong secret', { key: { ...STORE_KEY, secret: 'another-secret' } }, /403 SignatureDoesNotMatch/],
  ['a wrong id', { key: { ...STORE_KEY, id: 'ANOTHER' } }, /403 InvalidAccessKeyId/],
  ['a wrong region', { region: 'nowhere' }, /403 AuthorizationHeaderMalformed/],
  ['a wrong bucket', { bucket: 'nobodys' }, /404 NoSuchBucket/],
])('%s is named, and the key is not', async (_, wrong, words) => {
  const own = await openBucket({ ...store.bucket, ...wrong }, { patience: PATIENCE });
  const error = await own.list('wal').catch((failure) => failure);
  expect(error.message).toMatch(words);
  const told = JSON.stringify([error.message, error.stack, error.cause, { ...error }]);
  for (const secret of [STORE_KEY.id, STORE_KEY.secret, 'another-secret', 'ANOTHER']) expect(told).not.toContain(secret);
  own.close();
});

test('without a key it is not opened', async () => {
  await expect(openBucket({ ...store.bucket, key: undefined })).rejects.toThrow(/^BACKUP_COPY_KEY_ID: not given/);
});
