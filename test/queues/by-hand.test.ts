import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { enqueueProcess } from '../../queues/backend/enqueue.ts';
import { requestProcess } from '../../queues/jobs/request.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { claimRun, finishRun } from '../../sql/runs/execute.ts';
import { findRun } from '../../sql/runs/find.ts';
import { mustWait } from '../../sql/runs/open.ts';
import { isOver, type Run } from '../../sql/runs/rows.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { backendKinds } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { inDays } from '../support/days.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { emptyLedger, fleetAnew } from '../support/ledger.ts';
import { rounds } from '../support/nightly-only.ts';

const TODAY = '2026-11-21';
const TICK = '2026-11-21T20:59:00.000Z';
const OLD_DAYS = rounds({ daily: 60, nightly: 300 });

describe.each(backendKinds)('on %s', (kind) => {
  const on = fleetAnew(kind);

  const byHand = (date: string, created_by = 'desk') => requestProcess(on.db, 'cleanup', { date }, TODAY, { created_by });
  const scheduled = () => requestProcess(on.db, 'cleanup', {}, TODAY, { scheduled_for: TICK });

  async function workOff() {
    const order: string[] = [];
    const fleet = {
      name: 'cleanup',
      settings: readSettings({ DATABASE_URL: on.database.url }, '/nowhere/.env'),
      db: on.db,
      backend: on.backend,
      close: async () => {},
    };
    const cleanup = async (run: Run) => {
      order.push(run.run_key);
      return { status: 'success' as const, result: {}, details: {}, counts: {} };
    };
    const worker = startWorker(fleet, 'cleanup', { runs: { cleanup } }, new AbortController().signal);
    return { order, close: () => worker.close() };
  }

  test(`${OLD_DAYS} old days asked for by hand do not delay tonight (D44)`, async () => {
    for (let n = 0; n < OLD_DAYS; n += 1) {
      await enqueueProcess(on.backend, await byHand(addDays(TODAY, -1 - n), `desk-${Math.floor(n / 20)}`));
    }
    const tonight = await scheduled();
    await enqueueProcess(on.backend, tonight);
    const work = await workOff();
    await eventually(async () => isOver((await findRun(on.db, tonight.run.id)) as Run));
    expect(work.order.indexOf(`cleanup:${TODAY}`)).toBeLessThanOrEqual(2);
    await work.close();
  });

  test('tonight that somebody has asked for by hand before goes first as well', async () => {
    for (let n = 0; n < 20; n += 1) await enqueueProcess(on.backend, await byHand(addDays(TODAY, -1 - n), 'early'));
    await enqueueProcess(on.backend, await byHand(TODAY));
    const joined = await scheduled();
    expect(joined).toMatchObject({ outcome: 'joined', run: { scheduled_for: TICK, created_by: 'desk' } });
    const work = await workOff();
    await eventually(async () => isOver((await findRun(on.db, joined.run.id)) as Run));
    expect(work.order.indexOf(`cleanup:${TODAY}`)).toBeLessThanOrEqual(2);
    await work.close();
  });
});

describe('which open run of a process is next', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  beforeEach(() => emptyLedger(database.db));
  afterAll(() => database.close());
  const ask = (name: 'cleanup' | 'daily', asker: object, date = TODAY) =>
    requestProcess(database.db, name, { date }, TODAY, asker);
  const waits = (run: Run) => mustWait(database.db, run);

  test('one by hand waits for the scheduled one of its process, and only for that, until it is over', async () => {
    const { run: hand } = await ask('cleanup', { created_by: 'desk' }, '2026-11-01');
    expect(await waits(hand)).toBe(false);
    const { run: tonight } = await ask('cleanup', { scheduled_for: TICK });
    expect([await waits(hand), await waits(tonight)]).toEqual([true, false]);
    await claimRun(database.db, tonight.id, 'job');
    await finishRun(database.db, tonight.id, { status: 'success', result: {}, details: {}, counts: {} });
    expect(await waits(hand)).toBe(false);
  });

  test('a scheduled one that waits itself holds up nobody', async () => {
    const night = await ask('daily', { scheduled_for: TICK });
    const hand = await ask('daily', { created_by: 'desk' }, '2026-11-01');
    const [attendance, finance] = night.parts.map(({ run }) => run) as [Run, Run];
    const [own, ownFinance] = hand.parts.map(({ run }) => run) as [Run, Run];
    expect(await waits(own)).toBe(true);
    await claimRun(database.db, attendance.id, 'job');
    await finishRun(database.db, attendance.id, { status: 'success', result: {}, details: {}, counts: {} });
    expect([await waits(own), await waits(finance)]).toEqual([false, false]);
    expect(await waits(ownFinance)).toBe(true);
  });
});

describe('one caller', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi();
  });
  afterAll(() => api.close());
  const cleanup = (n: number, key: string) => api.post('/cron/cleanup', { date: inDays(-n) }, { key });

  test('has at most twenty open runs, however many it asks for at once; others have their own (D44)', async () => {
    const [key, other] = [await api.key('run:cleanup'), await api.key('run:cleanup', 'run:daily')];
    const asked = await Promise.all(Array.from({ length: 25 }, (_, n) => cleanup(n, key)));
    const statuses = asked.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(20).fill(202), ...Array(5).fill(429)]);
    const refused = asked.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ body: { detail: expect.stringContaining('20 of your runs are not over yet') } });
    expect(refused?.headers.get('retry-after')).toBe('10');
    const joined = asked.findIndex(({ status }) => status === 202);
    expect(await cleanup(joined, key)).toMatchObject({ status: 202 });
    expect(await cleanup(100, other)).toMatchObject({ status: 202 });
    for (let n = 1; n < 20; n += 1) {
      const date = inDays(-n);
      expect(await api.post('/real-trainings/process-daily-operations', { date }, { key: other })).toMatchObject({
        status: 202,
      });
    }
    expect(await cleanup(101, other)).toMatchObject({ status: 429 });
    await api.db.query(sql.unsafe`
      update automated_process_history set status = 'success', completed_at = now() where process_type = 'cleanup'`);
    expect(await cleanup(102, key)).toMatchObject({ status: 202 });
  });
});
