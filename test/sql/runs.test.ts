import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { claimRun, failRun, finishRun } from '../../sql/runs/execute.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ max: 20 });
});
afterAll(() => database.close());

let week = 10;
function request() {
  week += 1;
  return { process_type: 'generation', run_key: `generation:2026-W${week}`, process_date: '2026-11-23', params: {} };
}
const done = { status: 'success' as const, result: { fine: true }, details: {}, counts: {} };

test('a new key makes a queued run', async () => {
  const { run, outcome } = await requestRun(database.db, request());
  expect(outcome).toBe('created');
  expect(run).toMatchObject({ status: 'queued', attempt: 1, created_by: 'system' });
});

test('a queued or running key is joined, even with again', async () => {
  const asked = request();
  const { run } = await requestRun(database.db, asked);
  expect(await requestRun(database.db, { ...asked, again: true })).toMatchObject({ outcome: 'joined', run: { id: run.id } });
  await claimRun(database.db, run.id, 'job-1');
  expect(await requestRun(database.db, asked)).toMatchObject({ outcome: 'joined', run: { id: run.id, status: 'running' } });
});

test('a success is replayed; again makes a new attempt', async () => {
  const asked = request();
  const { run } = await requestRun(database.db, asked);
  await claimRun(database.db, run.id, 'job-1');
  await finishRun(database.db, run.id, done);
  expect(await requestRun(database.db, asked)).toMatchObject({
    outcome: 'replayed',
    run: { id: run.id, result: { fine: true } },
  });
  expect(await requestRun(database.db, { ...asked, again: true })).toMatchObject({ outcome: 'created', run: { attempt: 2 } });
});

test.each(['partial', 'error'] as const)('a key that ended in %s starts a new attempt', async (status) => {
  const asked = request();
  const { run } = await requestRun(database.db, asked);
  await claimRun(database.db, run.id, 'job-1');
  if (status === 'partial') await finishRun(database.db, run.id, { ...done, status });
  else await failRun(database.db, run.id, 'Error: no', true);
  expect(await requestRun(database.db, asked)).toMatchObject({ outcome: 'created', run: { attempt: 2, status: 'queued' } });
});

test('fifty requests at once make one run', async () => {
  const asked = request();
  const answers = await Promise.all(Array.from({ length: 50 }, () => requestRun(database.db, asked)));
  expect(answers.filter((answer) => answer.outcome === 'created')).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.run.id)).size).toBe(1);
});

test('a failed try leaves the run in line until the last one', async () => {
  const { run } = await requestRun(database.db, request());
  await claimRun(database.db, run.id, 'job-1');
  expect(await failRun(database.db, run.id, 'Error: first', false)).toMatchObject({ status: 'queued', errors_count: 1 });
  await claimRun(database.db, run.id, 'job-1');
  expect(await failRun(database.db, run.id, 'Error: last', true)).toMatchObject({
    status: 'error',
    error_message: 'Error: last',
  });
});

test('a run found running counts an interruption', async () => {
  const { run } = await requestRun(database.db, request());
  expect(await claimRun(database.db, run.id, 'job-1')).toMatchObject({ interruptions: 0 });
  expect(await claimRun(database.db, run.id, 'job-2')).toMatchObject({ interruptions: 1 });
});
