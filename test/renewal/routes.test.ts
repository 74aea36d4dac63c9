import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { settleTicks } from '../../queues/timetable/settle-ticks.ts';
import { timetable } from '../../queues/timetable/timetable.ts';
import { sql } from '../../sql/database/database.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { unfreezeNight } from '../../workers/unfreeze/unfreeze-night.ts';
import { club, heldBy } from '../subscriptions/studio.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
let api: TestApi;
let make: ReturnType<typeof club>;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  api = await testApi();
  make = club(api.db);
  const draining = new AbortController();
  const workers = [
    startWorker(api.fleet, 'renewal', { runs: { auto_renewal: renewNight } }, draining.signal),
    startWorker(api.fleet, 'unfreeze', { runs: { auto_unfreeze: unfreezeNight } }, draining.signal),
  ];
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  stop = () => Promise.all(workers.map((worker) => worker.close()));
});
afterAll(async () => {
  await stop();
  await api.close();
});

const wait = { headers: { Prefer: 'wait=20' } };

test('a renewal night answers in the shape of its source, and a second time it is a replay', async () => {
  const student = await make.student();
  await make.held({ student, item: await make.item(), to: TODAY, left: 1 });
  const first = await api.post('/cron/check-auto-renewals', undefined, wait);
  expect(first).toMatchObject({ status: 200, body: { success: true, renewals_processed: 1 } });
  expect(Object.keys(first.body)).toEqual(['success', 'renewals_processed', 'timestamp']);
  expect(first.body.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  const second = await api.post('/cron/check-auto-renewals', { date: TODAY }, wait);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(second.body).toEqual(first.body);
  const again = await api.post('/cron/check-auto-renewals', { again: true }, wait);
  expect(again.body).toMatchObject({ success: true, renewals_processed: 0 });
  expect(await heldBy(api.db, student)).toHaveLength(2);
  const [run] = (await api.get('/process-history?process_type=auto_renewal')).body.items;
  expect(run).toMatchObject({ run_key: `auto_renewal:${TODAY}`, process_date: TODAY, status: 'success' });
});

test('an unfreeze night answers the list of its source', async () => {
  const student = await make.student();
  const freeze: [string, string] = [addDays(TODAY, -5), addDays(TODAY, -1)];
  const id = await make.held({ student, item: await make.item(), to: addDays(TODAY, 20), freeze, status: 'frozen' });
  const { status, body } = await api.post('/subscriptions/auto-unfreeze', undefined, wait);
  expect({ status, body }).toEqual({
    status: 200,
    body: [{ id, student_id: student, freeze_start_date: null, freeze_end_date: null, status: 'active' }],
  });
  expect(Object.keys(body[0])).toEqual(['id', 'student_id', 'freeze_start_date', 'freeze_end_date', 'status']);
  const [run] = (await api.get('/process-history?process_type=auto_unfreeze')).body.items;
  expect(run).toMatchObject({ run_key: `auto_unfreeze:${TODAY}` });
});

test.each(['/cron/check-auto-renewals', '/subscriptions/auto-unfreeze'])('%s refuses what is no day', async (path) => {
  expect(await api.post(path, { date: '2026-02-30' })).toMatchObject({ status: 422, body: { errors: [{ path: 'date' }] } });
  expect((await api.post(path, undefined, { key: await api.key('run:generation') })).status).toBe(403);
});

test('after five nights without a fleet the latest is run, for its own date', async () => {
  const nightly = timetable.filter(({ name }) => name === 'renewal' || name === 'unfreeze');
  await settleTicks(api.db, nightly, 'Europe/Moscow', new Date('2027-03-01T12:00:00Z'));
  const asked = await settleTicks(api.db, nightly, 'Europe/Moscow', new Date('2027-03-06T12:00:00Z'));
  expect(asked.map(({ run }) => [run.run_key, run.params])).toEqual([
    ['auto_renewal:2027-03-06', { date: '2027-03-06' }],
    ['auto_unfreeze:2027-03-06', { date: '2027-03-06' }],
  ]);
  const ticks = (await api.db.any(
    sql.unsafe`select schedule, outcome, reason from schedule_ticks order by nominal_at, schedule`,
  )) as Json[];
  expect(ticks.filter((tick) => tick.reason === 'superseded')).toHaveLength(8);
});
