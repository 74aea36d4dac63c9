import { afterAll, describe, expect, test } from '@jest/globals';
import { openBackend } from '../../queues/backend/backend.ts';
import { enqueueJob } from '../../queues/backend/enqueue.ts';
import { enqueueOpenRuns } from '../../queues/timetable/run-due.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { testApi } from '../support/front-door.ts';
import { type Gate, openGate } from '../support/gate.ts';
import { rounds } from '../support/nightly-only.ts';
import { taken } from '../support/taken.ts';
import { ownProcess } from './own-process.ts';

// Nothing comes through, not through new connections either, and nobody says so: no connection is refused and none is closed.

test('in a black hole the API says 503 again and again, and answers once it is over', async () => {
  let gate: Gate | undefined;
  const via = async (url: string) => {
    gate = await openGate(url);
    return gate.url;
  };
  const api = await testApi({ via, limits: { statementMs: 1_000 } });
  expect((await api.get('/process-history')).status).toBe(200);
  gate?.blackHole();
  expect((await api.get('/process-history')).status).toBe(503);
  expect((await api.get('/process-history')).status).toBe(503);
  gate?.heal();
  await eventually(async () => (await api.get('/process-history')).status === 200);
  await gate?.shut();
  await api.close();
});

/** By day on Redis, where it is there: both ways are lost then. */
const played = rounds({ daily: backendKinds.slice(-1), nightly: backendKinds });

describe.each(played)('on %s', (kind) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  test('a run that was asked for in a black hole ends once when it is over', async () => {
    const database = await testDatabase();
    ends.push(() => database.close());
    const gates = [await openGate(database.url)];
    if (kind === 'redis') gates.push(await openGate(redisUrl()));
    ends.push(() => Promise.all(gates.map((gate) => gate.shut())));
    const backend = openBackend({ redisUrl: kind === 'redis' ? redisUrl() : undefined, databaseUrl: database.url, name: 'test' });
    ends.push(() => backend.close());
    const settings = { DATABASE_URL: gates[0]?.url, REDIS_URL: gates[1]?.url ?? '' };
    const worker = await ownProcess('workers/generation/main.ts', settings);
    ends.push(() => worker.kill());

    for (const gate of gates) gate.blackHole();
    const week = '2026-11-23';
    const { run } = await requestRun(database.db, {
      process_type: 'generation',
      run_key: `generation:${week}`,
      process_date: week,
      params: { start: week, end: week },
    });
    await taken(() => enqueueJob(backend, run, 1));
    await eventually(() => worker.said('does not answer') || worker.said('ETIMEDOUT') || worker.said('timeout'), 120);
    expect(((await findRun(database.db, run.id)) as Run).status).toBe('queued');

    for (const gate of gates) gate.heal();
    const ended = await eventually(async () => {
      await enqueueOpenRuns({ db: database.db, backend }).catch(() => undefined);
      const found = (await findRun(database.db, run.id)) as Run;
      return isOver(found) ? found : null;
    }, 120);
    expect(ended).toMatchObject({ status: 'success', interruptions: 0 });
    await eventually(() => worker.said('run ended'));
    expect(worker.lines.filter((line) => line.includes('run ended'))).toHaveLength(1);
    expect(worker.hasEnded()).toBe(false);
  });
});
