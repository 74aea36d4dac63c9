import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';
import { battlefields, type Crowd, crowd } from './crowd.ts';
import { at } from './salon.ts';

describe.each(battlefields)('a failed booking costs nobody the slot, on %s with the lock %s', (kind, lock) => {
  let { api, make } = {} as Crowd;
  beforeAll(async () => {
    ({ api, make } = await crowd(kind, lock));
  });
  afterAll(() => api.close());
  const live = (service: number) =>
    api.db.oneFirst(sql.type(z.object({ count: z.int() }))`
      select count(*)::int as count from bookings where service_id = ${service} and status = 'CONFIRMED'`);
  const many = (count: number) => Promise.all(Array.from({ length: count }, () => make.client()));
  const winners = (replies: { status: number }[]) => replies.filter(({ status }) => status < 300).length;

  test('three without money before nine who pay later', async () => {
    const service_id = await make.service({ price: 1_000 });
    const specialist_id = await make.specialist([service_id]);
    const wish = { service_id, specialist_id, starts_at: at(2, '10:00') };
    const clients = await many(12);
    const replies = await Promise.all(
      clients.map((client_id, n) => api.post('/bookings', { ...wish, client_id, pay_from: n < 3 ? 'wallet' : 'later' })),
    );
    expect(winners(replies)).toBe(1);
    expect(await live(service_id)).toBe(1);
    expect((await api.get('/api/audit')).body.findings).toEqual([]);
  });

  test('sixty without money around two who have it', async () => {
    const service_id = await make.service({ price: 1_000 });
    const specialist_id = await make.specialist([service_id]);
    const wish = { service_id, specialist_id, starts_at: at(2, '10:00'), pay_from: 'wallet' };
    const clients = await many(62);
    for (const n of [20, 40]) await make.money(clients[n]!, 1_000);
    const replies = await Promise.all(clients.map((client_id) => api.post('/bookings', { ...wish, client_id })));
    expect(winners(replies)).toBe(1);
    expect(await live(service_id)).toBe(1);
    expect((await api.get('/api/audit')).body.findings).toEqual([]);
  });

  test('three who are elsewhere at that time before nine who are not', async () => {
    const service_id = await make.service();
    const [specialist_id, other] = [await make.specialist([service_id]), await make.specialist([service_id])];
    const wish = { service_id, specialist_id, starts_at: at(3, '10:00') };
    const clients = await many(12);
    const times = ['09:15', '10:15'];
    for (const [n, time] of times.entries()) {
      const elsewhere = { service_id, specialist_id: other, client_id: clients[n], starts_at: at(3, time) };
      expect(await api.post('/bookings', elsewhere)).toMatchObject({ status: 201 });
    }
    const replies = await Promise.all(clients.map((client_id) => api.post('/bookings', { ...wish, client_id })));
    expect(winners(replies)).toBe(1);
    expect(await live(service_id)).toBe(3);
  });

  test('forty for any of three specialists: three get one each', async () => {
    const service_id = await make.service();
    for (let n = 0; n < 3; n += 1) await make.specialist([service_id]);
    const clients = await many(40);
    const replies = await Promise.all(
      clients.map((client_id) => api.post('/bookings', { service_id, client_id, starts_at: at(4, '10:00') })),
    );
    expect(winners(replies)).toBe(3);
    expect(await live(service_id)).toBe(3);
  });

  test('a booking or a move waits for a hold that is about to run out unpaid', async () => {
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id]);
    const held = { specialist: specialist_id, service: service_id, minutes: 60 };
    const soon = () => new Date(Date.now() + 500).toISOString();
    const wish = { service_id, specialist_id, client_id: await make.client() };
    const { id } = (await api.post('/bookings', { ...wish, starts_at: at(2, '12:00') })).body;
    await make.booking({ ...held, client: await make.client(), at: at(6, '10:00'), heldUntil: soon() });
    expect(await api.post(`/bookings/${id}/reschedule`, { starts_at: at(6, '10:00') })).toMatchObject({ status: 200 });
    await make.booking({ ...held, client: await make.client(), at: at(7, '10:00'), heldUntil: soon() });
    expect(await api.post('/bookings', { ...wish, starts_at: at(7, '10:00') })).toMatchObject({ status: 201 });
  });

  test('a hold that runs out while a booking waits for it is not in its way', async () => {
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id]);
    const [, first, second] = await Promise.all(
      ['10:00', '12:00', '14:00'].map(async (time, n) => {
        const fields = { client: await make.client(), specialist: specialist_id, service: service_id, at: at(8, time) };
        return make.booking(n === 0 ? { ...fields, heldUntil: new Date(Date.now() + 400).toISOString() } : fields);
      }),
    );
    const move = (id?: number) => api.post(`/bookings/${id}/reschedule`, { starts_at: at(8, '10:00') });
    const cancelling = await holdOpen(
      api.database.url,
      `update bookings set status = 'CANCELLED', cancelled_at = now() where id = ${first}`,
    );
    const before = move(first);
    await waitingForLock(api.db);
    const after = move(second);
    await pause(600);
    await cancelling.commit();
    expect(await before).toMatchObject({ status: 409 });
    expect(await after).toMatchObject({ status: 200 });
  });

  test('moves of clients who are elsewhere at that time before one of a client who is not', async () => {
    const service_id = await make.service();
    const [specialist_id, other] = [await make.specialist([service_id]), await make.specialist([service_id])];
    const starts_at = at(5, '10:00');
    const made: Json[] = [];
    for (const [n, client_id] of (await many(6)).entries()) {
      const booked = await api.post('/bookings', { service_id, specialist_id, client_id, starts_at: at(10 + n, '10:00') });
      made.push(booked.body);
    }
    const elsewhere = { service_id, specialist_id: other, client_id: made[0]?.client_id, starts_at };
    expect(await api.post('/bookings', elsewhere)).toMatchObject({ status: 201 });
    const replies = await Promise.all(made.map(({ id }) => api.post(`/bookings/${id}/reschedule`, { starts_at })));
    expect(winners(replies)).toBe(1);
    expect(replies[0]).toMatchObject({ status: 409 });
  });
});
