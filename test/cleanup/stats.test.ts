import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readSettings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { deleteOldRuns } from '../../sql/cleanup/history.ts';
import { sql } from '../../sql/database/database.ts';
import { keptSince } from '../../workers/cleanup/policy.ts';
import { emptyTables } from '../support/emptying.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { countOf } from './night.ts';

let api: TestApi;
const { zone } = readSettings({}, '/nowhere/.env');
beforeAll(async () => {
  api = await testApi();
});
beforeEach(async () => {
  await emptyTables(api.db, 'automated_process_history', 'process_history_monthly');
  // Two years of nights: some that failed, some that never started, seconds with fractions; the last is queued.
  await api.db.query(sql.unsafe`
    insert into automated_process_history (process_type, run_key, process_date, requested_at, started_at, completed_at, status,
      trainings_processed, students_processed, students_added, sessions_deducted, invoices_created, errors_count)
    select type, 'k' || n, current_date, at, case when n % 7 > 0 then at + interval '1 second' end,
      case when n > 1 then at + make_interval(secs => 1.000001 + n % 13 * 0.37) end,
      case when n = 1 then 'queued' else (array['success', 'success', 'partial', 'error'])[n % 4 + 1] end, n, n % 5, n % 3, n % 11, n % 17, n % 2
    from generate_series(1, 730) n
    cross join (values ('finance'), ('cleanup')) process (type)
    cross join lateral (select now() - n * interval '1 day' as at) asked`);
});
afterAll(() => api.close());

const stats = async () => {
  const periods = ['day', 'week', 'month', 'year', 'all'];
  return Promise.all(periods.map(async (period) => (await api.get(`/process-stats?period=${period}`)).body.processes));
};
/** Everything the retention lets go, batch by batch. */
async function forget(days: number, size = 100) {
  const before = keptSince(dayOf(new Date(), zone), days, zone, new Date());
  let after: string | null = null;
  for (let rows = size; rows === size; ) {
    ({ rows, after } = await api.db.transaction((transaction) => deleteOldRuns(transaction, { before, after, size }, zone)));
  }
}

test.each([30, 31, 200, 400, 729])('kept for %i days or for ever, the history tells the same', async (days) => {
  const before = await stats();
  expect(before[4]).toMatchObject([
    { process_type: 'cleanup', runs: 730 },
    { process_type: 'finance', runs: 730 },
  ]);
  await forget(days);
  expect(await countOf(api.db, 'automated_process_history')).toBeLessThanOrEqual(2 * (days + 1));
  expect(await stats()).toEqual(before);
  await forget(days);
  expect(await stats()).toEqual(before);
});

test('shortened in two steps, a month is summed up in two parts', async () => {
  const before = await stats();
  for (const days of [700, 500, 95, 80, 30]) await forget(days, 7);
  expect(await stats()).toEqual(before);
  expect(await countOf(api.db, 'process_history_monthly')).toBeLessThanOrEqual(2 * 25);
});

test('a batch that is rolled back changes neither side', async () => {
  const before = await stats();
  await expect(
    api.db.transaction(async (transaction) => {
      await deleteOldRuns(transaction, { before: new Date().toISOString(), after: null, size: 500 }, zone);
      throw new Error('killed');
    }),
  ).rejects.toThrow('killed');
  expect(await countOf(api.db, 'process_history_monthly')).toBe(0);
  expect(await stats()).toEqual(before);
});

test('two that delete at once delete each run once', async () => {
  const before = await stats();
  await Promise.all([forget(30, 20), forget(30, 20), forget(30, 20)]);
  expect(await stats()).toEqual(before);
});
