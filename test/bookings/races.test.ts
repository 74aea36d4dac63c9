import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { redisSlotLock, type SlotLock, slotName, tableSlotLock } from '../../workers/bookings/slot-lock.ts';
import { buildWeek } from '../generation/fixtures.ts';
import type { Json } from '../support/front-door.ts';
import { beforehand } from '../support/weeks.ts';
import { battlefields, type Crowd, crowd } from './crowd.ts';
import { at, balanceOf } from './salon.ts';

const tally = (replies: { status: number }[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

describe.each(battlefields)('on %s with the lock %s', (kind, lock) => {
  let { api, make } = {} as Crowd;
  beforeAll(async () => {
    ({ api, make } = await crowd(kind, lock));
  });
  afterAll(() => api.close());
  const live = (service: number) =>
    api.db.oneFirst(sql.type(z.object({ count: z.int() }))`
      select count(*)::int as count from bookings where service_id = ${service} and status <> 'CANCELLED'`);

  test('200 at once for one slot: one gets it, 199 are told what is free', async () => {
    const service_id = await make.service({ price: 1_000 });
    const specialist_id = await make.specialist([service_id]);
    const clients = await Promise.all(Array.from({ length: 200 }, () => make.client()));
    const starts_at = at(2, '10:00');
    const replies = await Promise.all(
      clients.map((client_id) => api.post('/bookings', { client_id, service_id, specialist_id, starts_at })),
    );
    expect(tally(replies)).toEqual({ 201: 1, 409: 199 });
    expect(await live(service_id)).toBe(1);
    for (const { status, body } of replies) {
      if (status === 409) expect(body.slots).toEqual(expect.arrayContaining([at(2, '09:00'), at(2, '11:00')]));
      if (status === 409) expect(body.slots).not.toContain(starts_at);
    }
    expect((await api.get('/api/audit')).body.findings).toEqual([]);
  }, 240_000);

  test('overlapping starts of one specialist: never two that meet', async () => {
    const service_id = await make.service({ minutes: 60 });
    const specialist_id = await make.specialist([service_id]);
    const clients = await Promise.all(Array.from({ length: 40 }, () => make.client()));
    const times = ['10:00', '10:15', '10:30', '10:45', '11:00'];
    const replies = await Promise.all(
      clients.map((client_id, n) =>
        api.post('/bookings', { client_id, service_id, specialist_id, starts_at: at(2, times[n % 5] ?? '') }),
      ),
    );
    const made = replies
      .filter(({ status }) => status === 201)
      .map(({ body }) => Date.parse(body.starts_at))
      .sort((a, b) => a - b);
    expect(made.length).toBeGreaterThan(0);
    for (const [n, start] of made.slice(1).entries()) expect(start - (made[n] ?? 0)).toBeGreaterThanOrEqual(3_600_000);
    expect(tally(replies)[201]! + tally(replies)[409]!).toBe(40);
  });

  test('two rooms, 50 clients and specialists: two get in', async () => {
    const place = await make.location();
    const service_id = await make.service({ rooms: [await make.roomAt(place), await make.roomAt(place)] });
    const wishes = await Promise.all(
      Array.from({ length: 50 }, async () => ({
        service_id,
        client_id: await make.client(),
        specialist_id: await make.specialist([service_id], { location: place }),
        starts_at: at(2, '10:00'),
      })),
    );
    const replies = await Promise.all(wishes.map((wish) => api.post('/bookings', wish)));
    expect(tally(replies)).toEqual({ 201: 2, 409: 48 });
    expect(await live(service_id)).toBe(2);
  });

  test('one client everywhere at once: in one place', async () => {
    const service_id = await make.service();
    const client_id = await make.client();
    const specialists = await Promise.all(Array.from({ length: 20 }, () => make.specialist([service_id])));
    const replies = await Promise.all(
      specialists.map((specialist_id) =>
        api.post('/bookings', { client_id, service_id, specialist_id, starts_at: at(3, '10:00') }),
      ),
    );
    expect(tally(replies)).toEqual({ 201: 1, 409: 19 });
  });

  test('the last unit and the last money are spent once', async () => {
    const service_id = await make.service({ price: 10_000 });
    const client_id = await make.client();
    await make.money(client_id, 10_000);
    const kind = (
      await api.post('/api/service-packages', { name: 'Один', composition: [{ service_id, units: 1 }], price_minor: 0 })
    ).body.id;
    await api.post(`/api/clients/${client_id}/packages`, { service_package_id: kind });
    const times = ['08:00', '09:00', '10:00', '11:00', '12:00', '13:00'];
    const specialist_id = await make.specialist([service_id]);
    const replies = await Promise.all(
      times.flatMap((time, n) =>
        ['wallet', 'package'].map((pay_from, m) =>
          api.post('/bookings', { client_id, service_id, specialist_id, starts_at: at(4 + n + 7 * m, time), pay_from }),
        ),
      ),
    );
    expect(tally(replies)).toEqual({ 201: 2, 409: 10 });
    expect(await balanceOf(api.db, client_id)).toBe(0);
    expect((await api.get('/api/audit')).body.findings).toEqual([]);
  });

  test('moving into one slot and booking it at once: one gets it, the others stay where they were', async () => {
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id]);
    const made: Json[] = [];
    for (let n = 0; n < 8; n += 1) {
      made.push(
        (
          await api.post('/bookings', {
            client_id: await make.client(),
            service_id,
            specialist_id,
            starts_at: at(8 + n, '10:00'),
          })
        ).body,
      );
    }
    const starts_at = at(20, '10:00');
    const clients = await Promise.all(made.map(() => make.client()));
    const replies = await Promise.all([
      ...made.map(({ id }) => api.post(`/bookings/${id}/reschedule`, { starts_at })),
      ...clients.map((client_id) => api.post('/bookings', { client_id, service_id, specialist_id, starts_at })),
    ]);
    const { 200: moved = 0, 201: booked = 0, ...rest } = tally(replies);
    expect({ winners: moved + booked, rest }).toEqual({ winners: 1, rest: { 409: 15 } });
    expect(await live(service_id)).toBe(8 + booked);
  });

  test('a specialist is booked or gives the training, never both', async () => {
    const service_id = await make.service();
    const type = await make.type();
    const monday = new Date(Date.now() + 14 * 86_400_000);
    monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
    const start = monday.toISOString().slice(0, 10);
    const specialists: number[] = [];
    for (let n = 0; n < 30; n += 1) {
      const specialist = await make.specialist([service_id]);
      specialists.push(specialist);
      await make.template({ type, trainer: specialist, day: 2, time: '10:00' });
    }
    const tuesday = new Date(monday.getTime() + 86_400_000).toISOString().slice(0, 10);
    const wishes = await Promise.all(
      specialists.map(async (specialist_id) => ({
        specialist_id,
        service_id,
        client_id: await make.client(),
        starts_at: `${tuesday}T10:30:00+03:00`,
      })),
    );
    const week = beforehand({ start, zone: 'Europe/Moscow', graceDays: 7 });
    const [progress, ...replies] = await Promise.all([
      buildWeek(api.db, week),
      ...wishes.map((wish) => api.post('/bookings', wish)),
    ]);
    const booked = tally(replies)[201] ?? 0;
    expect(tally(replies)[409] ?? 0).toBe(30 - booked);
    expect(progress.created.length + booked).toBe(30);
    expect(progress.conflicts).toHaveLength(booked);
    for (const conflict of progress.conflicts)
      expect(conflict).toMatchObject({ reason: 'trainer_busy', booking_id: expect.any(Number) });
    const both = await api.db.oneFirst(sql.type(z.object({ count: z.int() }))`
      select count(*)::int as count from bookings join real_trainings on trainer_id = specialist_id
      where bookings.status <> 'CANCELLED' and tstzrange(bookings.starts_at, busy_until) && tstzrange(real_trainings.starts_at, real_trainings.ends_at)`);
    expect(both).toBe(0);
  });

  if (lock === 'on') {
    test('the lock: one owner, released by nobody else, free again when it expires', async () => {
      const locks: SlotLock = api.fleet.backend.redis ? redisSlotLock(api.fleet.backend.redis) : tableSlotLock(api.db);
      const slot = slotName(1, '2030-01-01T10:00:00.000Z');
      const tokens = await Promise.all(Array.from({ length: 20 }, () => locks.acquire(slot, 400)));
      const owners = tokens.filter((token) => token !== null);
      expect(owners).toHaveLength(1);
      await locks.release(slot, 'somebody else');
      expect(await locks.acquire(slot, 400)).toBeNull();
      await new Promise((next) => setTimeout(next, 450));
      const heir = await locks.acquire(slot, 60_000);
      expect(heir).not.toBeNull();
      await locks.release(slot, owners[0] ?? '');
      expect(await locks.acquire(slot, 400)).toBeNull();
      await locks.release(slot, heir ?? '');
      expect(await locks.acquire(slot, 400)).not.toBeNull();
    });
  }
});
