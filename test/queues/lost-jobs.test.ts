import { describe, expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import { Redis } from 'ioredis';
import type { Backend } from '../../queues/backend/backend.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { enqueueOpenRuns, lookAfterRuns, runDue } from '../../queues/timetable/run-due.ts';
import { sql } from '../../sql/database/database.ts';
import { countEnqueue } from '../../sql/runs/open.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { book, emptyQueues, endRuns, fleetAnew, schedule } from '../support/ledger.ts';

describe.each(backendKinds)('on %s', (kind) => {
  const on = fleetAnew(kind);

  const request = (week = 48) => ({
    process_type: 'generation',
    run_key: `generation:2026-W${week}`,
    process_date: '2026-11-23',
    params: {},
  });
  const queue = () => on.backend.queue('generation');
  const again = (seconds = 0) => enqueueOpenRuns(on, seconds);
  const rings = async () => (await book(on.db)).map((run) => run.rings);

  /** Works off the queue until its one job has come to the state. */
  async function workUntil(state: string, work: () => Promise<unknown>) {
    const worker = on.backend.worker('generation', work);
    await eventually(async () => (await queue().getJobState('run-1-1')) === state);
    return worker;
  }

  test.each([
    ['its queue is obliterated', () => queue().obliterate({ force: true })],
    ['its job is removed', () => queue().remove('run-1-1')],
    ...(kind === 'redis' ? [['all of Redis is flushed', flush] as const] : []),
  ])('a queued run is enqueued again when %s', async (_, lose) => {
    await enqueueRun(on.db, on.backend, request());
    expect(await again()).toEqual([]);
    await lose();
    expect(await again()).toEqual([1]);
    expect(await queue().getJobState('run-1-2')).toBe('waiting');
    expect((await queue().getJob('run-1-2'))?.data).toEqual({ run_id: 1 });
    expect([await again(), await rings()]).toEqual([[], [2]]);
  });

  test('a running run whose job is gone is enqueued again', async () => {
    await enqueueRun(on.db, on.backend, request());
    await endRuns(on.db, 'running');
    await emptyQueues(on.backend);
    expect(await again()).toEqual([1]);
  });

  test('a run whose job waits, is delayed or is prioritized is left alone', async () => {
    const { run } = await requestRun(on.db, request());
    for (const options of [{}, { delay: 60_000 }, { priority: 3 }]) {
      await queue().add('run', { run_id: run.id }, { ...options, jobId: 'run-1-1' });
      expect(await again()).toEqual([]);
      await queue().remove('run-1-1');
    }
    expect(await rings()).toEqual([1]);
  });

  test('a run whose job is being worked on is left alone', async () => {
    await enqueueRun(on.db, on.backend, request());
    const { promise, resolve } = Promise.withResolvers<void>();
    const worker = await workUntil('active', () => promise);
    expect(await again()).toEqual([]);
    resolve();
    await worker.close();
  });

  test.each([
    ['completed', () => Promise.resolve()],
    ['failed', () => Promise.reject(new UnrecoverableError('no'))],
  ])('an open run whose kept job is %s gets a new job with another id', async (state, work) => {
    await enqueueRun(on.db, on.backend, request());
    const worker = await workUntil(state, work);
    await worker.close();
    expect(await again()).toEqual([1]);
    expect(await queue().getJobState('run-1-1')).toBe(state);
    expect(await queue().getJobState('run-1-2')).toBe('waiting');
  });

  test.each(['success', 'partial', 'error'] as const)('a run that ended in %s is never enqueued again', async (status) => {
    await requestRun(on.db, request());
    await endRuns(on.db, status);
    expect([await again(), await countEnqueue(on.db, 1), await rings()]).toEqual([[], null, [1]]);
  });

  test('a young job is given its time', async () => {
    await requestRun(on.db, request());
    expect(await again(60)).toEqual([]);
    await on.db.query(sql.unsafe`update automated_process_history set rung_at = now() - interval '61 seconds'`);
    expect(await again(60)).toEqual([1]);
  });

  test('a run of a process this version does not know does not hold up the others', async () => {
    await requestRun(on.db, { ...request(), process_type: 'astrology' });
    await requestRun(on.db, request());
    expect([await again(), await rings()]).toEqual([[2], [1, 2]]);
  });

  test('a queue that is away at the tick: the run stands in the database and is enqueued later', async () => {
    const deaf = { ...on.backend, queue: () => ({ add: () => Promise.reject(new Error('deaf')) }) } as unknown as Backend;
    const scheduler = { db: on.db, settings: { zone: 'Europe/Moscow', adminChatIds: [] }, schedules: [schedule()] };
    await runDue({ ...scheduler, backend: deaf }, new Date('2026-11-22T12:00Z'));
    await runDue({ ...scheduler, backend: deaf }, new Date('2026-11-22T18:00Z'));
    expect(await book(on.db)).toMatchObject([{ run_key: 'generation:2026-W48', status: 'queued', rings: 1 }]);
    expect(await queue().getJobCountByTypes('waiting', 'delayed', 'active')).toBe(0);
    expect(await again()).toEqual([1]);
    expect(await queue().getJobState('run-1-2')).toBe('waiting');
  });

  test('once the queue is back, what was asked for meanwhile is enqueued at once, and only then', async () => {
    let isAway = false;
    const ping = () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve());
    const settings = { zone: 'Europe/Moscow', adminChatIds: [] };
    const scheduler = { db: on.db, settings, schedules: [], backend: { ...on.backend, ping } };
    await requestRun(on.db, request());
    await on.db.query(sql.unsafe`update automated_process_history set rung_at = now() - interval '2 seconds'`);
    await lookAfterRuns(scheduler, true);
    expect(await rings()).toEqual([1]);
    isAway = true;
    await expect(lookAfterRuns(scheduler, true)).rejects.toThrow('away');
    await expect(lookAfterRuns(scheduler, true)).rejects.toThrow('away');
    isAway = false;
    await lookAfterRuns(scheduler, false);
    expect(await rings()).toEqual([2]);
    expect(await queue().getJobState('run-1-2')).toBe('waiting');
    await lookAfterRuns(scheduler, false);
    expect(await rings()).toEqual([2]);
  });

  test('the run of a tick is enqueued once, however many seconds follow', async () => {
    const scheduler = {
      db: on.db,
      backend: on.backend,
      settings: { zone: 'Europe/Moscow', adminChatIds: [] },
      schedules: [schedule()],
    };
    for (const second of ['17:59:58', '17:59:59', '18:00:00', '18:00:01', '18:00:02'])
      await runDue(scheduler, new Date(`2026-11-22T${second}Z`));
    expect((await queue().getJobs(['waiting', 'delayed', 'active'])).map((job) => [job.name, job.data])).toEqual([
      ['run', { run_id: 1 }],
    ]);
  });
});

async function flush() {
  const redis = new Redis(redisUrl());
  await redis.flushdb();
  redis.disconnect();
}
