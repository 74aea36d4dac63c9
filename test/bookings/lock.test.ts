import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { slotName, tableSlotLock } from '../../workers/bookings/slot-lock.ts';
import { backendKinds, testBackend } from '../support/backends.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { at, salon } from './salon.ts';

describe.each(backendKinds)('the lock of a slot, on %s', (kind) => {
  let api: TestApi;
  let make: ReturnType<typeof salon>;
  beforeAll(async () => {
    api = await testApi({ backend: (url) => testBackend(kind, url) });
    make = salon(api.db);
  });
  afterAll(() => api.close());

  const locks = async (): Promise<readonly unknown[]> => {
    const { redis } = api.fleet.backend;
    if (redis) return redis.keys('slot_lock:*');
    return api.db.any(sql.unsafe`select slot from slot_locks`);
  };
  async function scene() {
    const service_id = await make.service({ price: 1_000 });
    const specialist_id = await make.specialist([service_id]);
    return { service_id, specialist_id, client_id: await make.client(), starts_at: at(2, '10:00') };
  }
  type Wish = Awaited<ReturnType<typeof scene>>;

  const outcomes: [what: string, status: number, before: (wish: Wish) => Promise<Json>][] = [
    ['is booked', 201, async () => ({})],
    [
      'is booked in one of its rooms',
      201,
      async ({ service_id }) => {
        const room = await make.roomAt(await make.location());
        await api.post(`/api/services/${service_id}/rooms`, { room_id: room });
        return {};
      },
    ],
    [
      'is paid from the wallet',
      201,
      async ({ client_id }) => {
        await make.money(client_id, 1_000);
        return { pay_from: 'wallet' };
      },
    ],
    ['cannot be paid', 409, async () => ({ pay_from: 'wallet' })],
    [
      'is not worked in',
      409,
      async ({ specialist_id }) => {
        await api.patch(`/api/specialists/${specialist_id}`, { work_schedule: {} });
        return {};
      },
    ],
    [
      'is of a client who is elsewhere',
      409,
      async ({ client_id, service_id }) => {
        const other = await make.specialist([service_id]);
        await api.post('/bookings', { client_id, service_id, specialist_id: other, starts_at: at(2, '10:00') });
        return {};
      },
    ],
    ['is of nobody we know', 422, async () => ({ client_id: 999_999 })],
  ];
  test.each(outcomes)('that %s (%i) is given back', async (_, status, before) => {
    const wish = await scene();
    const more = await before(wish);
    expect(await api.post('/bookings', { ...wish, ...more })).toMatchObject({ status });
    expect(await locks()).toEqual([]);
  });

  test('that somebody else has is not taken from them, nor given back by who was refused', async () => {
    const wish = await scene();
    const slot = slotName(wish.specialist_id, wish.starts_at);
    const { redis } = api.fleet.backend;
    const isOurs = redis ? await redis.set(slot, 'theirs', 'PX', 60_000) : await tableSlotLock(api.db).acquire(slot, 60_000);
    expect(isOurs).toBeTruthy();
    for (let n = 0; n < 2; n += 1) {
      expect(await api.post('/bookings', wish)).toMatchObject({
        status: 409,
        body: { detail: 'somebody is booking this slot right now' },
      });
    }
    expect(await locks()).toHaveLength(1);
    expect((await api.get(`/bookings?client_id=${wish.client_id}`)).body.items).toEqual([]);
  });
});

test('a booking made in one statement is all there or not at all', async () => {
  const api = await testApi();
  const make = salon(api.db);
  const service_id = await make.service({ price: 1_000 });
  const wish = { service_id, specialist_id: await make.specialist([service_id]), client_id: await make.client() };
  await api.db.query(sql.unsafe`alter table notifications add constraint nobody_is_told check (template <> 'booking_confirmed')`);
  expect(await api.post('/bookings', { ...wish, starts_at: at(2, '10:00') })).toMatchObject({ status: 422 });
  const rows = sql.type(z.object({ bookings: z.int(), invoices: z.int(), locks: z.int() }));
  expect(
    await api.db.one(rows`
      select (select count(*)::int from bookings) as bookings, (select count(*)::int from invoices) as invoices,
        (select count(*)::int from slot_locks) as locks`),
  ).toEqual({ bookings: 0, invoices: 0, locks: 0 });
  await api.close();
});
