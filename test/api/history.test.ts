import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
/** Days are of November 2026; `asked` is hours ago, `seconds` from start to end. */
const ROWS = [
  { id: 1, type: 'generation', day: 10, status: 'success', asked: 1, seconds: 10, trainings: 5, errors: 0 },
  { id: 2, type: 'generation', day: 11, status: 'partial', asked: 23, seconds: 30, trainings: 7, errors: 2 },
  { id: 3, type: 'generation', day: 12, status: 'error', asked: 25, seconds: 20, trainings: 0, errors: 5 },
  { id: 4, type: 'generation', day: 12, status: 'queued', asked: 1, seconds: null, trainings: 0, errors: 0 },
  { id: 5, type: 'cleanup', day: 12, status: 'success', asked: 24 * 8, seconds: 1, trainings: 0, errors: 0 },
  { id: 6, type: 'cleanup', day: 13, status: 'running', asked: 24 * 31, seconds: null, trainings: 0, errors: 0 },
];
beforeAll(async () => {
  api = await testApi();
  for (const { type, day, status, asked, seconds, trainings, errors } of ROWS) {
    const over = seconds !== null;
    await api.db.query(sql.unsafe`
      insert into automated_process_history
        (process_type, run_key, process_date, status, requested_at, started_at, completed_at, trainings_processed, errors_count)
      select ${type}, ${`${type}:${day}:${status}`}, ${`2026-11-${day}`}::date, ${status}, at, at,
        case when ${over}::boolean then at + make_interval(secs => ${seconds ?? 0}) end, ${trainings}, ${errors}
      from (select now() - make_interval(hours => ${asked}) as at) as asked`);
  }
});
afterAll(() => api.close());

const ids = async (query: string) => (await api.get(`/process-history?${query}`)).body.items.map((run: Json) => run.id);

const filters: [string, number[]][] = [
  ['', [6, 5, 4, 3, 2, 1]],
  ['start_date=2026-11-12', [6, 5, 4, 3]],
  ['end_date=2026-11-11', [2, 1]],
  ['start_date=2026-11-11&end_date=2026-11-12', [5, 4, 3, 2]],
  ['start_date=2026-11-12&end_date=2026-11-12', [5, 4, 3]],
  ['process_type=cleanup', [6, 5]],
  ['status=success', [5, 1]],
  ['status=success&process_type=generation', [1]],
  ['process_type=digest', []],
];
test.each(filters)('history by "%s" is %j', async (query, expected) => {
  expect(await ids(query)).toEqual(expected);
});

test('the pages of a filtered list hold each run once', async () => {
  const { body: first } = await api.get('/process-history?process_type=generation&limit=2');
  expect(first.items.map((run: Json) => run.id)).toEqual([4, 3]);
  const { body: second } = await api.get(`/process-history?process_type=generation&limit=2&cursor=${first.next_cursor}`);
  expect(second.items.map((run: Json) => run.id)).toEqual([2, 1]);
  expect(second.next_cursor).toBeNull();
});

test('a list leaves out what may be long, one run shows it', async () => {
  const [listed] = (await api.get('/process-history?status=partial')).body.items;
  const { body: whole } = await api.get(`/process-history/${listed.id}`);
  expect(listed).not.toHaveProperty('details');
  expect(whole).toEqual({ ...listed, details: {}, result: null, progress: null });
});

describe('figures', () => {
  const nothing = { students_processed: 0, students_added: 0, sessions_deducted: 0, invoices_created: 0 };
  const generation = { process_type: 'generation', runs: 4, success: 1, partial: 1, error: 1, open: 1 };
  const day = {
    ...generation,
    runs: 3,
    error: 0,
    success_rate: 1 / 2,
    average_seconds: 20,
    longest_seconds: 30,
    trainings_processed: 12,
    errors_count: 2,
  };
  const week = {
    ...generation,
    success_rate: 1 / 3,
    average_seconds: 20,
    longest_seconds: 30,
    trainings_processed: 12,
    errors_count: 7,
  };
  const cleanup = {
    process_type: 'cleanup',
    runs: 1,
    success: 1,
    partial: 0,
    error: 0,
    open: 0,
    success_rate: 1,
    average_seconds: 1,
    longest_seconds: 1,
  };

  test.each([
    ['day', 1, [day]],
    ['week', 7, [week]],
    ['month', 30, [cleanup, week]],
  ])('of a %s', async (period, days, expected) => {
    const { body } = await api.get(`/process-stats?period=${period}`);
    expect(body).toMatchObject({ period, processes: expected.map((process) => ({ ...nothing, ...process })) });
    expect(body.processes).toHaveLength(expected.length);
    expect(Math.round((Date.now() - Date.parse(body.since)) / 86_400_000)).toBe(days);
  });

  test('the history covers a week unless another period is asked for', async () => {
    expect((await api.get('/process-stats')).body.period).toBe('week');
  });
});
