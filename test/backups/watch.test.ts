import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { areBackupsFresh, spaceOf, watchBackups } from '../../queues/timetable/backup-watch.ts';
import { backupsStand, describeBackups } from '../../sql/backups/backups.ts';
import { noteCopied } from '../../sql/backups/copies.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyTables } from '../support/emptying.ts';

const NOW = new Date();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => emptyTables(database.db, 'backups', 'alerts', 'notifications', 'schedules'));

const before = (ms: number) => new Date(NOW.getTime() - ms).toISOString();
const since = (ms: number) =>
  database.db.query(sql.unsafe`
    insert into schedules (name, known_since) values ('backup', ${before(ms)}::timestamptz)
    on conflict (name) do update set known_since = excluded.known_since`);
const backup = (file: string, ms: number, verifiedMs: number | null = 0) => ({
  kind: 'base' as const,
  file,
  started_at: before(ms),
  finished_at: before(ms),
  bytes: 10,
  sha256: 'a'.repeat(64),
  schema_version: 70,
  row_counts: { users: 1 },
  verified_at: verifiedMs === null ? null : before(verifiedMs),
});
const completed = (ms: number, verifiedMs: number | null = 0, file = 'nightly/one.tar.gz') =>
  describeBackups(database.db, [backup(file, ms, verifiedMs)]);
const space = (percent: number) => async () => ({ percent, free_bytes: 5e9 });
const settings = { adminChatIds: [1001], dataDir: '/data', backupDir: '/backups' };
const watch = (percent = 50, now = NOW) => watchBackups({ db: database.db, settings }, now, space(percent));
const told = () =>
  database.db.anyFirst(sql.type(z.object({ template: z.string() }))`select template from notifications order by id`);
const isFresh = async () => areBackupsFresh(await backupsStand(database.db), NOW);

test.each([
  ['26 hours old', 26 * HOUR, []],
  ['a minute older', 26 * HOUR + 60_000, ['backup_missing']],
])('a newest backup that is %s', async (_, ms, alarm) => {
  await completed(ms);
  await watch();
  expect(await told()).toEqual(alarm);
  expect(await isFresh()).toBe(alarm.length === 0);
});

test.each([
  ['8 days ago', 8 * DAY, []],
  ['a minute earlier', 8 * DAY + 60_000, ['backup_unverified']],
])('verified last %s', async (_, ms, alarm) => {
  await completed(0, ms);
  await watch();
  expect(await told()).toEqual(alarm);
  expect(await isFresh()).toBe(alarm.length === 0);
});

test('before the first backup its time is counted from when it was first expected', async () => {
  await watch();
  await since(26 * HOUR);
  await watch();
  expect(await told()).toEqual([]);
  await since(27 * HOUR);
  await watch();
  expect(await told()).toEqual(['backup_missing']);
  await since(9 * DAY);
  await watch();
  expect(await told()).toEqual(['backup_missing', 'backup_unverified']);
});

describe('copies on another disk', () => {
  const copying = { ...settings, backupCopyDir: '/elsewhere' };
  const look = (now = NOW, given: typeof settings = copying) =>
    watchBackups({ db: database.db, settings: given }, now, space(50));
  const made = (file: string, ms: number) => completed(ms, 0, file);

  test.each([
    ['two hours old', 2 * HOUR, []],
    ['a minute older', 2 * HOUR + 60_000, ['backup_uncopied']],
  ])('one that is not copied and %s', async (_, ms, alarm) => {
    await made('nightly/one.tar.gz', ms);
    await look();
    expect(await told()).toEqual(alarm);
  });

  test('none are expected where no other disk is set', async () => {
    await made('nightly/one.tar.gz', 20 * HOUR);
    await look(NOW, settings);
    expect(await told()).toEqual([]);
  });

  test('an older one that was never copied is none once a newer one is: it was there before the other disk', async () => {
    await describeBackups(database.db, [backup('nightly/old.tar.gz', 25 * HOUR), backup('nightly/new.tar.gz', 5 * HOUR)]);
    await noteCopied(database.db, ['nightly/new.tar.gz'], NOW);
    await look();
    expect(await told()).toEqual([]);
  });

  test('it is told once, and its end once, when the copy is there', async () => {
    await made('nightly/one.tar.gz', 3 * HOUR);
    for (const hours of [0, 1, 2]) await look(new Date(NOW.getTime() + hours * HOUR));
    await noteCopied(database.db, ['nightly/one.tar.gz'], NOW);
    await look(new Date(NOW.getTime() + 3 * HOUR));
    expect(await told()).toEqual(['backup_uncopied', 'alert_over']);
  });
});

test('a condition is told once however long it lasts, and its end once', async () => {
  await completed(27 * HOUR);
  for (const hours of [0, 1, 2, 30]) await watch(50, new Date(NOW.getTime() + hours * HOUR));
  expect(await told()).toEqual(['backup_missing']);
  await completed(-31 * HOUR);
  for (const hours of [31, 32]) await watch(50, new Date(NOW.getTime() + hours * HOUR));
  expect(await told()).toEqual(['backup_missing', 'alert_over']);
});

test('less than a tenth of a disk is an alarm of each folder on it, which ends where there is a little more', async () => {
  await completed(0);
  for (const percent of [10, 9.9, 9, 10.5, 11.9, 9]) await watch(percent);
  expect(await told()).toEqual(['disk_low', 'disk_low']);
  await watch(12);
  expect(await told()).toEqual(['disk_low', 'disk_low', 'alert_over', 'alert_over']);
});

test('the space of a disk is that which is free for us; of a folder that is not there nothing is known', async () => {
  const { percent, free_bytes } = (await spaceOf('.')) ?? { percent: -1, free_bytes: 0 };
  expect(percent).toBeGreaterThan(0);
  expect(percent).toBeLessThanOrEqual(100);
  expect(free_bytes).toBeGreaterThan(0);
  expect(await spaceOf('/nowhere/at/all')).toBeUndefined();
});
