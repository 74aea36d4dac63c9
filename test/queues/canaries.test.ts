import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { alarmOfSilentWorkers, enqueueCanaries, runDue, type SchedulerContext } from '../../queues/timetable/run-due.ts';
import { sql } from '../../sql/database/database.ts';
import { notifyAdmins } from '../../sql/notifications/notify.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { backendKinds, testBackend } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { emptyLedger, emptyQueues, outbox } from '../support/ledger.ts';

describe.each(backendKinds)('on %s', (kind) => {
  let database: TestDatabase;
  let scheduler: SchedulerContext;
  beforeAll(async () => {
    database = await testDatabase();
    const backend = testBackend(kind, database.url);
    scheduler = { db: database.db, backend, settings: { zone: 'Europe/Moscow', adminChatIds: [] }, schedules: [] };
  });
  beforeEach(async () => {
    await emptyLedger(database.db);
    await emptyQueues(scheduler.backend);
    scheduler.canaries = undefined;
  });
  afterAll(async () => {
    await scheduler.backend.close();
    await database.close();
  });

  const START = Date.parse('2026-11-22T12:00:00Z');
  const after = (seconds: number) => new Date(START + seconds * 1_000);
  const jobs = async (noun: (typeof nouns)[number]) =>
    (await scheduler.backend.queue(noun).getJobs(['waiting', 'delayed', 'active'])).map((job) => job.name);

  /** Enqueues and watches as the scheduler does, every ten seconds between two instants. */
  async function watch(from: number, to: number) {
    for (let second = from; second <= to; second += 10) {
      await enqueueCanaries(scheduler, after(second));
      await alarmOfSilentWorkers(scheduler, after(second + 5));
    }
  }
  const lastSeen = async (worker: string, secondsAgo: number) => {
    await noteHeartbeat(database.db, worker, 'host');
    await database.db.query(sql.unsafe`
      update worker_beats set seen_at = now() - make_interval(secs => ${secondsAgo}) where worker = ${worker}`);
  };
  const told = async () =>
    (await outbox(database.db)).map(({ template, params }) =>
      template === 'worker_down' ? [template, params.worker, params.seconds] : [template, params.alert],
    );

  test('however often they are enqueued, one canary waits in each queue; consumed, the next one comes', async () => {
    for (let second = 0; second < 50; second += 10) await enqueueCanaries(scheduler, after(second));
    for (const noun of nouns) expect(await jobs(noun)).toEqual(['canary']);
    const worker = scheduler.backend.worker('notifier', () => noteHeartbeat(database.db, 'notifier', 'host'));
    await eventually(async () => (await jobs('notifier')).length === 0);
    await worker.close();
    await enqueueCanaries(scheduler, after(50));
    expect(await jobs('notifier')).toEqual(['canary']);
  });

  test('workers that were never seen are reported after a minute, once', async () => {
    await watch(0, 50);
    expect(await told()).toEqual([]);
    await watch(60, 120);
    expect(await told()).toEqual(nouns.map((noun) => ['worker_down', noun, 65]));
  });

  test('old signs of life raise no alarm when a scheduler has just started', async () => {
    for (const noun of nouns) await lastSeen(noun, 3_600);
    await watch(0, 50);
    expect(await told()).toEqual([]);
  });

  test('a worker that answers is not told of, one that has just fallen silent neither', async () => {
    for (const noun of nouns) await lastSeen(noun, noun === 'notifier' ? 40 : 1);
    await watch(0, 300);
    expect(await told()).toEqual([]);
  });

  test('each outage is reported once and so is its end, also when the scheduler is started anew in the middle', async () => {
    for (const noun of nouns) await lastSeen(noun, noun === 'generation' ? 70 : 0);
    await watch(0, 120);
    scheduler.canaries = undefined;
    await watch(1_000, 1_120);
    expect(await told()).toEqual([['worker_down', 'generation', 65]]);
    await lastSeen('generation', 0);
    await watch(1_130, 1_200);
    await lastSeen('generation', 1_800);
    await watch(1_210, 1_300);
    expect(await told()).toEqual([
      ['worker_down', 'generation', 65],
      ['alert_over', 'worker_down:generation'],
      ['worker_down', 'generation', 215],
    ]);
  });

  test.each([
    ['the scheduler slept for an hour', 3_600],
    ['its clock was set back by an hour', -3_600],
  ])('after %s the workers have their minute again', async (_, jump) => {
    for (const noun of nouns) await lastSeen(noun, 3_600);
    await watch(0, 40);
    await alarmOfSilentWorkers(scheduler, after(jump));
    await watch(jump, jump + 50);
    expect(await told()).toEqual([]);
    await watch(jump + 60, jump + 60);
    expect(await told()).toHaveLength(nouns.length);
  });

  test('a queue that cannot be enqueued says nothing about its workers', async () => {
    for (const noun of nouns) await lastSeen(noun, 3_600);
    await watch(0, 40);
    const deaf = {
      ...scheduler,
      backend: { ...scheduler.backend, queue: () => ({ add: () => Promise.reject(new Error('deaf')) }) } as unknown as Backend,
    };
    await expect(enqueueCanaries(deaf, after(50))).rejects.toThrow('does not answer');
    for (const second of [60, 70, 300]) await alarmOfSilentWorkers(deaf, after(second));
    expect(await told()).toEqual([]);
  });

  test.each([
    ['nothing', [], null],
    ['a message for later', [], sql.fragment`send_after = now() + interval '1 hour'`],
    ['a message that was sent', [], sql.fragment`status = 'sent'`],
    ['a message that is due', ['drain'], sql.fragment`send_after = now()`],
  ])('with %s in the outbox the notifier hears %j', async (_, jobPayloads, state) => {
    if (state)
      await notifyAdmins(
        database.db,
        [],
        [{ template: 'worker_down', params: { worker: 'finance', seconds: 60 }, dedupe: 'one' }],
      );
    if (state) await database.db.query(sql.unsafe`update notifications set ${state}`);
    for (const second of [0, 1, 2]) await runDue(scheduler, after(second));
    expect(await jobs('notifier')).toEqual(jobPayloads);
  });
});
