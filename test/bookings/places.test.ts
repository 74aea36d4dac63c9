import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { wrongs } from '../support/refusals.ts';
import { counter } from './counter.ts';
import { at } from './salon.ts';

const { api, make } = await counter();

const dayAt = (days: number) => at(days, '12:00').slice(0, 10);

describe('a location that is not active', () => {
  const switchTo = (id: number, is_active: boolean) => api.patch(`/api/locations/${id}`, { is_active });
  const offered = async (query: string) =>
    (await api.get(`/slots?from=${dayAt(2)}&days=1&${query}`)).body.specialists.map(
      (specialist: Json) => specialist.specialist_id,
    );

  test('is neither offered nor booked, the others are; active again, it is both at once', async () => {
    const [closed, open] = [await make.location(), await make.location()];
    const service_id = await make.service();
    const inside = await make.specialist([service_id], { location: closed });
    const others = [await make.specialist([service_id], { location: open }), await make.specialist([service_id])];
    const book = async (wish: Json) =>
      api.post('/bookings', { client_id: await make.client(), service_id, starts_at: at(2, '10:00'), ...wish });
    expect(await offered(`service_id=${service_id}`)).toEqual([inside, ...others]);

    await switchTo(closed, false);
    expect(await offered(`service_id=${service_id}`)).toEqual(others);
    const message = `the location ${closed} is not active`;
    expect(wrongs(await api.get(`/slots?service_id=${service_id}&location_id=${closed}`))).toEqual({
      status: 422,
      location_id: message,
    });
    const why = `the specialist ${inside} works at the location ${closed}, which is not active`;
    expect(wrongs(await api.get(`/slots?service_id=${service_id}&specialist_id=${inside}`))).toEqual({
      status: 422,
      specialist_id: why,
    });
    for (const wish of [{ location_id: closed }, { location_id: closed, specialist_id: inside }]) {
      expect(wrongs(await book(wish))).toEqual({ status: 422, location_id: message });
    }
    expect(wrongs(await book({ specialist_id: inside }))).toEqual({ status: 422, specialist_id: why });
    for (const specialist_id of others) expect(await book({})).toMatchObject({ status: 201, body: { specialist_id } });
    expect(await book({})).toMatchObject({ status: 409 });

    await switchTo(closed, true);
    expect(await offered(`service_id=${service_id}&location_id=${closed}`)).toEqual([inside]);
    expect(await book({})).toMatchObject({ status: 201, body: { specialist_id: inside } });
  });

  test('lends no room to a specialist who is tied to none', async () => {
    const [closed, open] = [await make.location(), await make.location()];
    const rooms = [await make.roomAt(closed), await make.roomAt(open)];
    const service_id = await make.service({ rooms });
    const specialist_id = await make.specialist([service_id]);
    const book = async (wish: Json) =>
      api.post('/bookings', { client_id: await make.client(), service_id, specialist_id, ...wish });
    expect(await book({ starts_at: at(2, '10:00') })).toMatchObject({ status: 201, body: { room_id: rooms[0] } });
    await switchTo(closed, false);
    expect(await book({ starts_at: at(2, '12:00') })).toMatchObject({ status: 201, body: { room_id: rooms[1] } });
    expect(wrongs(await book({ starts_at: at(2, '14:00'), room_id: rooms[0] }))).toMatchObject({
      status: 422,
      room_id: expect.any(String),
    });
  });

  test('has its free rooms offered to nobody who is tied to none', async () => {
    const [closed, open] = [await make.location(), await make.location()];
    const service_id = await make.service({ rooms: [await make.roomAt(closed), await make.roomAt(open)] });
    const [first, other] = [await make.specialist([service_id]), await make.specialist([service_id])];
    const starts_at = at(2, '12:00');
    const book = async (specialist_id: number) =>
      api.post('/bookings', { client_id: await make.client(), service_id, specialist_id, starts_at });
    const isOffered = async () => {
      const { body } = await api.get(`/slots?from=${dayAt(2)}&days=1&service_id=${service_id}&specialist_id=${other}`);
      return body.specialists[0].days[0].starts.includes(starts_at);
    };
    await switchTo(closed, false);
    expect(await isOffered()).toBe(true);
    expect(await book(first)).toMatchObject({ status: 201 });
    expect(await isOffered()).toBe(false);
    const refusal = await book(other);
    expect(refusal).toMatchObject({ status: 409 });
    expect(refusal.body.slots).not.toContain(starts_at);
    await switchTo(closed, true);
    expect(await isOffered()).toBe(true);
  });

  test('keeps what is booked there, which can be cancelled, and moved to where it is open', async () => {
    const [place, open] = [await make.location(), await make.location()];
    const rooms = [await make.roomAt(place), await make.roomAt(open)];
    const service_id = await make.service({ rooms });
    const specialist_id = await make.specialist([service_id], { location: place });
    const other = await make.specialist([service_id], { location: open });
    const wish = { service_id, specialist_id, starts_at: at(2, '10:00') };
    const book = async () => (await api.post('/bookings', { ...wish, client_id: await make.client() })).body;
    const made = await book();
    await switchTo(place, false);
    expect((await api.get(`/bookings/${made.id}`)).body).toEqual(made);
    const move = (to: Json) => api.post(`/bookings/${made.id}/reschedule`, to);
    expect(await move({ starts_at: wish.starts_at, room_id: rooms[0] })).toMatchObject({ status: 200, body: { moves: 0 } });
    expect(wrongs(await move({ starts_at: at(3, '10:00') }))).toEqual({
      status: 422,
      specialist_id: `the specialist ${specialist_id} works at the location ${place}, which is not active`,
    });
    expect(await move({ starts_at: at(3, '10:00'), specialist_id: other })).toMatchObject({
      status: 200,
      body: { location_id: open, room_id: rooms[1] },
    });
    expect(await api.post(`/bookings/${made.id}/cancel`, { reason: 'закрылись' })).toMatchObject({ body: { outcome: 'safe' } });
  });

  test.each(['is not active', 'does not give the service any more'])('a specialist who %s is given no new time', async (what) => {
    const service_id = await make.service();
    const [specialist_id, other] = [await make.specialist([service_id]), await make.specialist([service_id])];
    const wish = { client_id: await make.client(), service_id, specialist_id, starts_at: at(2, '10:00') };
    const { id } = (await api.post('/bookings', wish)).body;
    if (what === 'is not active') await api.patch(`/api/specialists/${specialist_id}`, { is_active: false });
    else await api.db.query(sql.unsafe`delete from specialist_services where specialist_id = ${specialist_id}`);
    const move = (to: Json) => api.post(`/bookings/${id}/reschedule`, { starts_at: at(2, '12:00'), ...to });
    expect(wrongs(await move({}))).toEqual({
      status: 422,
      specialist_id: expect.stringContaining(`the specialist ${specialist_id}`),
    });
    expect(await move({ specialist_id: other })).toMatchObject({ status: 200, body: { specialist_id: other } });
  });

  test('a room at another location than the specialist suits nobody: it is named', async () => {
    const [here, there] = [await make.location(), await make.location()];
    const [room, far] = [await make.roomAt(here), await make.roomAt(there)];
    const service_id = await make.service({ rooms: [room, far] });
    const [specialist_id, traveller] = [
      await make.specialist([service_id], { location: here }),
      await make.specialist([service_id]),
    ];
    const book = async (wish: Json) =>
      api.post('/bookings', { client_id: await make.client(), service_id, starts_at: at(2, '10:00'), ...wish });
    const refusal = { status: 422, room_id: `the room ${far} is none of this service's, not active, or at another location` };
    expect(wrongs(await book({ specialist_id, room_id: far }))).toEqual(refusal);
    expect(wrongs(await book({ location_id: here, room_id: far }))).toEqual(refusal);
    expect(await book({ room_id: far })).toMatchObject({ status: 201, body: { specialist_id: traveller, room_id: far } });
    expect(await book({ specialist_id, room_id: room })).toMatchObject({ status: 201, body: { room_id: room } });
  });
});

describe('the reason why a specialist cannot be booked', () => {
  test('is said by the slots, by a booking and by a move alike', async () => {
    const [place, elsewhere] = [await make.location(), await make.location()];
    const service_id = await make.service();
    const [here, free, idle] = [
      await make.specialist([service_id], { location: place }),
      await make.specialist([service_id]),
      await make.specialist([service_id]),
    ];
    const stranger = await make.specialist([]);
    await api.patch(`/api/specialists/${idle}`, { is_active: false });
    const client_id = await make.client();
    const wish = { client_id, service_id, starts_at: at(2, '10:00') };
    const { id } = (await api.post('/bookings', { ...wish, specialist_id: free, starts_at: at(4, '10:00') })).body;
    const cases: [number, string, location?: number][] = [
      [999_999, 'there is no specialist 999999'],
      [stranger, `the specialist ${stranger} does not give this service`],
      [idle, `the specialist ${idle} is not active`],
      [here, `the specialist ${here} works at the location ${place}`, elsewhere],
      [free, `the specialist ${free} works at no location of his own`, elsewhere],
    ];
    for (const [specialist_id, message, location_id] of cases) {
      const refusal = { status: 422, specialist_id: message };
      const at = location_id === undefined ? '' : `&location_id=${location_id}`;
      expect(wrongs(await api.get(`/slots?service_id=${service_id}&specialist_id=${specialist_id}${at}`))).toEqual(refusal);
      expect(wrongs(await api.post('/bookings', { ...wish, specialist_id, location_id }))).toEqual(refusal);
      if (location_id === undefined) {
        const move = { starts_at: wish.starts_at, specialist_id };
        expect(wrongs(await api.post(`/bookings/${id}/reschedule`, move))).toEqual(refusal);
      }
    }
  });
});

describe('a location nobody knows', () => {
  const message = 'there is no location 999999';

  test('is named by the slots, with a specialist and without', async () => {
    const service = await make.service();
    const specialist = await make.specialist([service]);
    for (const more of ['', `&specialist_id=${specialist}`]) {
      const answer = await api.get(`/slots?service_id=${service}&location_id=999999${more}`);
      expect(wrongs(answer)).toEqual({ status: 422, location_id: message });
    }
    const elsewhere = await make.location();
    expect(await api.get(`/slots?service_id=${service}&location_id=${elsewhere}`)).toMatchObject({
      status: 200,
      body: { specialists: [] },
    });
  });

  test('is named by a booking, with a specialist and without', async () => {
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id], { location: await make.location() });
    const wish = { client_id: await make.client(), service_id, starts_at: at(2, '10:00'), location_id: 999_999 };
    for (const more of [{}, { specialist_id }]) {
      expect(wrongs(await api.post('/bookings', { ...wish, ...more }))).toEqual({ status: 422, location_id: message });
    }
    const elsewhere = { ...wish, specialist_id, location_id: await make.location() };
    expect(wrongs(await api.post('/bookings', elsewhere))).toMatchObject({ status: 422, specialist_id: expect.any(String) });
  });
});
