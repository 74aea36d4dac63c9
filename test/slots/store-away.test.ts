import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { openBackend } from '../../queues/backend/backend.ts';
import { log } from '../../queues/log/log.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { drainChanges } from '../../workers/slot-recalc/drain-changes.ts';
import { calculateDays } from '../../workers/slots/calculate.ts';
import { gridText } from '../../workers/slots/grid.ts';
import { horizonOf } from '../../workers/slots/horizon.ts';
import { liveSlotsOf } from '../../workers/slots/live.ts';
import { currentDays } from '../../workers/slots/read.ts';
import { readStored, slotStoreOf } from '../../workers/slots/store.ts';
import { at, salon } from '../bookings/salon.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { type Reply, type TestApi, testApi } from '../support/front-door.ts';
import { type OwnServer, ownRedis } from '../support/own-servers.ts';
import { readBook } from './book.ts';
import { slotStage } from './stage.ts';

const ZONE = 'Europe/Moscow';
const NOON = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((n) => [n, [['12:00', '14:00']]]));
// A Redis that keeps silent is asked for a second; else it would be waited for for ever, and no answer would come.

test('a store that keeps silent is asked once, then left alone for a while; the days are calculated', async () => {
  const stage = await slotStage('postgres');
  const specialist = await stage.make.specialist([]);
  let asked = 0;
  const silent = () => {
    asked += 1;
    return new Promise<never>(() => undefined);
  };
  const slots = { ...stage.slots, store: { read: silent, write: silent } };
  const days = stage.days().slice(0, 3);
  const read = async () =>
    (await currentDays(slots, [specialist], days, { book: await readBook(stage.db), changes: [] })).get(specialist);
  const right = (await stage.fresh(specialist, days))!.map((text) => text.slice(11));
  expect([await read(), asked]).toEqual([right, 1]);
  expect([await read(), await read(), asked]).toEqual([right, right, 1]);
  await eventually(async () => (await read()) && asked === 2);
  await stage.close();
});

if (backendKinds.includes('redis')) {
  describe('slots and bookings while Redis', () => {
    let redis: OwnServer;
    let api: TestApi;
    let make: ReturnType<typeof salon>;
    const isBack = () =>
      api.fleet.backend.ping().then(
        () => true,
        () => false,
      );
    beforeAll(async () => {
      redis = await ownRedis();
      api = await testApi({
        backend: (databaseUrl) => openBackend({ redisUrl: redis.url, databaseUrl, name: 'test' }),
        settings: { REDIS_URL: redis.url },
      });
      make = salon(api.db);
      await eventually(isBack);
    });
    afterAll(async () => {
      await api.close();
      await redis.close();
    });

    /** A specialist whose days are stored, and what is asked of him. */
    async function scene() {
      const service_id = await make.service();
      const specialist_id = await make.specialist([service_id], { schedule: NOON });
      const from = addDays(dayOf(new Date(), ZONE), 2);
      const looked = () => api.get(`/slots?service_id=${service_id}&specialist_id=${specialist_id}&from=${from}&days=3`);
      const book = async (time: string) =>
        api.post('/bookings', { client_id: await make.client(), service_id, specialist_id, starts_at: at(2, time) });
      const isStored = async () => (await looked()) && (await bothGrids(specialist_id))[0].length >= 3;
      await eventually(() => isStored().catch(() => false));
      return { specialist_id, looked, book };
    }
    /** Wall times of the first day. */
    const times = ({ body }: Reply): string[] =>
      body.specialists[0].days[0].starts.map((start: string) =>
        new Date(Date.parse(start) + 3 * 3_600_000).toISOString().slice(11, 16),
      );
    /** Every stored day of a specialist, and the same days out of the database. */
    async function bothGrids(specialistId: number) {
      const days = horizonOf(dayOf(new Date(), ZONE));
      const fields = { zone: ZONE, book: await readBook(api.db) };
      const stored = (await readStored(slotStoreOf(api.fleet), fields, [specialistId], days)).get(specialistId) ?? [];
      const [fresh] = await calculateDays(api.db, ZONE, [{ specialistId, days }]);
      const isStored = (_: unknown, n: number) => stored[n] !== null;
      return [stored.filter(isStored), fresh!.days.map(({ grid }) => gridText(grid)).filter(isStored)] as const;
    }
    /** All days that are stored are right, and the three that were asked for are among them. */
    async function expectStoredRight(specialist: number) {
      const [stored, fresh] = await bothGrids(specialist);
      expect(stored).toEqual(fresh);
      expect(stored.length).toBeGreaterThanOrEqual(3);
    }

    test('falls silent while somebody books: the booking is answered', async () => {
      const { specialist_id, book } = await scene();
      const holder = new pg.Client({ connectionString: api.database.url });
      await holder.connect();
      await holder.query('begin');
      await holder.query(`select lock_calendars(array[$1::int], '{}')`, [specialist_id]);
      const booking = book('12:00');
      const isStopped = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => (await holder.query(isStopped)).rowCount === 1);
      expect(await api.fleet.backend.redis?.keys('slot_lock:*')).toHaveLength(1);
      redis.freeze();
      try {
        await holder.query('commit');
        expect((await booking).status).toBe(201);
      } finally {
        redis.thaw();
        await holder.end();
      }
    });

    test.each<[string, away: () => unknown, back: () => unknown]>([
      ['is dead, and comes back empty', () => redis.stop('SIGKILL'), () => redis.start()],
      ['keeps silent, and goes on', () => redis.freeze(), () => redis.thaw()],
      [
        'keeps silent, dies, and comes back empty',
        () => redis.freeze(),
        async () => {
          await redis.stop('SIGKILL');
          await redis.start();
        },
      ],
    ])('%s: the database answers', async (_, away, back) => {
      const { specialist_id, looked, book } = await scene();
      const warn = jest.spyOn(log, 'warn');
      await away();
      try {
        expect(times(await looked())).toEqual(['12:00', '12:15', '12:30', '12:45', '13:00']);
        expect(warn.mock.calls.map(([, text]) => text)).toContain('the slot store is away; calculating');

        expect((await book('12:00')).status).toBe(201);
        expect(warn.mock.calls.map(([, text]) => text)).toContain('the slot lock is out of order; booking without it');
        const twins = await Promise.all([book('13:00'), book('13:00'), book('12:30')]);
        expect(twins.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
        expect(times(await looked())).toEqual([]);
      } finally {
        await back();
        warn.mockRestore();
      }
      await eventually(isBack);
      // A lock that came too late for who asked for it was given back, long before its five seconds are over.
      await eventually(async () => (await api.fleet.backend.redis?.keys('slot_lock:*'))?.length === 0, 3);
      expect(times(await looked())).toEqual([]);
      await drainChanges(api.fleet, new AbortController().signal);
      expect(times(await looked())).toEqual([]);
      await eventually(async () => (await looked()) && (await bothGrids(specialist_id))[0].length >= 3);
      await expectStoredRight(specialist_id);
    });

    test('forgets everything in between: days are calculated and stored again', async () => {
      const { specialist_id, looked, book } = await scene();
      const flush = () => api.fleet.backend.redis!.flushall();
      await flush();
      expect(times(await looked())).toEqual(['12:00', '12:15', '12:30', '12:45', '13:00']);
      expect((await book('12:00')).status).toBe(201);
      await flush();
      expect(times(await looked())).toEqual(['13:00']);
      await drainChanges(api.fleet, new AbortController().signal);
      await flush();
      expect(times(await looked())).toEqual(['13:00']);
      await expectStoredRight(specialist_id);
    });

    test('is dead: a worker forgets no change before its day is stored', async () => {
      const { specialist_id, looked, book } = await scene();
      const drain = () => drainChanges(api.fleet, new AbortController().signal);
      const waiting = () =>
        api.db.anyFirst(sql.unsafe`select distinct specialist_id from slot_changes where specialist_id = ${specialist_id}`);
      await drain();
      expect((await book('12:00')).status).toBe(201);
      await redis.stop('SIGKILL');
      try {
        await expect(drain()).rejects.toThrow();
        expect(await waiting()).toEqual([specialist_id]);
      } finally {
        await redis.start();
      }
      await eventually(isBack);
      await drain();
      expect(await waiting()).toEqual([]);
      await looked();
      await expectStoredRight(specialist_id);
    });

    test('keeps silent: nobody who wants to listen is kept waiting', async () => {
      const { specialist_id } = await scene();
      redis.freeze();
      try {
        expect((await api.get(`/slots/stream?specialist_id=${specialist_id}`)).status).toBe(503);
      } finally {
        redis.thaw();
      }
      expect(liveSlotsOf(api.fleet).count()).toBe(0);
    });
  });
}
