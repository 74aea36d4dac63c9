import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { nouns } from '../../queues/jobs/catalog.ts';
import { cleanupResult } from '../../queues/jobs/results.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { handlers } from '../../workers/cleanup/handlers.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { backendKinds, redisUrl, testBackend } from '../support/backends.ts';
import { inDays } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { emptyQueues } from '../support/ledger.ts';

const NIGHT = inDays(-5);

describe.each(backendKinds)('on %s', (kind) => {
  let api: TestApi;
  const draining = new AbortController();
  let worker: ReturnType<typeof startWorker>;
  beforeAll(async () => {
    api = await testApi({ backend: (url) => testBackend(kind, url) });
    await emptyQueues(api.fleet.backend);
    worker = startWorker(api.fleet, 'cleanup', { runs: handlers }, draining.signal);
    await worker.waitUntilReady();
  });
  afterAll(async () => {
    draining.abort();
    await worker.close();
    await api.close();
  });

  /** Moves the ends of a queue's finished jobs, once all have finished: finishing one, BullMQ looks at the others. */
  async function finishedAt(queue: string, ends: readonly { state: string; id: string; ms: number }[]) {
    const redis = kind === 'redis' ? new Redis(redisUrl()) : null;
    for (const { state, id, ms } of ends) {
      await redis?.zadd(`bull:${queue}:${state}`, ms, id);
      await redis?.hset(`bull:${queue}:${id}`, 'finishedOn', ms);
      if (!redis)
        await api.db.query(sql.unsafe`update bullmq.job set finished_at_ms = ${ms} where queue = ${queue} and id = ${id}`);
    }
    redis?.disconnect();
  }

  const ask = (body: object) => api.post('/cron/cleanup', body, { headers: { Prefer: 'wait=20' } });

  test('the trigger answers with counts by kind; a second request is a replay, `again` does it anew', async () => {
    const first = await ask({ date: NIGHT });
    expect(first.status).toBe(200);
    expect(Object.keys(first.body)).toEqual(Object.keys(cleanupResult.shape));
    expect(Object.values(first.body).every((count) => count === 0)).toBe(true);
    const { items } = (await api.get('/process-history?process_type=cleanup')).body;
    expect(items).toMatchObject([{ run_key: `cleanup:${NIGHT}`, process_date: NIGHT, status: 'success' }]);
    expect((await ask({ date: NIGHT })).headers.get('idempotent-replayed')).toBe('true');
    expect((await ask({ date: NIGHT, again: true })).headers.get('idempotent-replayed')).toBeNull();
  });

  test.each([
    [{ date: '2026-02-30' }, 'date'],
    [{ date: 5 }, 'date'],
    [{ again: 'yes' }, 'again'],
    [{ dry_run: 'yes' }, 'dry_run'],
  ])('%j is refused at %s', async (body, field) => {
    expect(await ask(body)).toMatchObject({ status: 422, body: { errors: [{ path: field }] } });
  });

  test('a key needs the scope run:cleanup', async () => {
    const [wrong, right] = [await api.key('run:finance'), await api.key('run:cleanup')];
    expect(await api.post('/cron/cleanup', {}, { key: wrong })).toMatchObject({ status: 403 });
    expect(await api.post('/cron/cleanup', {}, { key: right, headers: { Prefer: 'wait=20' } })).toMatchObject({ status: 200 });
  });

  test('finished jobs older than their queue keeps them go, in every queue; the younger ones and those that wait stay', async () => {
    await emptyQueues(api.fleet.backend);
    const DAY = 86_400_000;
    const finished: ['completed' | 'failed', number, boolean][] = [
      ['completed', 8, false],
      ['completed', 6, true],
      ['failed', 31, false],
      ['failed', 29, true],
    ];
    for (const noun of nouns.filter((noun) => noun !== 'cleanup')) {
      const queue = api.fleet.backend.queue(noun);
      await queue.add('run', {}, { jobId: `${noun}-waits` });
      const consumer = api.fleet.backend.worker(noun, undefined as never, { autorun: false });
      for (const [state, days] of finished) {
        const id = `${noun}-${state}-${days}`;
        await queue.add('run', {}, { jobId: id, lifo: true });
        const job = await consumer.getNextJob('token');
        expect(job?.id).toBe(id);
        if (state === 'completed') await job!.moveToCompleted({}, 'token', false);
        else await job!.moveToFailed(new Error('no'), 'token', false);
      }
      await consumer.close();
      await finishedAt(
        noun,
        finished.map(([state, days]) => ({ state, id: `${noun}-${state}-${days}`, ms: Date.now() - days * DAY })),
      );
    }
    expect((await ask({ date: addDays(NIGHT, -1) })).body).toMatchObject({ jobs_deleted: 2 * (nouns.length - 1) });
    for (const noun of nouns.filter((noun) => noun !== 'cleanup')) {
      const queue = api.fleet.backend.queue(noun);
      for (const [state, days, stays] of finished) {
        const found = await queue.getJob(`${noun}-${state}-${days}`);
        expect([noun, state, days, Boolean(found)]).toEqual([noun, state, days, stays]);
      }
      expect(await queue.getJobState(`${noun}-waits`)).toBe('waiting');
    }
  });

  test('a queue that does not answer fails its own part only', async () => {
    await api.db.query(
      sql.unsafe`insert into admin_tasks (kind, title, done_at, done_by) values ('call', 'x', now() - interval '300 days', 'desk')`,
    );
    const queue = api.fleet.backend.queue('finance');
    const clean = queue.clean;
    queue.clean = () => Promise.reject(new Error('the queue is broken'));
    const { body } = await ask({ date: addDays(NIGHT, -2) });
    queue.clean = clean;
    expect(body).toMatchObject({ tasks_hidden: 1 });
    const [run] = (await api.get('/process-history?process_type=cleanup&limit=1')).body.items;
    expect((await api.get(`/process-history/${run.id}`)).body).toMatchObject({
      status: 'partial',
      errors_count: 1,
      details: { failures: [{ operation: 'jobs', error: 'Error: the queue is broken' }] },
    });
    const told = await api.db.any(sql.unsafe`select template from notifications where template = 'cleanup_partial'`);
    expect(told).toHaveLength(1);
    expect((await ask({ date: addDays(NIGHT, -2) })).body).toMatchObject({ tasks_hidden: 0 });
  });
});
