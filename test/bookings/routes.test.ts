import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { counter } from './counter.ts';
import { ALWAYS, at } from './salon.ts';

const { api, make, place, scene, book, square } = await counter();
const reason = { reason: 'заболела' };

describe('booking', () => {
  test('fixes duration, break, price and room, is confirmed, and client and specialist are notified', async () => {
    const rooms = [await make.roomAt(place), await make.roomAt(place)];
    const wish = await scene({ minutes: 50, pause: 10, price: 150_000, rooms });
    const starts_at = at(2, '10:00');
    const { status, body, headers } = await book({ ...wish, starts_at });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/bookings/${body.id}`);
    expect(body).toMatchObject({
      ...wish,
      status: 'CONFIRMED',
      starts_at,
      ends_at: at(2, '10:50'),
      busy_until: at(2, '11:15'),
      duration_minutes: 50,
      break_minutes: 10,
      room_id: rooms[0],
      location_id: place,
      service_price_minor: 150_000,
      price_minor: 150_000,
      pay_from: 'later',
      invoice: { status: 'UNPAID' },
      held_until: null,
    });
    await api.patch(`/api/services/${wish.service_id}`, { duration_minutes: 90, price_minor: 1 });
    expect((await api.get(`/bookings/${body.id}`)).body).toEqual(body);
    const told = await api.db.any(sql.unsafe`
      select user_id, template, params->>'start_time' as time from notifications where params->>'booking_id' = ${String(body.id)} order by user_id`);
    expect(told).toEqual(
      [wish.client_id, wish.specialist_id]
        .sort((a, b) => a - b)
        .map((user_id) => ({ user_id, template: 'booking_confirmed', time: '10:00:00' })),
    );
    await square();
  });

  test('the next one begins where the break, rounded up, ends', async () => {
    const wish = await scene({ minutes: 50, pause: 10 });
    expect(await book({ ...wish, starts_at: at(2, '10:00') })).toMatchObject({ status: 201 });
    const other = { ...wish, client_id: await make.client() };
    const early = await book({ ...other, starts_at: at(2, '11:00') });
    expect(early).toMatchObject({ status: 409 });
    expect(early.body.slots).toContain(at(2, '11:15'));
    expect(early.body.slots).toContain(at(2, '08:45'));
    expect(early.body.slots).not.toContain(at(2, '09:00'));
    expect(early.body.slots).not.toContain(at(2, '11:00'));
    expect(await book({ ...other, starts_at: at(2, '11:15') })).toMatchObject({ status: 201 });
  });

  test('a break may hang over closing time, the duration may not', async () => {
    const wish = await scene({
      minutes: 60,
      pause: 30,
      schedule: Object.fromEntries(Object.keys(ALWAYS).map((day) => [day, [['10:00', '12:00']]])),
    });
    for (const [time, status] of [
      ['09:45', 409],
      ['11:15', 409],
      ['11:00', 201],
    ] as const) {
      expect(await book({ ...wish, starts_at: at(3, time) })).toMatchObject({ status });
    }
  });

  test('over midnight it touches both days', async () => {
    const wish = await scene({ minutes: 120 });
    expect(await book({ ...wish, starts_at: at(3, '23:00') })).toMatchObject({ status: 201, body: { ends_at: at(4, '01:00') } });
    const other = { ...wish, client_id: await make.client() };
    expect(await book({ ...other, starts_at: at(4, '00:45') })).toMatchObject({ status: 409 });
    expect(await book({ ...other, starts_at: at(4, '01:00') })).toMatchObject({ status: 201 });
  });

  test('without a specialist whoever is free takes it, the main one first', async () => {
    const service_id = await make.service();
    const [second, first] = [await make.specialist([service_id]), await make.specialist([service_id])];
    await api.patch(`/api/specialists/${second}`, { is_main: false });
    const starts_at = at(2, '15:00');
    const ask = async () => book({ client_id: await make.client(), service_id, starts_at });
    expect(await ask()).toMatchObject({ status: 201, body: { specialist_id: first } });
    expect(await ask()).toMatchObject({ status: 201, body: { specialist_id: second } });
    expect(await ask()).toMatchObject({ status: 409, body: { slots: expect.arrayContaining([at(2, '16:00')]) } });
  });

  test('a client cannot be in two places', async () => {
    const [one, other] = [await scene(), await scene()];
    expect(await book({ ...one, starts_at: at(2, '12:00') })).toMatchObject({ status: 201 });
    const twice = { ...other, client_id: one.client_id };
    expect(await book({ ...twice, starts_at: at(2, '12:45') })).toMatchObject({
      status: 409,
      body: { detail: 'the client has another booking at that time' },
    });
    expect(await book({ ...twice, starts_at: at(2, '13:00') })).toMatchObject({ status: 201 });
  });

  test('a room that a training has is passed over; with all taken it is refused', async () => {
    const rooms = [await make.roomAt(place), await make.roomAt(place)];
    await make.someType();
    await make.training({ trainer: await make.trainer(), room: rooms[0], at: at(2, '10:00') });
    const wish = await scene({ rooms });
    const more = {
      ...wish,
      client_id: await make.client(),
      specialist_id: await make.specialist([wish.service_id], { location: place }),
    };
    expect(await book({ ...wish, starts_at: at(2, '10:15') })).toMatchObject({ status: 201, body: { room_id: rooms[1] } });
    expect(await book({ ...more, starts_at: at(2, '10:30') })).toMatchObject({
      status: 409,
      body: { detail: 'no room is free at that time' },
    });
    expect(await book({ ...more, starts_at: at(2, '11:00') })).toMatchObject({ status: 201, body: { room_id: rooms[0] } });
  });

  test.each([
    ['an override that closes', 'override'],
    ['an absence', 'absence'],
    ['a training', 'training'],
  ])('%s of the specialist is not booked over', async (_, what) => {
    const wish = await scene();
    await make.someType();
    const day = at(5, '12:00').slice(0, 10);
    if (what === 'override')
      expect(
        await api.post('/api/calendar-overrides', { specialist_id: wish.specialist_id, day, intervals: [['13:00', '14:00']] }),
      ).toMatchObject({ status: 201 });
    if (what === 'absence')
      expect(
        await api.post('/api/specialist-absences', {
          specialist_id: wish.specialist_id,
          from: at(5, '12:00'),
          to: at(5, '13:00'),
        }),
      ).toMatchObject({ status: 201 });
    if (what === 'training') await make.training({ trainer: wish.specialist_id, at: at(5, '12:00') });
    expect(await book({ ...wish, starts_at: at(5, '12:15') })).toMatchObject({ status: 409 });
    expect(await book({ ...wish, starts_at: at(5, '13:00') })).toMatchObject({ status: 201 });
  });

  test.each([
    ['now', () => new Date(Math.floor(Date.now() / 900_000) * 900_000).toISOString(), 'a start in the future'],
    ['off the grid', () => at(2, '10:07'), 'a start on the quarter of an hour'],
    ['the 61st day', () => at(60, '00:00'), /^a start on \d{4}-\d\d-\d\d at the latest$/],
    ['the last of all days', () => '2100-12-31T20:45:00Z', /^a start on \d{4}-\d\d-\d\d at the latest$/],
    ['a day beyond all days', () => '2101-01-01T00:00:00Z', /^an instant .* to 2100-12-31$/],
    ['no instant', () => '2026-13-01T10:00:00Z', /^an instant/],
    ['no offset', () => '2026-12-01T10:00:00', /^an instant/],
  ])('a start %s is refused by name', async (_, start, message) => {
    const wish = await scene();
    const refused = await book({ ...wish, starts_at: start() });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'starts_at' }] } });
    expect(refused.body.errors[0].message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test('the last quarter of the 60th day can be booked', async () => {
    expect(await book({ ...(await scene({ minutes: 15 })), starts_at: at(59, '23:45') })).toMatchObject({ status: 201 });
  });

  test.each([
    ['client_id', { client_id: 999_999 }],
    ['service_id', { service_id: 999_999 }],
    ['specialist_id', { specialist_id: 999_999 }],
    ['room_id', { room_id: 999_999 }],
    ['location_id', { location_id: 999_999 }],
    ['pay_from', { pay_from: 'gold' }],
    ['colour', { colour: 'red' }],
  ])('a wrong %s is named: %j', async (path, wrong) => {
    const refused = await book({ ...(await scene()), starts_at: at(2, '10:00'), ...wrong });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  test('with an Idempotency-Key it is one booking, and a refused one leaves nothing', async () => {
    const wish = { ...(await scene()), starts_at: at(2, '10:00') };
    const headers = { 'Idempotency-Key': `book-${wish.client_id}` };
    const first = await book(wish, { headers });
    expect(first.status).toBe(201);
    expect(await book(wish, { headers })).toMatchObject({ status: 201, body: first.body });
    const refused = await book(
      { ...wish, client_id: await make.client() },
      { headers: { 'Idempotency-Key': `other-${wish.client_id}` } },
    );
    expect(refused).toMatchObject({ status: 409, body: { slots: expect.arrayContaining([at(2, '11:00')]) } });
    const { items } = (await api.get(`/bookings?specialist_id=${wish.specialist_id}`)).body;
    expect(items).toEqual([first.body]);
  });
});

test('lists narrow by client, specialist, days and status, page by page', async () => {
  const wish = await scene();
  const ids: number[] = [];
  for (const time of ['10:00', '12:00', '14:00']) ids.push((await book({ ...wish, starts_at: at(6, time) })).body.id);
  ids.push((await book({ ...wish, starts_at: at(7, '00:00') })).body.id);
  await api.post(`/bookings/${ids[1]}/cancel`, reason);
  const list = async (query: string) =>
    (await api.get(`/bookings?specialist_id=${wish.specialist_id}&${query}`)).body.items.map((item: Json) => item.id);
  const day = at(6, '12:00').slice(0, 10);
  expect(await list('')).toEqual(ids);
  expect(await list(`from=${day}&to=${day}`)).toEqual(ids.slice(0, 3));
  expect(await list('status=CANCELLED')).toEqual([ids[1]]);
  expect(await list(`client_id=${wish.client_id}&status=CONFIRMED`)).toEqual([ids[0], ids[2], ids[3]]);
  const { body } = await api.get(`/bookings?specialist_id=${wish.specialist_id}&limit=3`);
  expect(
    (await api.get(`/bookings?specialist_id=${wish.specialist_id}&limit=3&cursor=${body.next_cursor}`)).body.items.map(
      (item: Json) => item.id,
    ),
  ).toEqual([ids[3]]);
});

test('bookings are numbered one after the other: who only looks takes no number', async () => {
  const wish = await scene();
  const first = (await book({ ...wish, starts_at: at(6, '10:00') })).body.id;
  await api.get(`/slots?service_id=${wish.service_id}`);
  const anybody = { client_id: wish.client_id, service_id: wish.service_id };
  expect((await book({ ...anybody, starts_at: at(6, '12:00') })).body.id).toBe(first + 1);
  await api.post(`/bookings/${first}/reschedule`, { starts_at: at(6, '14:00') });
  expect((await book({ ...anybody, starts_at: at(6, '16:00') })).body.id).toBe(first + 2);
});
