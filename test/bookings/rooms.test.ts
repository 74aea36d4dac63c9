import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Json } from '../support/front-door.ts';
import { counter } from './counter.ts';
import { ALWAYS, at } from './salon.ts';

const { api, make } = await counter();
await make.someType();

const NOON = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((day) => [day, [['12:00', '14:00']]]));
const day = at(2, '12:00').slice(0, 10);
const clock = (starts: string[]) =>
  starts.map((start) => new Date(Date.parse(start) + 10_800_000).toISOString().slice(11, 16)).join(' ');

/** A service of half an hour and a pause, given from noon to two in one room; and somebody else who may have that room. */
async function scene({ minutes = 30, pause = 15, count = 1 } = {}) {
  const place = await make.location();
  const rooms: number[] = [];
  for (let n = 0; n < count; n += 1) rooms.push(await make.roomAt(place));
  const service = await make.service({ minutes, pause, rooms });
  const specialist = await make.specialist([service], { location: place, schedule: NOON });
  return {
    place,
    rooms,
    service,
    specialist,
    client: await make.client(),
    other: await make.specialist([], { location: place }),
  };
}
type Scene = Awaited<ReturnType<typeof scene>>;

async function offered({ service }: Scene, query = '') {
  const { status, body } = await api.get(`/slots?service_id=${service}&from=${day}&days=1${query}`);
  expect(status).toBe(200);
  return body;
}
/** The times that are offered, by the one specialist and by anyone. */
async function times(salon: Scene) {
  const { specialists, any } = await offered(salon);
  expect(specialists[0].days).toEqual(any);
  return clock(any[0].starts);
}
const ALL = '12:00 12:15 12:30 12:45 13:00 13:15 13:30';
const taking = ({ client, other, service, rooms }: Scene) => ({
  client,
  specialist: other,
  service,
  room: rooms[0]!,
  at: at(2, '13:00'),
});
const run = (statement: ReturnType<typeof sql.unsafe>) => api.db.query(statement);

describe('a room is not offered while it is taken', () => {
  test.each<[string, (salon: Scene) => Promise<unknown>, string]>([
    ['nothing', async () => undefined, ALL],
    ['a booking and its break', (salon) => make.booking({ ...taking(salon), minutes: 10, pause: 10 }), '12:00 12:15 13:30'],
    [
      'a hold that lasts',
      (salon) => make.booking({ ...taking(salon), minutes: 15, heldUntil: '2099-01-01T00:00:00Z' }),
      '12:00 12:15 13:15 13:30',
    ],
    ['not a hold that is over', (salon) => make.booking({ ...taking(salon), heldUntil: '2020-01-01T00:00:00Z' }), ALL],
    [
      'not a booking that was cancelled',
      async (salon) => {
        const id = await make.booking(taking(salon));
        await run(sql.unsafe`update bookings set status = 'CANCELLED', cancelled_at = now() where id = ${id}`);
      },
      ALL,
    ],
    [
      'a training',
      ({ other, rooms }) => make.training({ trainer: other, room: rooms[0]!, at: at(2, '12:50'), minutes: 10 }),
      '12:00 13:00 13:15 13:30',
    ],
    [
      'not a training that was cancelled',
      ({ other, rooms }) => make.training({ trainer: other, room: rooms[0]!, at: at(2, '12:50'), isCancelled: true }),
      ALL,
    ],
    [
      'a training over midnight, until it ends',
      ({ other, rooms }) => make.training({ trainer: other, room: rooms[0]!, at: at(1, '23:00'), minutes: 13 * 60 + 30 }),
      '12:30 12:45 13:00 13:15 13:30',
    ],
    ['that it is not active', ({ rooms }) => run(sql.unsafe`update rooms set is_active = false where id = ${rooms[0]!}`), ''],
    [
      'that it is elsewhere',
      async ({ rooms }) => run(sql.unsafe`update rooms set location_id = ${await make.location()} where id = ${rooms[0]!}`),
      '',
    ],
  ])('%s', async (_, happens, expected) => {
    const salon = await scene();
    await happens(salon);
    expect(await times(salon)).toBe(expected);
  });

  test('a specialist without a location takes a room anywhere', async () => {
    const salon = await scene();
    await run(sql.unsafe`update specialists set location_id = null where id = ${salon.specialist}`);
    expect(await times(salon)).toBe(ALL);
  });

  test('a booking after midnight takes the room at the end of the last day that is asked for', async () => {
    const salon = await scene();
    await run(sql.unsafe`update specialists set work_schedule = ${sql.jsonb(ALWAYS)} where id = ${salon.specialist}`);
    const last = async () => (await times(salon)).slice(-5);
    expect(await last()).toBe('23:45');
    await make.booking({ ...taking(salon), at: at(3, '00:30') });
    expect(await last()).toBe('23:45');
    await make.training({ trainer: salon.other, room: salon.rooms[0]!, at: at(3, '00:29'), minutes: 1 });
    expect(await last()).toBe('23:30');
  });

  test('each room counts where it is: anyone is whoever has one', async () => {
    const salon = await scene();
    const there = await make.location();
    const elsewhere = await make.specialist([salon.service], { location: there, schedule: NOON });
    await make.booking({ ...taking(salon), minutes: 60 });
    const { specialists, any } = await offered(salon);
    expect(specialists.map((specialist: Json) => [specialist.specialist_id, clock(specialist.days[0].starts)])).toEqual([
      [salon.specialist, '12:00 12:15'],
      [elsewhere, ''],
    ]);
    expect(clock(any[0].starts)).toBe('12:00 12:15');
    await api.post(`/api/services/${salon.service}/rooms`, { room_id: await make.roomAt(there) });
    expect(clock((await offered(salon)).any[0].starts)).toBe(ALL);
  });
});

test('a change through the routes is seen at once', async () => {
  const salon = await scene();
  expect(await times(salon)).toBe(ALL);
  const [room] = salon.rooms;
  const service_id = await make.service({ rooms: [room!] });
  const wish = {
    client_id: salon.client,
    service_id,
    specialist_id: await make.specialist([service_id], { location: salon.place }),
  };
  const { body } = await api.post('/bookings', { ...wish, starts_at: at(2, '13:00') });
  expect(await times(salon)).toBe('12:00 12:15');
  await api.post(`/bookings/${body.id}/reschedule`, { starts_at: at(2, '12:00') });
  expect(await times(salon)).toBe('13:00 13:15 13:30');
  await api.post(`/bookings/${body.id}/cancel`, { reason: 'передумал' });
  expect(await times(salon)).toBe(ALL);
  await api.patch(`/api/rooms/${room}`, { is_active: false });
  expect(await times(salon)).toBe('');
  await api.ask('DELETE', `/api/services/${salon.service}/rooms/${room}`);
  expect(await times(salon)).toBe(ALL);
  await api.post(`/api/services/${salon.service}/rooms`, { room_id: room });
  expect(await times(salon)).toBe('');
});

describe('a refusal offers other starts', () => {
  const refused = async (wish: Json, path = '/bookings') => {
    const { status, body } = await api.post(path, wish);
    expect(status).toBe(409);
    return clock(body.slots);
  };
  const wishOf = ({ client, service, specialist }: Scene, time: string) => ({
    client_id: client,
    service_id: service,
    specialist_id: specialist,
    starts_at: at(2, time),
  });

  test('not when the client is elsewhere, to the minute and without breaks', async () => {
    const salon = await scene({ minutes: 20, pause: 40 });
    const service = await make.service({ minutes: 25, pause: 60 });
    // From 12:45 to 13:10: a start at 12:30 would last until 12:50, one at 13:15 comes after it.
    await make.booking({ ...taking(salon), service, room: undefined, at: at(2, '12:45'), minutes: 25, pause: 60 });
    expect(await refused(wishOf(salon, '12:45'))).toBe('12:00 12:15 13:15 13:30');
  });

  test('not where no room is free', async () => {
    const salon = await scene();
    await make.booking({ ...taking(salon), client: await make.client(), minutes: 30 });
    expect(await refused(wishOf(salon, '12:45'))).toBe('12:00 12:15 13:30');
  });

  test('a hold of the client that is over does not count', async () => {
    const salon = await scene();
    await make.booking({ ...taking(salon), room: undefined, at: at(2, '12:00'), minutes: 30, heldUntil: '2020-01-01T00:00:00Z' });
    await make.booking({ ...taking(salon), room: undefined, at: at(2, '13:00'), minutes: 30 });
    expect(await refused(wishOf(salon, '13:15'))).toBe('12:00 12:15 12:30 13:30');
  });

  test('in the room that was named, else in any', async () => {
    const salon = await scene({ count: 2 });
    await make.booking({ ...taking(salon), client: await make.client(), minutes: 30 });
    const wish = wishOf(salon, '13:00');
    expect(await refused({ ...wish, room_id: salon.rooms[0] })).toBe('12:00 12:15 13:30');
    const more = await make.specialist([], { location: salon.place });
    await make.booking({
      ...taking(salon),
      client: await make.client(),
      specialist: more,
      room: salon.rooms[1]!,
      at: at(2, '13:15'),
      minutes: 15,
    });
    expect(await refused(wish)).toBe('12:00 12:15 12:30 13:30');
  });

  test('a booking that is moved is not in its own way', async () => {
    const salon = await scene({ minutes: 60, pause: 0 });
    const id = (await api.post('/bookings', wishOf(salon, '12:00'))).body.id;
    await make.booking({ ...taking(salon), client: await make.client(), at: at(2, '14:15'), minutes: 30 });
    const busy = await make.specialist([salon.service], { location: salon.place, schedule: NOON });
    const path = `/bookings/${id}/reschedule`;
    expect(await refused({ starts_at: at(2, '13:15') }, path)).toBe('12:00 12:15 12:30 12:45 13:00');
    await make.booking({ ...taking(salon), client: await make.client(), specialist: busy, room: undefined, minutes: 60 });
    expect(await refused({ starts_at: at(2, '12:15'), specialist_id: busy }, path)).toBe('12:00');
  });
});
