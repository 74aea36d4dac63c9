import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DelayedError, type Job, type Processor } from 'bullmq';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import type { RunHandler } from '../../workers/runner/execute.ts';
import { runJob } from '../../workers/runner/run-job.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { builtRooms, clearRooms, rooms } from './rooms.ts';
import { done, ONE_TRY, type Stage, stage } from './stage.ts';

const never = new AbortController().signal;

describe.each(backendKinds)('a runner on %s that loses', (kind) => {
  let on: Stage;
  beforeAll(async () => {
    on = await stage(kind);
  });
  beforeEach(() => clearRooms(on.db));
  afterEach(() => on.dismiss());
  afterAll(() => on.close());

  /** A worker that does not renew its jobs' locks, as one that is frozen. */
  const frozen = (processor: Processor) =>
    on.keep(
      on.fleet.backend.worker('generation', processor, {
        lockDuration: 300,
        stalledInterval: 150,
        skipLockRenewal: true,
        concurrency: 2,
      }),
    );
  const runner =
    (handler: RunHandler): Processor =>
    (job, token) =>
      runJob(on.fleet, { rooms: handler }, job, token, job.data, never);
  const terminate = (session: number) => on.elsewhere('select pg_terminate_backend($1)', [session]);

  test('its connection can do nothing more, and the run goes on in another one', async () => {
    const gate = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    let lives = 0;
    on.worker({
      rooms: async (run, context) => {
        lives += 1;
        const isFirst = lives === 1;
        const life = rooms(async (room, session) => {
          if (!isFirst || room !== 2) return;
          await terminate(session);
          await gate.promise;
        })(run, context);
        if (isFirst) life.then(late.resolve, late.resolve);
        return life;
      },
    });
    const run = await on.ask('rooms');
    expect(await on.over(run)).toMatchObject({ status: 'success', result: { done: 3 }, interruptions: 1 });
    gate.resolve();
    expect(await late.promise).toBeInstanceOf(Error);
    expect(lives).toBe(2);
    expect(await builtRooms(on.db)).toEqual(['room 1', 'room 2', 'room 3']);
    expect((await on.heard(run)).attemptsMade).toBe(ONE_TRY);
  });

  test('its connection while it fails: a failure that cannot be written down uses up no try', async () => {
    let lives = 0;
    on.worker({
      rooms: async (_run, { db }) => {
        lives += 1;
        if (lives > 1) return done;
        const session = await db.oneFirst(sql.unsafe`select pg_backend_pid()`);
        await terminate(Number(session));
        throw new Error('the roof leaks');
      },
    });
    const run = await on.ask('rooms');
    expect(await on.over(run)).toMatchObject({ status: 'success', interruptions: 1 });
    expect((await on.heard(run)).attemptsMade).toBe(ONE_TRY);
    expect(await on.notices()).toEqual([]);
  });

  test('the lock of its job keeps the run: whoever gets the job waits, then finds it done', async () => {
    const built: number[] = [];
    let redelivered = false;
    const run = await on.request('rooms');
    const handler = rooms(async (room) => {
      built.push(room);
      if (room !== 2) return;
      await eventually(async () => (await on.job(run)).attemptsStarted > 1);
      redelivered = true;
    });
    frozen(runner(handler));
    frozen(runner(handler));
    await on.enqueueAll(run);
    expect(await on.over(run)).toMatchObject({ status: 'success', result: { done: 3 }, interruptions: 0 });
    expect(redelivered).toBe(true);
    expect(built).toEqual([1, 2, 3]);
    expect((await on.heard(run)).returnvalue).toEqual({ stale: true });
  });

  test('the lock of its job while it waits for another run leaves both runs alone', async () => {
    const gate = Promise.withResolvers<void>();
    on.worker({ rooms: rooms(() => gate.promise) });
    const run = await on.ask('rooms');
    await eventually(async () => (await on.now(run)).status === 'running');
    const before = await on.now(run);
    const job: Job = await on.job(run);
    const waits = runJob(on.fleet, { rooms: rooms(() => undefined) }, job, 'the token of a lock that ran out', job.data, never);
    await expect(waits).rejects.toBeInstanceOf(DelayedError);
    expect(await on.now(run)).toEqual(before);
    gate.resolve();
    expect(await on.over(run)).toMatchObject({ status: 'success', result: { done: 3 } });
  });

  test('its life after the run has ended, before the queue heard of it, leaves the run as it ended', async () => {
    const gate = Promise.withResolvers<void>();
    const built: number[] = [];
    const handler = rooms((room) => built.push(room));
    let lives = 0;
    frozen(async (job, token) => {
      lives += 1;
      const isFirst = lives === 1;
      const heard = await runner(handler)(job, token);
      if (isFirst) await gate.promise;
      return heard;
    });
    const run = await on.ask('rooms');
    const ended = await on.over(run);
    expect((await on.heard(run)).returnvalue).toEqual({ stale: true });
    expect(built).toEqual([1, 2, 3]);
    expect(await on.now(run)).toEqual(ended);
    gate.resolve();
  });

  test('track of time: half a minute idle between two statements ends its session, while one in the pool may idle', async () => {
    const patience = z.object({ patience: z.string() });
    on.worker({
      asks: async (_run, { db }) => ({
        ...done,
        result: await db.one(sql.type(patience)`select current_setting('idle_session_timeout') as patience`),
      }),
    });
    expect((await on.over(await on.ask('asks'))).result).toEqual({ patience: '30s' });
    await on.dismiss();
    const sessions = await Promise.all(
      Array.from({ length: 20 }, () =>
        on.db.oneFirst(sql.type(patience)`select current_setting('idle_session_timeout') as patience from pg_sleep(0.05)`),
      ),
    );
    expect(new Set(sessions)).toEqual(new Set(['0']));
  });
});
