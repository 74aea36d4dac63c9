import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Misfire } from '../../queues/jobs/run-definition.ts';
import { settleTicks } from '../../queues/timetable/settle-ticks.ts';
import type { Schedule } from '../../queues/timetable/timetable.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { book, emptyLedger, ledger, schedule } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const settle = (now: string, ...schedules: Schedule[]) =>
  settleTicks(database.db, schedules.length > 0 ? schedules : [schedule()], 'Europe/Moscow', new Date(now));
const tooOld = 'skipped (older than the catch-up window)';

test.each<[Misfire, string]>([
  ['latest', 'caught_up 2026-W48'],
  ['every', 'caught_up 2026-W48'],
  ['skip', 'skipped (missed)'],
])('down for three days over a tick, misfire %s', async (misfire, fate) => {
  await settle('2026-11-21T12:00Z', schedule({ misfire }));
  await settle('2026-11-24T12:00Z', schedule({ misfire }));
  expect(await ledger(database.db)).toEqual([`2026-11-22T18:00Z ${fate}`]);
});

test.each<[Misfire, number, string[]]>([
  ['latest', 144, [`2026-11-22T18:00Z ${tooOld}`, `2026-11-29T18:00Z ${tooOld}`, '2026-12-06T18:00Z caught_up 2026-W50']],
  [
    'latest',
    500,
    ['2026-11-22T18:00Z skipped (superseded)', '2026-11-29T18:00Z skipped (superseded)', '2026-12-06T18:00Z caught_up 2026-W50'],
  ],
  [
    'every',
    500,
    ['2026-11-22T18:00Z caught_up 2026-W48', '2026-11-29T18:00Z caught_up 2026-W49', '2026-12-06T18:00Z caught_up 2026-W50'],
  ],
  ['every', 300, [`2026-11-22T18:00Z ${tooOld}`, '2026-11-29T18:00Z caught_up 2026-W49', '2026-12-06T18:00Z caught_up 2026-W50']],
  [
    'skip',
    500,
    ['2026-11-22T18:00Z skipped (missed)', '2026-11-29T18:00Z skipped (missed)', '2026-12-06T18:00Z skipped (missed)'],
  ],
])('down for three weeks, misfire %s, window of %d hours', async (misfire, windowHours, expected) => {
  const weekly = schedule({ misfire, windowHours });
  await settle('2026-11-21T12:00Z', weekly);
  const runs = await settle('2026-12-11T12:00Z', weekly);
  expect(await ledger(database.db)).toEqual(expected);
  expect(runs).toHaveLength(expected.filter((tick) => tick.includes('caught_up')).length);
  expect(await settle('2026-12-11T12:00:01Z', weekly)).toEqual([]);
});

test.each<[Misfire, Record<string, number>]>([
  ['latest', { 'skipped (superseded)': 4_319, 'enqueued 2026-W48': 1 }],
  ['every', { 'caught_up 2026-W48': 4_319, 'enqueued 2026-W48': 1 }],
  ['skip', { 'skipped (missed)': 4_319, 'enqueued 2026-W48': 1 }],
])('every minute of three days, misfire %s: each tick has its row, the run is asked for once', async (misfire, expected) => {
  const eachMinute = schedule({ pattern: '* * * * *', misfire });
  await settle('2026-11-17T12:00:59Z', eachMinute);
  const runs = await settle('2026-11-20T12:00:59Z', eachMinute);
  expect(runs.map(({ run }) => run.run_key)).toEqual(['generation:2026-W48']);
  const fates = Map.groupBy(await ledger(database.db), (tick) => tick.slice(18));
  expect(Object.fromEntries([...fates].map(([fate, ticks]) => [fate, ticks.length]))).toEqual(expected);
});

test('ticks beyond the window are entered in batches, those within it by the latest of them all', async () => {
  const eachMinute = schedule({ pattern: '* * * * *', windowHours: 24 });
  await settle('2026-11-08T00:00Z', eachMinute);
  const asked = [];
  for (const second of [0, 1, 2]) asked.push((await settle(`2026-11-17T00:00:0${second}Z`, eachMinute)).length);
  const ticks = await ledger(database.db);
  expect(asked).toEqual([0, 1, 0]);
  expect(ticks).toHaveLength(9 * 1_440);
  expect(ticks.filter((tick) => tick.includes('superseded'))).toHaveLength(1_439);
  expect(ticks.at(-1)).toBe('2026-11-17T00:00Z enqueued 2026-W48');
});

test('nothing is owed from before the first start, nor from before a schedule was added', async () => {
  expect(await settle('2026-11-22T18:00:01Z')).toEqual([]);
  const added = schedule({ name: 'added' });
  await settle('2026-11-29T18:00:01Z', schedule(), added);
  await settle('2026-12-06T18:00:00Z', schedule(), added);
  expect(await ledger(database.db)).toEqual(['2026-11-29T18:00Z enqueued 2026-W49', '2026-12-06T18:00Z enqueued 2026-W50']);
  expect(await ledger(database.db, 'added')).toEqual(['2026-12-06T18:00Z enqueued 2026-W50']);
});

test('a schedule that left the timetable ticks no more and keeps its ledger', async () => {
  const leaving = schedule({ name: 'leaving', pattern: '0 20 * * 0' });
  await settle('2026-11-21T12:00Z', schedule(), leaving);
  await settle('2026-11-22T17:00Z', schedule(), leaving);
  await settle('2026-11-29T18:00Z');
  expect(await ledger(database.db, 'leaving')).toEqual(['2026-11-22T17:00Z enqueued 2026-W48']);
});

test('a fleet without schedules decides nothing', async () => {
  expect(await settleTicks(database.db, [], 'Europe/Moscow', new Date('2026-11-22T18:00Z'))).toEqual([]);
  expect(await book(database.db)).toEqual([]);
});
