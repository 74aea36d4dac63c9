import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { enqueueSlotRecalc } from '../../queues/backend/enqueue.ts';
import { requestProcess } from '../../queues/jobs/request.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { runDue } from '../../queues/timetable/run-due.ts';
import { sql } from '../../sql/database/database.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { drainChanges } from '../../workers/slot-recalc/drain-changes.ts';
import { recalculateDays } from '../../workers/slot-recalc/recalculate-days.ts';
import { rollHorizon } from '../../workers/slot-recalc/roll-horizon.ts';
import { at } from '../bookings/salon.ts';
import { type WorkerProcess, workerProcess } from '../faults/worker-process.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { rounds } from '../support/nightly-only.ts';
import { forgetAll, type SlotStage, slotStage } from './stage.ts';

const CHANGES = rounds({ daily: 200, nightly: 1_000 });
const MORNING = { 0: [['09:00', '12:00']], 1: [['09:00', '12:00']], 2: [['09:00', '12:00']], 3: [['09:00', '12:00']] };

describe.each(backendKinds)('on %s', (kind) => {
  let stage: SlotStage;
  let service: number;
  beforeAll(async () => {
    stage = await slotStage(kind);
    service = await stage.make.service();
    await stage.make.someType();
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    await stage.backend.queue('slot-recalc').obliterate({ force: true });
    await forgetAll(stage.db);
  });

  const change = (specialist: number, schedule: object = MORNING) =>
    stage.db.query(sql.unsafe`update specialists set work_schedule = ${sql.jsonb(schedule as never)} where id = ${specialist}`);
  const override = (specialist: number, day: string) =>
    stage.db.query(sql.unsafe`insert into calendar_overrides (specialist_id, day) values (${specialist}, ${day}::date)`);
  const isTrue = async (specialist: number) => {
    const [stored, fresh] = [await stage.stored(specialist), await stage.fresh(specialist)];
    expect(stored).toEqual(fresh);
  };

  test('a change of a schedule rewrites 60 days, one of a day that day alone', async () => {
    const one = await stage.make.specialist([service]);
    await forgetAll(stage.db);
    await change(one);
    expect(await stage.drain()).toEqual({ changes: 1, specialists: 1, days: 60 });
    await isTrue(one);
    await override(one, addDays(stage.today(), 5));
    const before = await stage.stored(one);
    expect(await stage.drain()).toEqual({ changes: 1, specialists: 1, days: 1 });
    const after = await stage.stored(one);
    await isTrue(one);
    // All days but one are as they were; that one is only another if it was a working day.
    expect(after.filter((text, n) => text !== before[n]).length).toBeLessThanOrEqual(1);
    expect(await stage.drain()).toEqual({ changes: 0, specialists: 0, days: 0 });
  });

  test(`${CHANGES} changes of one specialist are one calculation of the days they concern`, async () => {
    const one = await stage.make.specialist([service]);
    await forgetAll(stage.db);
    for (let n = 0; n < CHANGES; n += 1) await stage.make.training({ trainer: one, at: at(1 + (n % 3), clock(n)), minutes: 1 });
    expect(await stage.drain()).toEqual({ changes: CHANGES, specialists: 1, days: 3 });
    expect((await stage.stored(one)).filter(Boolean)).toHaveLength(3);
    expect((await stage.stored(one)).slice(1, 4)).toEqual((await stage.fresh(one))?.slice(1, 4));
  });
  /** One minute trainings, none at the time of another of its day. */
  const clock = (n: number) => {
    const minute = Math.floor(n / 3) * 4;
    return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  };

  test(`${CHANGES} changes while the worker works lead to one calculation a request at most, and to a right grid`, async () => {
    const one = await stage.make.specialist([service]);
    const worker = startWorker(stage.fleet, 'slot-recalc', { drain: counted }, new AbortController().signal);
    await worker.waitUntilReady();
    let calculations = 0;
    let requests = 0;
    const enqueue = () => {
      requests += 1;
      return enqueueSlotRecalc(stage.backend);
    };
    async function counted(...drain: Parameters<typeof drainChanges>) {
      const done = await drainChanges(...drain);
      calculations += done.specialists;
      return done;
    }
    for (let n = 0; n < CHANGES; n += 1) {
      await stage.make.training({ trainer: one, at: at(1 + (n % 3), clock(n)), minutes: 1 });
      if (n % 10 === 0) await enqueue();
    }
    await eventually(async () => {
      await enqueue();
      return !(await isAnySlotChanged(stage.db));
    });
    await worker.close();
    expect(calculations).toBeGreaterThan(0);
    expect(calculations).toBeLessThanOrEqual(requests);
    expect((await stage.stored(one)).slice(1, 4)).toEqual((await stage.fresh(one))?.slice(1, 4));
  });

  test('a change whose job was never enqueued is enqueued by the scheduler', async () => {
    const one = await stage.make.specialist([service]);
    const worker = startWorker(stage.fleet, 'slot-recalc', { drain: drainChanges }, new AbortController().signal);
    await worker.waitUntilReady();
    await change(one);
    const scheduler = { ...stage.fleet, schedules: [] };
    await eventually(async () => {
      await runDue(scheduler, new Date());
      return !(await isAnySlotChanged(stage.db));
    });
    await worker.close();
    await isTrue(one);
  });

  test('a draining worker stops between two lots and leaves the rest', async () => {
    const one = await stage.make.specialist([service]);
    await change(one);
    expect(await stage.drain(AbortSignal.abort())).toEqual({ changes: 0, specialists: 0, days: 0 });
    expect(await isAnySlotChanged(stage.db)).toBe(true);
  });

  test('a specialist whose schedule cannot be read is closed, and the others go on', async () => {
    const one = await stage.make.specialist([service]);
    const two = await stage.make.specialist([service]);
    await change(one, { 0: 'nonsense' });
    await change(two);
    await stage.drain();
    expect((await stage.stored(one)).every((text) => text?.slice(11) === '0'.repeat(48))).toBe(true);
    await isTrue(two);
  });

  describe('as runs', () => {
    let worker: ReturnType<typeof startWorker>;
    beforeEach(async () => {
      worker = startWorker(
        stage.fleet,
        'slot-recalc',
        { runs: { slot_recalc: recalculateDays, slots: rollHorizon } },
        new AbortController().signal,
      );
      await worker.waitUntilReady();
    });
    afterEach(() => worker.close());
    const done: SlotStage['done'] = (...of) => stage.done(...of);

    test('the roll calculates every day of everybody, twice with the same end', async () => {
      for (let n = 0; n < 60; n += 1) await stage.make.specialist([service], { schedule: MORNING });
      const specialists = Number(await stage.db.oneFirst(sql.unsafe`select count(*)::int from specialists`));
      const first = await done('slots', {});
      expect(first).toMatchObject({ outcome: 'created', status: 'success', result: { specialists, days: specialists * 60 } });
      const ids = (await stage.db.anyFirst(sql.unsafe`select id from specialists order by id`)).map(Number);
      for (const id of ids) expect(await stage.stored(id)).toEqual(await stage.fresh(id));
      const before = await Promise.all(ids.map((id) => stage.stored(id)));
      expect(await done('slots', {})).toMatchObject({ outcome: 'replayed', id: first.id });
      expect(await done('slots', {}, true)).toMatchObject({ outcome: 'created', status: 'success' });
      expect(await Promise.all(ids.map((id) => stage.stored(id)))).toEqual(before);
    });

    test('days that are asked for are calculated, each time they are asked for', async () => {
      const one = await stage.make.specialist([service], { schedule: MORNING });
      const [today, tomorrow] = [stage.today(), addDays(stage.today(), 1)];
      const dates = [tomorrow, today, tomorrow];
      const first = await done('slot_recalc', { specialist_id: one, dates });
      expect(first).toMatchObject({
        outcome: 'created',
        status: 'success',
        result: { specialist_id: one, dates: [today, tomorrow] },
      });
      expect((await stage.stored(one)).slice(0, 3)).toEqual([...((await stage.fresh(one)) ?? []).slice(0, 2), null]);
      const second = await done('slot_recalc', { specialist_id: one, dates });
      expect(second).toMatchObject({ outcome: 'created', status: 'success' });
      expect(second.id).not.toBe(first.id);
    });

    test('days outside the horizon are not stored', async () => {
      const one = await stage.make.specialist([service]);
      const dates = [-1, 0, 59, 60].map((n) => addDays(stage.today(), n));
      expect(await done('slot_recalc', { specialist_id: one, dates })).toMatchObject({ status: 'success', result: { dates } });
      expect((await stage.stored(one, dates)).map(Boolean)).toEqual([false, true, true, false]);
    });

    test('days that were asked for are stale until they are stored, even if the request joins a run that has looked', async () => {
      const one = await stage.make.specialist([service]);
      await forgetAll(stage.db);
      await requestProcess(stage.db, 'slot_recalc', { specialist_id: one, dates: [stage.today()] }, stage.today(), {});
      expect(await isAnySlotChanged(stage.db)).toBe(true);
      expect(await stage.drain()).toEqual({ changes: 1, specialists: 1, days: 1 });
    });
  });

  describe('a worker killed in the middle loses nothing', () => {
    let holder: pg.Client;
    let process: WorkerProcess | undefined;
    const settings = () => ({ DATABASE_URL: stage.database.url, REDIS_URL: kind === 'redis' ? redisUrl() : '' });
    beforeAll(async () => {
      holder = new pg.Client({ connectionString: stage.database.url });
      await holder.connect();
    });
    afterAll(() => holder.end());
    afterEach(() => process?.kill());

    const waiting = (table: string) =>
      eventually(async () => {
        const { rowCount } = await holder.query(
          `select from pg_locks where not granted and relation = $1::regclass and database = (select oid from pg_database where datname = current_database())`,
          [table],
        );
        return rowCount;
      });

    test.each([
      ['before it has read what it needs', 'specialists', 'access exclusive', true],
      ['after it has stored the days, before it has forgotten the changes', 'slot_changes', 'share', false],
    ])(
      '%s',
      async (_, table, mode, isLeft) => {
        const people: number[] = [];
        for (let n = 0; n < 5; n += 1) people.push(await stage.make.specialist([service]));
        for (const one of people) await change(one);
        await holder.query('begin');
        await holder.query(`lock table ${table} in ${mode} mode`);
        process = await workerProcess('slot-recalc', settings());
        await enqueueSlotRecalc(stage.backend);
        await waiting(table);
        await process.kill();
        await holder.query('rollback');
        if (isLeft) expect(await isAnySlotChanged(stage.db)).toBe(true);
        process = await workerProcess('slot-recalc', settings());
        await eventually(async () => {
          await runDue({ ...stage.fleet, schedules: [] }, new Date());
          return !(await isAnySlotChanged(stage.db));
        });
        for (const one of people) await isTrue(one);
      },
      240_000,
    );
  });
});
