import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { settleTicks } from '../../queues/timetable/settle-ticks.ts';
import { sql } from '../../sql/database/database.ts';
import { recordTicks } from '../../sql/schedule/schedule.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { book, crowd, emptyLedger, endRuns, holdOpen, ledger, schedule, waitingForLock } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const weekly = schedule({ misfire: 'every', windowHours: 10_000 });
const weeks = Array.from({ length: 8 }, (_, n) => `generation:2026-W${40 + n}`);
const start = new Date('2026-09-25T12:00Z');
const end = new Date('2026-11-20T12:00Z');

test.each([2, 5])('%d schedulers that decide the same eight ticks at once make one row and one run each', async (size) => {
  const { members, close } = await crowd(database.url, size);
  await settleTicks(database.db, [weekly], 'Europe/Moscow', start);
  const answers = await Promise.all(members.map((member) => settleTicks(member, [weekly], 'Europe/Moscow', end)));
  await close();
  expect(answers.flat().map(({ run }) => run.run_key)).toEqual(weeks);
  expect((await book(database.db)).map((run) => run.run_key)).toEqual(weeks);
  expect(await ledger(database.db)).toHaveLength(8);
});

test('five schedulers that all saw the ticks due, held up until then, still make one run each', async () => {
  const { members, close } = await crowd(database.url, 5);
  await settleTicks(database.db, [weekly], 'Europe/Moscow', start);
  const held = await holdOpen(database.url, 'select from schedules for update');
  const settling = members.map((member) => settleTicks(member, [weekly], 'Europe/Moscow', end));
  await waitingForLock(database.db, 5);
  await held.commit();
  const answers = await Promise.all(settling);
  await close();
  expect(answers.flat().map(({ run }) => run.run_key)).toEqual(weeks);
  expect((await book(database.db)).map((run) => run.attempt)).toEqual(Array(8).fill(1));
});

test('a scheduler that comes late to a tick whose run has failed already does not try it again', async () => {
  await settleTicks(database.db, [weekly], 'Europe/Moscow', start);
  await settleTicks(database.db, [weekly], 'Europe/Moscow', end);
  await endRuns(database.db, 'error');
  expect(await settleTicks(database.db, [weekly], 'Europe/Moscow', end)).toEqual([]);
  expect(await book(database.db)).toHaveLength(8);
});

test('the ledger takes a tick once, and says which ones were new', async () => {
  const tick = (day: number) => ({
    schedule: 'any',
    nominalAt: new Date(Date.UTC(2026, 10, day)),
    outcome: 'enqueued',
    reason: null,
    deadlineAt: null,
  });
  expect(await recordTicks(database.db, [tick(1), tick(2)])).toEqual(['2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z']);
  expect(await recordTicks(database.db, [tick(2), tick(3)])).toEqual(['2026-11-03T00:00:00.000Z']);
});

test('tick and run are one transaction: a run the database refuses leaves no tick, holds up no other schedule, and comes later', async () => {
  const other = schedule({ name: 'other', pattern: '0 21 * * 3' });
  await settleTicks(database.db, [weekly, other], 'Europe/Moscow', new Date('2026-11-15T12:00Z'));
  await database.db.query(sql.unsafe`
    alter table automated_process_history add constraint closed check (scheduled_for <> '2026-11-15T18:00:00Z')`);
  const refused = await settleTicks(database.db, [weekly, other], 'Europe/Moscow', new Date('2026-11-18T18:00Z'));
  await database.db.query(sql.unsafe`alter table automated_process_history drop constraint closed`);
  expect(refused.map(({ run }) => run.run_key)).toEqual(['generation:2026-W48']);
  expect(await ledger(database.db)).toEqual([]);
  expect(await ledger(database.db, 'other')).toEqual(['2026-11-18T18:00Z enqueued 2026-W48']);
  await settleTicks(database.db, [weekly, other], 'Europe/Moscow', new Date('2026-11-18T18:00:01Z'));
  expect(await ledger(database.db)).toEqual(['2026-11-15T18:00Z caught_up 2026-W47']);
});
