import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { forgetStoredDays } from '../../sql/slots/stored.ts';
import { CLOSED, gridOf } from '../../workers/slots/grid.ts';
import { daysFrom } from '../../workers/slots/horizon.ts';
import { redisSlots, slotKey } from '../../workers/slots/redis-slots.ts';
import { readStored, storeGrids } from '../../workers/slots/store.ts';
import { backendKinds } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { ownRedis } from '../support/own-servers.ts';
import { type SlotStage, slotStage } from './stage.ts';

const FIRST = '2026-11-25';
const SIXTY = daysFrom(FIRST, addDays(FIRST, 59));
const ZONE = 'Europe/Moscow';
const BOOK = '1.2';

describe.each(backendKinds)('on %s', (kind) => {
  let stage: SlotStage;
  let nextId = 10;
  beforeAll(async () => {
    stage = await slotStage(kind);
  });
  afterAll(() => stage.close());

  const day = (specialistId: number, date: string, version: number, grid = `grid ${version}`, seconds = 60) => ({
    ...{ specialistId, day: date, book: BOOK, version, grid, seconds },
  });
  const read = async (specialistId: number, days = [FIRST], book = BOOK) =>
    (await stage.store.read(book, [specialistId], days)).get(specialistId);

  test('stored days are read by specialist and day; the rest is null', async () => {
    await stage.store.write([day(1, FIRST, 5, 'a'), day(1, '2026-11-27', 5, 'b'), day(2, FIRST, 5, 'c')]);
    const found = await stage.store.read(BOOK, [1, 2, 3], daysFrom(FIRST, '2026-11-27'));
    expect([...found]).toEqual([
      [1, ['a', null, 'b']],
      [2, ['c', null, null]],
      [3, [null, null, null]],
    ]);
  });

  test('sixty days of a hundred specialists at once', async () => {
    const ids = Array.from({ length: 100 }, (_, n) => 1_000 + n);
    await stage.store.write(ids.flatMap((id) => SIXTY.map((date) => day(id, date, 1, `${id} ${date}`))));
    const found = await stage.store.read(BOOK, ids, SIXTY);
    expect(found.get(1_099)).toEqual(SIXTY.map((date) => `1099 ${date}`));
    expect([...found.values()].flat().filter(Boolean)).toHaveLength(6_000);
  });

  test('nothing to write, nothing to read', async () => {
    await stage.store.write([]);
    expect(await read(1, [])).toEqual([]);
    expect(await stage.store.read(BOOK, [], [FIRST])).toEqual(new Map());
  });

  test.each([
    ['a day that knows more', 10, 11, 'grid 11'],
    ['a day that knows as much', 10, 10, 'again'],
    ['a day that knows less', 10, 9, 'grid 10'],
    ['a day that knows less by one digit', 10, 9, 'grid 10'],
    ['versions are numbers', 9, 10, 'grid 10'],
    ['large versions', 2 ** 46, 2 ** 46 - 1, `grid ${2 ** 46}`],
  ])('%s', async (_, first, second, expected) => {
    const id = nextId++;
    await stage.store.write([day(id, FIRST, first)]);
    await stage.store.write([day(id, FIRST, second, first === second ? 'again' : undefined)]);
    expect(await read(id)).toEqual([expected]);
  });

  test('of many writers at once the one that knows most stays', async () => {
    const versions = Array.from({ length: 60 }, (_, n) => n + 1).sort(() => Math.random() - 0.5);
    await Promise.all(versions.map((version) => stage.store.write(SIXTY.map((date) => day(50, date, version)))));
    expect(await read(50, SIXTY)).toEqual(SIXTY.map(() => 'grid 60'));
  });

  test('a reader sees each day whole, whatever is written meanwhile', async () => {
    const whole = (letter: string) => letter.repeat(48);
    let isOver = false;
    const writing = (async () => {
      for (let version = 1; version <= 60; version += 1) {
        const text = whole(String.fromCharCode(96 + (version % 26) + 1));
        await stage.store.write(SIXTY.map((date) => day(60, date, version, text)));
      }
      isOver = true;
    })();
    let looks = 0;
    while (!isOver) {
      for (const text of (await read(60, SIXTY)) ?? []) expect(text === null || text === whole(text[0] ?? '')).toBe(true);
      looks += 1;
    }
    await writing;
    expect(looks).toBeGreaterThan(5);
  });

  test('days live for 12 to 24 hours, spread', async () => {
    const grids = SIXTY.map((date) => ({ day: date, grid: gridOf(CLOSED) }));
    await storeGrids(stage.store, ZONE, [{ specialistId: 70, book: BOOK, version: 1, days: grids }]);
    const { redis } = stage.backend;
    const lives = redis
      ? await Promise.all(SIXTY.map((date) => redis.ttl(slotKey(70, date))))
      : [
          ...(await stage.db.anyFirst(sql.unsafe`
            select extract(epoch from expires_at - now())::float8 from slots_preview where specialist_id = 70`)),
        ].map(Number);
    expect(lives).toHaveLength(60);
    expect(Math.min(...lives)).toBeGreaterThan(12 * 3_600);
    expect(Math.max(...lives)).toBeLessThanOrEqual(24 * 3_600);
    expect(Math.max(...lives) - Math.min(...lives)).toBeGreaterThan(3_600);
  });

  test('a day that has expired is not there', async () => {
    await stage.store.write([day(80, FIRST, 1, 'gone', 1), day(80, '2026-11-26', 1, 'here', 60)]);
    await new Promise((next) => setTimeout(next, 1_100));
    expect(await read(80, [FIRST, '2026-11-26'])).toEqual([null, 'here']);
    await stage.store.write([day(80, FIRST, 2, 'back')]);
    expect(await read(80)).toEqual(['back']);
  });

  test('a day of another zone is not one of this', async () => {
    await storeGrids(stage.store, ZONE, [
      { specialistId: 90, book: BOOK, version: 1, days: [{ day: FIRST, grid: gridOf(CLOSED) }] },
    ]);
    const inZone = async (zone: string) => (await readStored(stage.store, { zone, book: BOOK }, [90], [FIRST])).get(90);
    expect(await inZone(ZONE)).toEqual([CLOSED]);
    expect(await inZone('Europe/Berlin')).toEqual([null]);
    expect(await inZone('Europe/Mosco')).toEqual([null]);
  });

  test('a day of another book is not there, and yields whatever its version', async () => {
    await stage.store.write([day(91, FIRST, 10)]);
    for (const other of ['1.1', '1.20', '1', '11.2']) expect(await read(91, [FIRST], other)).toEqual([null]);
    await stage.store.write([{ ...day(91, FIRST, 9), book: '1.20' }]);
    expect(await read(91)).toEqual([null]);
    expect(await read(91, [FIRST], '1.20')).toEqual(['grid 9']);
    await stage.store.write([{ ...day(91, FIRST, 8, 'late'), book: '1.20' }]);
    expect(await read(91, [FIRST], '1.20')).toEqual(['grid 9']);
  });

  test('a day as it was stored before days were of a database is not there, and yields', async () => {
    const text = `${CLOSED} ${ZONE}`;
    if (stage.backend.redis) await stage.backend.redis.set(slotKey(92, FIRST), `10 ${text}`);
    else {
      await stage.db.query(sql.unsafe`
        insert into slots_preview (specialist_id, day, version, grid, expires_at)
        values (92, ${FIRST}::date, 10, ${text}, now() + interval '1 hour')`);
    }
    expect(await read(92)).toEqual([null]);
    await stage.store.write([day(92, FIRST, 9)]);
    expect(await read(92)).toEqual(['grid 9']);
  });

  if (kind === 'redis') {
    test('a key is slots_preview:{specialist}:{date}', async () => {
      await stage.store.write([day(17, '2025-03-01', 3, 'x')]);
      expect(await stage.backend.redis?.get('slots_preview:{17}:2025-03-01')).toBe('3 1.2 x');
    });

    test('a cluster takes all days of a specialist at once: they are in one slot', async () => {
      const server = await ownRedis(['--cluster-enabled', 'yes']);
      const node = new Redis(server.url);
      await node.cluster('ADDSLOTSRANGE', 0, 16_383);
      await eventually(async () => /cluster_state:ok/.test(String(await node.cluster('INFO'))));
      await expect(node.mget('slots_preview:1:a', 'slots_preview:1:b')).rejects.toThrow('CROSSSLOT');
      const store = redisSlots(node);
      await store.write([1, 2].flatMap((id) => SIXTY.map((date) => day(id, date, 1, `${id}`))));
      expect(await store.read(BOOK, [1, 2], SIXTY)).toEqual(
        new Map([
          [1, SIXTY.map(() => '1')],
          [2, SIXTY.map(() => '2')],
        ]),
      );
      node.disconnect();
      await server.close();
    });
  } else {
    test('days that are over or have expired are removed', async () => {
      await stage.db.query(sql.unsafe`delete from slots_preview`);
      await stage.store.write([
        day(1, '2026-11-24', 1),
        day(1, FIRST, 1),
        day(1, '2026-11-26', 1, 'x', -1),
        day(1, '2026-11-27', 1),
      ]);
      expect(await forgetStoredDays(stage.db, FIRST)).toBe(2);
      expect(await read(1, daysFrom('2026-11-24', '2026-11-27'))).toEqual([null, 'grid 1', null, 'grid 1']);
    });
  }
});
