import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { runDue, type SchedulerContext } from '../../queues/timetable/run-due.ts';
import { sql } from '../../sql/database/database.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { latestTicks, pauseSchedule } from '../../sql/schedule/schedule.ts';
import { testBackend } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { crowd, emptyLedger, emptyQueues, endRuns, outbox, schedule } from '../support/ledger.ts';

let database: TestDatabase;
let scheduler: SchedulerContext;
beforeAll(async () => {
  database = await testDatabase();
  const backend = testBackend('postgres', database.url);
  scheduler = {
    db: database.db,
    backend,
    settings: { zone: 'Europe/Moscow', adminChatIds: [1001, -1002] },
    schedules: [schedule()],
  };
});
beforeEach(async () => {
  await emptyLedger(database.db);
  await emptyQueues(scheduler.backend);
  await at('2026-11-21T12:00Z');
});
afterAll(async () => {
  await scheduler.backend.close();
  await database.close();
});

const at = (now: string, fields: Partial<SchedulerContext> = {}) => runDue({ ...scheduler, ...fields }, new Date(now));
const TICK = '2026-11-22T18:00:00Z';
const BEFORE = '2026-11-22T18:59:59Z';
const DEADLINE = '2026-11-22T19:00:00Z';

const missed = (status: string | null, more = {}) => ({
  template: 'deadline_missed',
  params: {
    schedule: 'generation',
    nominal_at: '2026-11-22T18:00:00.000Z',
    deadline_at: '2026-11-22T19:00:00.000Z',
    run_id: 1,
    status,
    more: 0,
    alert: 'deadline_missed:generation',
    ...more,
  },
});

test.each(['queued', 'running', 'error'] as const)(
  'a run that is %s at its deadline is reported once, to every admin chat',
  async (status) => {
    await at(TICK);
    if (status !== 'queued') await endRuns(database.db, status);
    await at(BEFORE);
    expect(await outbox(database.db)).toEqual([]);
    for (const now of [DEADLINE, '2026-11-22T19:00:01Z', '2026-11-23T12:00Z']) await at(now);
    expect(await outbox(database.db)).toEqual([
      { chat_id: -1002, ...missed(status) },
      { chat_id: 1001, ...missed(status) },
    ]);
    const [tick] = await latestTicks(database.db, new Date('2026-11-23T12:00Z'));
    expect(tick?.alarmed_at).toBe('2026-11-22T19:00:00.000Z');
  },
);

test('without admin chats one message is kept for the log', async () => {
  const settings = { ...scheduler.settings, adminChatIds: [] };
  for (const now of [TICK, DEADLINE, '2026-11-22T19:00:01Z']) await at(now, { settings });
  expect(await outbox(database.db)).toEqual([{ chat_id: null, ...missed('queued') }]);
});

test.each(['success', 'partial'] as const)(
  'a %s in time raises no alarm, nor does its leaving the history later',
  async (status) => {
    await at(TICK);
    await endRuns(database.db, status);
    await at(DEADLINE);
    await database.db.query(sql.unsafe`delete from automated_process_history`);
    await at('2026-11-23T12:00Z');
    expect(await outbox(database.db)).toEqual([]);
  },
);

test('a later attempt that succeeds in time counts', async () => {
  await at(TICK);
  await endRuns(database.db, 'error');
  await requestRun(database.db, {
    process_type: 'generation',
    run_key: 'generation:2026-W48',
    process_date: '2026-11-23',
    params: {},
  });
  await endRuns(database.db, 'success');
  await at(DEADLINE);
  expect(await outbox(database.db)).toEqual([]);
});

test('an earlier success that answers the tick counts', async () => {
  await requestRun(database.db, {
    process_type: 'generation',
    run_key: 'generation:2026-W48',
    process_date: '2026-11-23',
    params: {},
  });
  await endRuns(database.db, 'success');
  for (const now of [TICK, DEADLINE]) await at(now);
  expect(await outbox(database.db)).toEqual([]);
});

test.each([2, 5])('%d schedulers at once tell it once', async (size) => {
  await at(TICK);
  const { members, close } = await crowd(database.url, size);
  await Promise.all(members.map((db) => at(DEADLINE, { db })));
  await close();
  expect(await outbox(database.db)).toHaveLength(2);
});

test('of a tick too old to be caught up and a later one too late, one alarm is raised; one that was superseded is not told of', async () => {
  const schedules = [schedule({ windowHours: 10 * 24 })];
  await at('2026-12-07T12:00Z', { schedules, settings: { ...scheduler.settings, adminChatIds: [] } });
  expect((await outbox(database.db)).map(({ params }) => [params.nominal_at, params.run_id, params.status, params.more])).toEqual(
    [['2026-12-06T18:00:00.000Z', 1, 'queued', 1]],
  );
});

test('a tick that was paused is not told of', async () => {
  await pauseSchedule(database.db, 'generation', new Date('2026-11-22T12:00Z'), 'anna');
  for (const now of [TICK, DEADLINE]) await at(now);
  expect(await outbox(database.db)).toEqual([]);
});

test('a tick caught up after its deadline is reported at once', async () => {
  for (const now of ['2026-11-23T12:00:00Z', '2026-11-23T12:00:01Z']) await at(now);
  expect((await outbox(database.db)).map(({ params }) => params)).toEqual([missed('queued').params, missed('queued').params]);
});
