import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Queue } from 'bullmq';
import type { Backend } from '../../queues/backend/backend.ts';
import { enqueue, QueueUnavailable } from '../../queues/backend/enqueue.ts';
import { requestProcess, TooManyOpenRuns } from '../../queues/jobs/request.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { claimRun, finishRun } from '../../sql/runs/execute.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyLedger } from '../support/ledger.ts';

const TODAY = '2026-11-21';
const DONE = { status: 'success' as const, result: {}, details: {}, counts: {} };

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

type Asker = { created_by: string; again?: boolean; api_key_used?: string };
const ask = (date: string, asker: Asker) => requestProcess(database.db, 'cleanup', { date }, TODAY, asker);
const runs = () =>
  database.db.any(
    sql.unsafe`select run_key, attempt, status, created_by from automated_process_history order by run_key, attempt`,
  );

describe('runs that are asked for in the same moment', () => {
  test('fifty requests for one run, of fifty callers, are one run and one answer', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(TODAY, { created_by: `desk-${n}` })));
    expect(new Set(answers.map(({ run }) => run.id)).size).toBe(1);
    expect(answers.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === 'joined')).toHaveLength(49);
    expect(await runs()).toHaveLength(1);
  });

  test('each gets its own run, in whatever order they come', async () => {
    const days = Array.from({ length: 40 }, (_, n) => addDays(TODAY, -((n * 7) % 40)));
    const answers = await Promise.all(days.map((day, n) => ask(day, { created_by: `desk-${n % 4}` })));
    expect(answers.map(({ run }) => run.run_key)).toEqual(days.map((day) => `cleanup:${day}`));
    expect(answers.every(({ outcome, run }) => outcome === 'created' && run.attempt === 1)).toBe(true);
  });

  test('one that the database refuses is refused for itself', async () => {
    const asked = [
      ask(TODAY, { created_by: 'desk' }),
      ask(addDays(TODAY, -1), { created_by: 'desk', api_key_used: 'a NUL: \u0000' }),
      ask(addDays(TODAY, -2), { created_by: 'desk' }),
    ];
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await runs()).toMatchObject([{ run_key: 'cleanup:2026-11-19' }, { run_key: 'cleanup:2026-11-21' }]);
  });

  test('a caller with twenty open runs is refused, and nobody else (D44)', async () => {
    await Promise.all(Array.from({ length: 19 }, (_, n) => ask(addDays(TODAY, -n), { created_by: 'busy' })));
    const settled = await Promise.allSettled([
      ask(addDays(TODAY, -30), { created_by: 'busy' }),
      ask(addDays(TODAY, -31), { created_by: 'busy' }),
      ask(addDays(TODAY, -31), { created_by: 'desk' }),
      ask(addDays(TODAY, -32), { created_by: 'desk' }),
      ask(addDays(TODAY, -1), { created_by: 'busy' }),
    ]);
    expect(settled).toMatchObject([
      { value: { outcome: 'created' } },
      { status: 'rejected', reason: expect.any(TooManyOpenRuns) },
      { value: { outcome: 'created', run: { created_by: 'desk' } } },
      { value: { outcome: 'created' } },
      { value: { outcome: 'joined' } },
    ]);
  });

  test('of a run that ended well one is a replay and one that says again is a new attempt', async () => {
    const { run } = await ask(TODAY, { created_by: 'desk' });
    await claimRun(database.db, run.id, 'job');
    await finishRun(database.db, run.id, DONE);
    const [replayed, anew] = await Promise.all([
      ask(TODAY, { created_by: 'desk' }),
      ask(TODAY, { created_by: 'desk', again: true }),
    ]);
    expect(replayed).toMatchObject({ outcome: 'replayed', run: { id: run.id } });
    expect(anew).toMatchObject({ outcome: 'created', run: { attempt: 2 } });
  });

  test('a caller whose requests have to wait keeps nobody else waiting', async () => {
    const held = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holder = database.db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('open runs'), hashtext('slow'))`);
      held.resolve();
      await release.promise;
    });
    await held.promise;
    const slow = ask(TODAY, { created_by: 'slow' });
    const other = ask(addDays(TODAY, -1), { created_by: 'desk' });
    expect(await other).toMatchObject({ outcome: 'created' });
    expect(await runs()).toMatchObject([{ created_by: 'desk' }]);
    release.resolve();
    await holder;
    expect(await slow).toMatchObject({ outcome: 'created' });
  });

  test('a request made in a transaction is gone with it', async () => {
    const failing = database.db.transaction(async (transaction) => {
      await requestProcess(transaction, 'cleanup', {}, TODAY, { created_by: 'desk' });
      throw new Error('the caller changed its mind');
    });
    await expect(failing).rejects.toThrow('changed its mind');
    expect(await runs()).toEqual([]);
  });
});

describe('jobs that are added in the same moment', () => {
  function fakeBackend(answer: () => Promise<unknown>) {
    const messages: string[][] = [];
    const queue = {
      add: (_name: string, _data: unknown, { jobId }: { jobId: string }) => {
        messages.push([jobId]);
        return answer();
      },
      addBulk: (jobs: { opts: { jobId: string } }[]) => {
        messages.push(jobs.map(({ opts }) => opts.jobId));
        return answer().then(() => jobs);
      },
    } as unknown as Queue;
    return { messages, backend: { queue: () => queue } as unknown as Backend };
  }
  const add = (backend: Backend, n: number) => enqueue(backend, 'cleanup', 'run', { run_id: n }, { id: `run-${n}-1` });

  test('are one message to their queue', async () => {
    const { backend, messages } = fakeBackend(async () => ({}));
    await Promise.all([1, 2, 3].map((n) => add(backend, n)));
    await add(backend, 4);
    expect(messages).toEqual([['run-1-1', 'run-2-1', 'run-3-1'], ['run-4-1']]);
  });

  test('fail alike when the queue does not take them', async () => {
    const { backend } = fakeBackend(async () => {
      throw new Error('READONLY');
    });
    const settled = await Promise.allSettled([1, 2].map((n) => add(backend, n)));
    expect(settled).toMatchObject([{ reason: expect.any(QueueUnavailable) }, { reason: expect.any(QueueUnavailable) }]);
  });
});
