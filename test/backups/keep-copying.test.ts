import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import { watchBackups } from '../../queues/timetable/backup-watch.ts';
import { describeBackups } from '../../sql/backups/backups.ts';
import { sql } from '../../sql/database/database.ts';
import { keepCopying } from '../../workers/backups/copy.ts';
import { fileFor, type Manifest, writeManifest, writeWhole } from '../../workers/backups/files.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { today } from '../support/days.ts';
import { emptyTables } from '../support/emptying.ts';
import { eventually } from '../support/eventually.ts';
import { objectStore, STORE_KEY } from '../support/object-store.ts';

const HOUR = 3_600_000;
let database: TestDatabase;
let remote: Awaited<ReturnType<typeof objectStore>>;
let backupDir: string;
let lines = '';
beforeAll(async () => {
  Object.defineProperty(log, pino.symbols.streamSym, { value: { write: (line: string) => (lines += line) } });
  log.level = 'trace';
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  remote = await objectStore();
  backupDir = mkdtempSync(join(tmpdir(), 'keep-copying-'));
  lines = '';
  await emptyTables(database.db, 'backups', 'alerts', 'notifications');
});
afterEach(async () => {
  await remote.close();
  rmSync(backupDir, { recursive: true, force: true });
});

const settings = () => ({ backupDir, backupBucket: remote.bucket, zone: 'Europe/Moscow' });

/** A complete backup that ended some hours ago. */
async function made(hours: number): Promise<Manifest> {
  const at = new Date(Date.now() - hours * HOUR);
  const file = fileFor('base', today(), at);
  const written = await writeWhole(join(backupDir, file), [randomBytes(2_000)]);
  const ended = at.toISOString();
  const about = { kind: 'base' as const, file, day: today(), started_at: ended, finished_at: ended, ...written };
  const described = { ...about, schema_version: 1, row_counts: {}, is_exact: true, version: 18, wal: null, verified_at: null };
  await writeManifest(backupDir, described);
  await describeBackups(database.db, [described]);
  return described;
}

/** Looks again and again, as the worker does each minute, until something is so. */
async function copyingUntil(check: () => Promise<boolean>) {
  const ending = new AbortController();
  const life = keepCopying({ db: database.db, settings: settings() }, ending.signal, 20);
  await eventually(check);
  ending.abort();
  await life;
}
const alarms = async () => {
  const watched = { ...settings(), adminChatIds: [1001], dataDir: backupDir };
  await watchBackups({ db: database.db, settings: watched }, new Date(), async () => ({ percent: 50, free_bytes: 5e9 }));
  return database.db.anyFirst(
    sql.type(z.object({ template: z.string() }))`
      select template from notifications where template in ('backup_uncopied', 'alert_over') order by id`,
  );
};
const warnings = () => lines.split('\n').filter((line) => line.includes('backups were not copied'));

test.each([
  ['refuses the key', 403],
  ['is overloaded', 503],
  ['cuts connections', 'cut'],
  ['answers something else', 'html'],
] as const)(
  'a store that %s is tried again, that is noted and told of, and over once it works',
  async (_, fault) => {
    const { file } = await made(3);
    remote.fail(fault, ({ method }) => method === 'GET', 1_000);
    await copyingUntil(async () => warnings().length > 1);
    expect(await alarms()).toEqual(['backup_uncopied']);
    expect(remote.names()).toEqual([]);
    remote.heal();
    await copyingUntil(async () => (await alarms()).length > 1);
    expect(await alarms()).toEqual(['backup_uncopied', 'alert_over']);
    expect(remote.names()).toEqual([file, `${file}.json`]);
    expect(warnings()[0]).toContain('s3://studio/copies/of-backups');
    for (const secret of [STORE_KEY.id, STORE_KEY.secret, 'Signature=']) expect(lines).not.toContain(secret);
  },
  60_000,
);

test('a backup is described there only once it is there', async () => {
  const { file } = await made(0);
  remote.fail(403, ({ method, key }) => method === 'PUT' && key.endsWith('.tar.gz'), 1_000);
  await copyingUntil(async () => warnings().length > 1);
  expect(remote.names()).toEqual([]);
  remote.heal();
  await copyingUntil(async () => remote.names().length === 2);
  expect(remote.names()).toEqual([file, `${file}.json`].toSorted());
});

test('where nothing is new here, nothing is asked there', async () => {
  await made(0);
  await copyingUntil(async () => remote.names().length === 2 && remote.asked.some(({ query }) => query.has('uploads')));
  const ending = new AbortController();
  const life = keepCopying({ db: database.db, settings: settings() }, ending.signal, 5);
  const isIdle = async () => {
    const before = remote.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return before > 0 && remote.asked.length === before;
  };
  await eventually(isIdle);
  await made(0.5);
  await eventually(async () => remote.names().length === 4);
  ending.abort();
  await life;
});

test('uploads that another process has left are ended after a day', async () => {
  await made(0);
  const left = (id: string, hours: number) =>
    remote.uploads.set(id, {
      key: 'copies/of-backups/nightly/left.tar.gz',
      parts: new Map(),
      at: new Date(Date.now() - hours * HOUR),
    });
  left('old', 25);
  left('young', 23);
  await copyingUntil(async () => !remote.uploads.has('old'));
  expect(remote.uploads.has('young')).toBe(true);
});

/** How many modules of the store's client a process has that does this. */
async function loadedBy(script: string): Promise<number> {
  const count = `
    const { Module } = await import('node:module');
    console.log(Object.keys(Module._cache).filter((name) => /@aws-sdk|@smithy/.test(name)).length);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    '--input-type=module',
    '--eval',
    script + count,
  ]);
  return Number(stdout);
}

test('the client of stores is loaded where one is set, and nowhere else', async () => {
  const programs = `
    const { openElsewhere } = await import('./workers/backups/elsewhere.ts');
    await import('./workers/backups/copy.ts');
    await import('./workers/cleanup/handlers.ts');
    await import('./workers/backups/restore.ts');`;
  expect(await loadedBy(`${programs} await openElsewhere({ backupCopyDir: '/nowhere' });`)).toBe(0);
  const bucket = JSON.stringify({ backupBucket: remote.bucket });
  expect(await loadedBy(`${programs} (await openElsewhere(${bucket})).close();`)).toBeGreaterThan(0);
}, 30_000);

test('without another place nothing is copied, and nobody waits', async () => {
  await keepCopying({ db: database.db, settings: { backupDir, zone: 'Europe/Moscow' } }, new AbortController().signal);
  expect(remote.asked).toEqual([]);
});
