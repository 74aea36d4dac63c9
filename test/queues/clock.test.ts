import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { settleTicks } from '../../queues/timetable/settle-ticks.ts';
import { latestTicks } from '../../sql/schedule/schedule.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { book, emptyLedger, endRuns, ledger, schedule } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const settle = (now: string, fields = {}) => settleTicks(database.db, [schedule(fields)], 'Europe/Moscow', new Date(now));
const walk = async (settings: object, ...instants: string[]) => {
  for (const now of instants) await settle(now, settings);
};

test.each(['success', 'partial', 'error'] as const)(
  'a clock set back by an hour after a tick whose run ended in %s does nothing twice',
  async (status) => {
    await walk({}, '2026-11-21T12:00Z', '2026-11-22T18:00:01Z');
    await endRuns(database.db, status);
    await walk(
      {},
      '2026-11-22T17:00:02Z',
      '2026-11-22T17:59:59Z',
      '2026-11-22T18:00:00Z',
      '2026-11-22T18:00:02Z',
      '2026-11-29T18:00Z',
    );
    expect(await ledger(database.db)).toEqual(['2026-11-22T18:00Z enqueued 2026-W48', '2026-11-29T18:00Z enqueued 2026-W49']);
    expect((await book(database.db)).map(({ run_key, attempt }) => [run_key, attempt])).toEqual([
      ['generation:2026-W48', 1],
      ['generation:2026-W49', 1],
    ]);
  },
);

test('a clock that was in 2030 for a moment does not hold up the present', async () => {
  await walk({}, '2026-11-22T12:00Z', '2030-06-05T12:00Z', '2026-11-22T12:00:02Z');
  expect(await ledger(database.db)).toEqual(['2030-06-02T18:00Z caught_up 2030-W23']);
  expect(await latestTicks(database.db, new Date('2026-11-22T12:00:02Z'))).toEqual([]);
  await walk({}, '2026-11-22T18:00Z', '2026-11-29T18:00Z', '2026-12-06T18:00Z');
  expect((await ledger(database.db)).slice(0, 3)).toEqual([
    '2026-11-22T18:00Z enqueued 2026-W48',
    '2026-11-29T18:00Z enqueued 2026-W49',
    '2026-12-06T18:00Z enqueued 2026-W50',
  ]);
});

test('ticks that a clock ahead of time passed over are done when their time comes', async () => {
  await walk(
    {},
    '2026-11-20T12:00Z',
    '2026-12-11T12:00Z',
    '2026-11-20T12:00:02Z',
    '2026-11-22T18:00Z',
    '2026-11-29T18:00Z',
    '2026-12-06T18:00Z',
  );
  expect(await ledger(database.db)).toEqual([
    '2026-11-22T18:00Z enqueued 2026-W48',
    '2026-11-29T18:00Z enqueued 2026-W49',
    '2026-12-06T18:00Z caught_up 2026-W50',
  ]);
});

test('a first start in 2030 does not put the fleet to sleep until then', async () => {
  await walk({}, '2030-06-05T12:00Z', '2026-11-22T17:59Z', '2026-11-22T18:00Z');
  expect(await ledger(database.db)).toEqual(['2026-11-22T18:00Z enqueued 2026-W48']);
});

test('an hour that is set back and lived again ticks once a nominal minute', async () => {
  const each = { pattern: '*/20 * * * *' };
  await walk(
    each,
    '2026-11-20T12:10Z',
    '2026-11-20T12:20Z',
    '2026-11-20T12:40Z',
    '2026-11-20T12:10:01Z',
    '2026-11-20T12:20Z',
    '2026-11-20T12:40Z',
    '2026-11-20T13:00Z',
  );
  expect(await ledger(database.db)).toEqual(
    ['2026-11-20T12:20Z', '2026-11-20T12:40Z', '2026-11-20T13:00Z'].map((at) => `${at} enqueued 2026-W48`),
  );
  expect(await book(database.db)).toHaveLength(1);
});
