import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { clearAlert, muteAlert, raiseAlert, type Trouble } from '../../sql/alerts/alerts.ts';
import { isPaid, notePaid, noteUnpaid } from '../../sql/alerts/outside-services.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyLedger, outbox } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const START = Date.parse('2026-11-21T12:00:00Z');
const after = (seconds: number) => new Date(START + seconds * 1_000);
const trouble: Trouble = { fingerprint: 'run_failed:finance:ab', template: 'worker_down', params: { worker: 'x', seconds: 60 } };
const raise = (seconds: number, fields: object = {}) =>
  database.db.transaction((transaction) => raiseAlert(transaction, [1001], { ...trouble, ...fields }, after(seconds)));
const clear = (seconds: number, prefix = trouble.fingerprint) =>
  database.db.transaction((transaction) => clearAlert(transaction, [1001], prefix, after(seconds)));
const told = async () => (await outbox(database.db)).map(({ template, params }) => [template, params.count ?? 'first']);

test('the same trouble is reported once, then the tenth and the hundredth time', async () => {
  const said = [];
  for (let n = 0; n < 101; n += 1) said.push(await raise(n));
  expect(said.flatMap((what, n) => (what === 'quiet' ? [] : [[n + 1, what]]))).toEqual([
    [1, 'told'],
    [10, 'counted'],
    [100, 'counted'],
  ]);
  expect(await told()).toEqual([
    ['worker_down', 'first'],
    ['alert_again', 10],
    ['alert_again', 100],
  ]);
});

test.each([
  [3_599, [['worker_down', 'first']]],
  [
    3_600,
    [
      ['worker_down', 'first'],
      ['alert_again', 2],
    ],
  ],
])('again after %i seconds', async (seconds, messages) => {
  await raise(0);
  await raise(seconds);
  expect(await told()).toEqual(messages);
});

test('trouble that goes on is not counted each time it is looked at, and is reported again after an hour', async () => {
  for (let second = 0; second < 7_200; second += 60) await raise(second, { isOngoing: true });
  expect(await told()).toEqual([
    ['worker_down', 'first'],
    ['alert_again', 1],
  ]);
});

test('its end is reported once; after that it is new', async () => {
  await raise(0);
  expect(await clear(5)).toBe(1);
  expect(await clear(6)).toBe(0);
  await raise(10);
  expect(await told()).toEqual([
    ['worker_down', 'first'],
    ['alert_over', 1],
    ['worker_down', 'first'],
  ]);
});

test('a prefix ends all that begin with it, and only those', async () => {
  await raise(0);
  await raise(0, { fingerprint: 'run_failed:finance:cd' });
  await raise(0, { fingerprint: 'run_failed:finances:ab' });
  expect(await clear(5, 'run_failed:finance:')).toBe(2);
  expect(await clear(5, 'run_failed')).toBe(0);
});

test('muted trouble is counted and not told, nor its end; then it is again', async () => {
  await raise(0);
  expect(await muteAlert(database.db, trouble.fingerprint, 3_600, after(1))).toBe(after(3_601).toISOString());
  expect(await muteAlert(database.db, 'unknown', 3_600, after(1))).toBeNull();
  for (let n = 2; n < 20; n += 1) await raise(n);
  await raise(3_600);
  expect(await told()).toEqual([['worker_down', 'first']]);
  await raise(3_601);
  expect(await told()).toEqual([
    ['worker_down', 'first'],
    ['alert_again', 21],
  ]);
  await muteAlert(database.db, trouble.fingerprint, 3_600, after(3_602));
  await clear(3_700);
  expect(await told()).toHaveLength(2);
});

test('an alert that somebody waits for is sent whole each time', async () => {
  await raise(0);
  await raise(1, { isAnswer: true });
  expect(await told()).toEqual([
    ['worker_down', 'first'],
    ['worker_down', 'first'],
  ]);
});

test('an alert that is rolled back with its cause was never raised', async () => {
  await expect(
    database.db.transaction(async (transaction) => {
      await raiseAlert(transaction, [1001], trouble, after(0));
      throw new Error('rolled back');
    }),
  ).rejects.toThrow();
  expect(await raise(1)).toBe('told');
  expect(await told()).toHaveLength(1);
});

test('several at once tell it once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => raise(0)));
  expect(await told()).toEqual([['worker_down', 'first']]);
  expect(await database.db.oneFirst(sql.type(z.object({ count: z.int() }))`select count from alerts`)).toBe(5);
});

test('a service that answers 402 flips once, is left alone, and flips back once', async () => {
  const unpaid = () => database.db.transaction((transaction) => noteUnpaid(transaction, 'vendista', '402', [1001]));
  const paid = () => database.db.transaction((transaction) => notePaid(transaction, 'vendista', [1001]));
  expect(await isPaid(database.db, 'vendista')).toBe(true);
  expect([await paid(), await unpaid(), await unpaid()]).toEqual([false, true, false]);
  expect(await isPaid(database.db, 'vendista')).toBe(false);
  expect([await paid(), await paid()]).toEqual([true, false]);
  expect(await isPaid(database.db, 'vendista')).toBe(true);
  expect((await outbox(database.db)).map(({ template }) => template)).toEqual(['service_unpaid', 'alert_over']);
  expect(await unpaid()).toBe(true);
  expect(await outbox(database.db)).toHaveLength(3);
});
