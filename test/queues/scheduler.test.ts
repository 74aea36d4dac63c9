import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Backend } from '../../queues/backend/backend.ts';
import { enqueueRun } from '../../queues/backend/enqueue.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import { findBooking } from '../../sql/bookings/rows.ts';
import { sql } from '../../sql/database/database.ts';
import { leaseHolder } from '../../sql/schedule/leases.ts';
import { salon } from '../bookings/salon.ts';
import { testBackend } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { book, emptyLedger, emptyQueues, ledger } from '../support/ledger.ts';

let database: TestDatabase;
let backend: Backend;
let running: ChildProcess[] = [];
beforeAll(async () => {
  database = await testDatabase();
  backend = testBackend('postgres', database.url);
});
beforeEach(async () => {
  await emptyLedger(database.db);
  await emptyQueues(backend);
});
afterEach(async () => {
  await Promise.all(running.map((scheduler) => end(scheduler)));
  running = [];
});
afterAll(async () => {
  await backend.close();
  await database.close();
});

const entry = fileURLToPath(new URL('../../queues/timetable/scheduler.ts', import.meta.url));

/** Starts a scheduler and waits until it tells PM2 that it is ready. */
async function start() {
  const { NODE_OPTIONS: _, REDIS_URL: __, ...rest } = process.env;
  const scheduler = spawn(process.execPath, [entry], {
    env: { ...rest, DATABASE_URL: database.url, LOG_LEVEL: 'fatal', DRAIN_SECONDS: '5' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  running.push(scheduler);
  expect(await once(scheduler, 'message')).toEqual(['ready', undefined]);
  return scheduler;
}

async function end(scheduler: ChildProcess, signal: NodeJS.Signals = 'SIGKILL') {
  if (scheduler.exitCode !== null || scheduler.signalCode !== null) return;
  const exited = once(scheduler, 'exit');
  scheduler.kill(signal);
  return exited;
}

const isHeldBy = async ({ pid }: ChildProcess) =>
  (await leaseHolder(database.db, 'scheduler'))?.split(':').includes(String(pid)) ?? false;
const leaseEnd = () =>
  database.db.oneFirst(
    sql.type(z.object({ ms: z.number() }))`select extract(epoch from expires_at)::float8 * 1000 as ms from leases`,
  );

test('it settles what is due, enqueues again what was lost, and enqueues canaries', async () => {
  await database.db.query(sql.unsafe`insert into schedules (name, known_since) values ('generation', now() - interval '8 days')`);
  const request = { process_type: 'generation', run_key: 'generation:2020-W01', process_date: '2019-12-30', params: {} };
  await enqueueRun(database.db, backend, request);
  await emptyQueues(backend);
  await database.db.query(sql.unsafe`update automated_process_history set rung_at = now() - interval '1 minute'`);
  await start();
  await eventually(async () => (await ledger(database.db)).length > 0);
  await eventually(async () => (await backend.queue('generation').getJobState('run-1-2')) === 'waiting');
  for (const noun of nouns) await eventually(() => backend.queue(noun).getJob('canary'));
  expect((await book(database.db))[0]).toMatchObject({ run_key: 'generation:2020-W01', rings: 2 });
});

test('one of them holds the lease; on SIGTERM it hands over at once, after kill -9 when the lease has ended', async () => {
  const first = await start();
  await eventually(() => isHeldBy(first));
  const second = await start();
  const began = await leaseEnd();
  await eventually(async () => (await leaseEnd()) > began + 2_500);
  expect(await isHeldBy(first)).toBe(true);

  expect(await end(first, 'SIGTERM')).toEqual([0, null]);
  // Given back: it would have lasted for some seconds more.
  expect(await isHeldBy(first)).toBe(false);
  await eventually(() => isHeldBy(second));

  const third = await start();
  await end(second, 'SIGKILL');
  expect(await isHeldBy(second)).toBe(true);
  // Ten seconds of lease are long for a test; the rest of them is cut to one.
  await database.db.query(sql.unsafe`update leases set expires_at = least(expires_at, now() + interval '1 second')`);
  await eventually(() => isHeldBy(third));
});

test('it ends the holds that ran out, however long nobody has looked', async () => {
  const make = salon(database.db);
  const [client, service] = [await make.client(), await make.service()];
  const specialist = await make.specialist([service]);
  const held = (at: string, heldUntil: string) => make.booking({ client, specialist, service, at, heldUntil });
  const old = await held('2020-01-01T10:00:00Z', '2020-01-01T09:00:00Z');
  const holding = await held('2020-01-02T10:00:00Z', '2099-01-01T00:00:00Z');
  expect(await expireHolds(database.db)).toBe(0);
  await start();
  await eventually(async () => (await findBooking(database.db, old))?.status === 'CANCELLED');
  expect(await findBooking(database.db, holding)).toMatchObject({ status: 'PENDING' });
});

test('it forgets the locks on slots that have run out, and no others', async () => {
  const locks = () => database.db.anyFirst(sql.type(z.object({ slot: z.string() }))`select slot from slot_locks order by slot`);
  await database.db.query(sql.unsafe`
    insert into slot_locks (slot, token, expires_at)
    values ('held', 'a', now() + interval '1 hour'), ('run out', 'b', now() - interval '1 second'),
      ('running out', 'c', now() + interval '1 second')`);
  await start();
  await eventually(async () => (await locks()).join() === 'held');
});
