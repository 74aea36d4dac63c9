import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { enqueue } from '../../queues/backend/enqueue.ts';
import { sql } from '../../sql/database/database.ts';
import { workersLastSeen } from '../../sql/schedule/beats.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { done, ONE_TRY, type Stage, stage } from './stage.ts';

describe.each(backendKinds)('a job on %s', (kind) => {
  let on: Stage;
  let executed: number[];
  const count: RunHandler = async (run) => {
    executed.push(run.id);
    return done;
  };
  beforeAll(async () => {
    on = await stage(kind);
  });
  afterEach(async () => {
    await on.dismiss();
  });
  afterAll(() => on.close());

  test('that is stale does nothing', async () => {
    executed = [];
    on.worker({ counted: count });
    const run = await on.ask('counted');
    const ended = await on.over(run);
    await on.enqueueAll(run, 2);
    expect((await on.heard(run, 2)).returnvalue).toEqual({ stale: true });
    expect(executed).toEqual([run.id]);
    expect(await on.now(run)).toEqual(ended);
  });

  test('for a run that is not in the database does nothing', async () => {
    on.worker({ counted: count });
    await on.enqueueAll({ id: 999_999 });
    expect((await on.heard({ id: 999_999 })).returnvalue).toEqual({ stale: true });
  });

  test('that enqueues twice for one run executes it once', async () => {
    executed = [];
    const run = await on.ask('counted');
    await on.enqueueAll(run, 2);
    on.worker({ counted: count });
    on.worker({ counted: count });
    for (const n of [1, 2]) expect((await on.heard(run, n)).attemptsMade).toBe(ONE_TRY);
    expect(executed).toEqual([run.id]);
    expect(await on.now(run)).toMatchObject({ status: 'success', interruptions: 0 });
  });

  test.each([
    ['run', { run_id: 'seven' }, 'the job "run" has a wrong payload: run_id: Invalid input: expected number, received string'],
    ['run', {}, 'the job "run" has a wrong payload: run_id: Invalid input: expected number, received undefined'],
    ['dance', { run_id: 7 }, 'the worker "generation" knows no job "dance"'],
    ['drain', {}, 'the worker "generation" knows no job "drain"'],
  ])('"%s" with %j fails at once and says why', async (name, data, reason) => {
    on.worker({ counted: count });
    const { id } = await on.queue.add(name, data, { attempts: 5, backoff: { type: 'fixed', delay: 60_000 } });
    await eventually(async () => (await on.queue.getJobState(id as string)) === 'failed');
    expect(await on.queue.getJob(id as string)).toMatchObject({ failedReason: reason, attemptsMade: 1 });
  });

  test('for a run without a handler here ends it as an error', async () => {
    on.worker({ counted: count });
    const ended = await on.over(await on.ask('unheard of'));
    expect(ended).toMatchObject({
      status: 'error',
      error_message: 'UnrecoverableError: this worker has no handler for "unheard of"',
    });
  });

  test('of a canary is answered while a long run goes on', async () => {
    const gate = Promise.withResolvers<void>();
    on.worker({
      long: async () => {
        await gate.promise;
        return done;
      },
    });
    const run = await on.ask('long');
    await eventually(async () => (await on.now(run)).status === 'running');
    await on.db.query(sql.unsafe`delete from worker_beats`);
    await enqueue(
      on.fleet.backend,
      'generation',
      'canary',
      { rung_at: new Date().toISOString() },
      { id: 'canary', forget: true },
    );
    await eventually(async () => (await workersLastSeen(on.db)).length === 1);
    expect((await on.now(run)).status).toBe('running');
    gate.resolve();
    await on.over(run);
  });
});
