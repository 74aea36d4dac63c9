import { afterAll, describe, expect, test } from '@jest/globals';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueue, enqueueJob } from '../../queues/backend/enqueue.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { isOutage } from '../../sql/database/outage.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';
import { leaseHolder } from '../../sql/schedule/leases.ts';
import { listenToSlots, notifySlots } from '../../sql/slots/live.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { testApi } from '../support/front-door.ts';
import { openGate } from '../support/gate.ts';
import { rounds } from '../support/nightly-only.ts';
import { taken } from '../support/taken.ts';
import { ownProcess } from './own-process.ts';

// A network that has forgotten a connection: what is sent through it is lost, nobody closes it.
const quick = { statementMs: 1_000 };

describe('a pool', () => {
  test('gives up what is not answered as in an outage, throws idle connections away, and goes on', async () => {
    const database = await testDatabase();
    const gate = await openGate(database.url);
    const db = await openDatabase(gate.url, { max: 4, limits: quick });
    const ask = () => db.query(sql.unsafe`select 1`);
    await Promise.all([1, 2, 3, 4].map(() => db.query(sql.unsafe`select pg_sleep(0.1)`)));
    gate.swallow();
    const error = await ask().catch((thrown) => thrown);
    expect(isOutage(error)).toBe(true);
    await ask();
    await Promise.all([1, 2, 3, 4].map(ask));
    await db.end();
    await gate.shut();
    await database.close();
  });

  test('gives up within seconds what the server does nothing for, however long it might take, and leaves alone what it is at work for', async () => {
    const database = await testDatabase();
    const gate = await openGate(database.url);
    const db = await openDatabase(gate.url, { max: 4 });
    await db.query(sql.unsafe`select 1`);
    const ended: string[] = [];
    const long = database.db.query(sql.unsafe`select pg_sleep(20)`).then(() => ended.push('twenty seconds are over'));
    gate.swallow();
    const error = await db.query(sql.unsafe`select 1`).catch((thrown) => thrown);
    ended.push('given up');
    expect(isOutage(error)).toBe(true);
    await db.query(sql.unsafe`select pg_sleep(8)`);
    await long;
    expect(ended).toEqual(['given up', 'twenty seconds are over']);
    await db.end();
    await gate.shut();
    await database.close();
  });

  test.each([
    ['by its own limit', quick],
    ['because the server does nothing for it', { statementMs: 60_000 }],
  ])('gives its transaction up as well, %s, and has the server end what was begun', async (_, limits) => {
    const database = await testDatabase();
    const gate = await openGate(database.url);
    const db = await openDatabase(gate.url, { max: 2, limits });
    const write = db.transaction(async (transaction) => {
      // By itself the server would wait for ever.
      await transaction.query(sql.unsafe`set idle_in_transaction_session_timeout = 0`);
      await transaction.query(sql.unsafe`insert into locations (name) values ('lost')`);
      gate.swallow();
      await transaction.query(sql.unsafe`select 1`);
    });
    expect(isOutage(await write.catch((thrown) => thrown))).toBe(true);
    // Its end arrives nowhere, and it holds the name.
    await database.db.query(sql.unsafe`insert into locations (name) values ('lost')`);
    expect(await database.db.any(sql.unsafe`select name from locations`)).toHaveLength(1);
    await db.end();
    await gate.shut();
    await database.close();
  });
});

test('the API says 503 and goes on by itself', async () => {
  let gate: Awaited<ReturnType<typeof openGate>> | undefined;
  const via = async (url: string) => {
    gate = await openGate(url);
    return gate.url;
  };
  const api = await testApi({ via, limits: quick });
  expect((await api.get('/process-history')).status).toBe(200);
  gate?.swallow();
  expect((await api.get('/process-history')).status).toBe(503);
  await eventually(async () => (await api.get('/process-history')).status === 200);
  await gate?.shut();
  await api.close();
});

test('a listener to slots notices, and says so', async () => {
  const database = await testDatabase();
  const gate = await openGate(database.url);
  let lost: Error | undefined;
  const heard: string[] = [];
  const ears = {
    hear: (payload: string) => void heard.push(payload),
    lost(error: Error) {
      lost = error;
    },
  };
  await listenToSlots(gate.url, ears);
  gate.swallow();
  await eventually(() => lost);
  const leave = await listenToSlots(gate.url, ears);
  await notifySlots(database.db, ['again']);
  await eventually(() => heard.includes('again'));
  await leave();
  await gate.shut();
  await database.close();
});

test('a queue in PostgreSQL asks no second connection of those that were swallowed together', async () => {
  const database = await testDatabase();
  const gate = await openGate(database.url);
  const backend = openBackend({ databaseUrl: gate.url, name: 'test' });
  const look = () => backend.queue('cleanup').getJobCounts();
  await Promise.all(Array.from({ length: 6 }, look));
  gate.swallow();
  await expect(look()).rejects.toThrow('ECONNREFUSED');
  await look();
  await backend.close();
  await gate.shut();
  await database.close();
});

(backendKinds.includes('redis') ? test : test.skip)(
  'a producer on Redis fails fast, and goes on over a new connection',
  async () => {
    const database = await testDatabase();
    const gate = await openGate(redisUrl());
    const backend = openBackend({ redisUrl: gate.url, databaseUrl: database.url, name: 'test' });
    const canary = () => enqueue(backend, 'generation', 'canary', { rung_at: new Date().toISOString() });
    await taken(canary);
    gate.swallow();
    await expect(canary()).rejects.toThrow('does not answer');
    await taken(canary);
    await backend.close();
    await gate.shut();
    await database.close();
  },
);

/** By day on Redis, where it is there: both ways are lost then. */
const played = rounds({ daily: backendKinds.slice(-1), nightly: backendKinds });

describe.each(played)('on %s', (kind) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  test('a worker does its next run, and the scheduler keeps its lease, over new connections', async () => {
    const database = await testDatabase();
    ends.push(() => database.close());
    const gates = [await openGate(database.url)];
    if (kind === 'redis') gates.push(await openGate(redisUrl()));
    ends.push(() => Promise.all(gates.map((gate) => gate.shut())));
    const settings = { DATABASE_URL: gates[0]?.url, REDIS_URL: gates[1]?.url ?? '' };
    const backend = openBackend({ redisUrl: kind === 'redis' ? redisUrl() : undefined, databaseUrl: database.url, name: 'test' });
    ends.push(() => backend.close());
    const processes = await Promise.all([
      ownProcess('workers/generation/main.ts', settings),
      ownProcess('queues/timetable/scheduler.ts', settings),
    ]);
    ends.push(() => Promise.all(processes.map((process) => process.kill())));
    const asked = async (week: string): Promise<Run> => {
      const { run } = await requestRun(database.db, {
        process_type: 'generation',
        run_key: `generation:${week}`,
        process_date: week,
        params: { start: week, end: week },
      });
      await taken(() => enqueueJob(backend, run, 1));
      return run;
    };
    const over = (run: Run) =>
      eventually(async () => {
        const found = (await findRun(database.db, run.id)) as Run;
        return isOver(found) ? found : null;
      }, 120);
    expect(await over(await asked('2026-11-23'))).toMatchObject({ status: 'success' });
    await eventually(() => leaseHolder(database.db, 'scheduler'));

    for (const gate of gates) gate.swallow();
    await database.db.query(sql.unsafe`update leases set expires_at = now()`);
    expect(await over(await asked('2026-11-30'))).toMatchObject({ status: 'success' });
    await eventually(() => leaseHolder(database.db, 'scheduler'), 120);
    expect(processes.map((process) => process.hasEnded())).toEqual([false, false]);
  });
});
