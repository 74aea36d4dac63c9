import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { at, salon } from './salon.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let [cut, colour, anna, bella] = [0, 0, 0, 0];
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  make = salon(api.db);
  const location = await make.location();
  [cut, colour] = [await make.service({ price: 250_000 }), await make.service({ minutes: 30 })];
  [anna, bella] = [await make.specialist([cut], { location }), await make.specialist([colour], { location })];
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const bookingsOf = async (id: number): Promise<Json[]> => (await api.get(`/bookings?client_id=${id}&limit=100`)).body.items;
const services = () => [{ service_id: cut }, { service_id: colour, specialist_id: bella }];
const startsOn = async (day: string): Promise<string[]> =>
  (await api.get(`/slots/visits?parts=${cut}.${colour}-${bella}`)).body.days.find(({ date }: Json) => date === day).starts;

test('all services of a visit are booked, one after the other', async () => {
  const client = (await personOf(api, 'client')).id;
  const [day, starts_at] = [at(3, '12:00').slice(0, 10), at(3, '10:00')];
  expect(await startsOn(day)).toContain(starts_at);
  const { status, body } = await api.post('/bookings/visits', { client_id: client, services: services(), starts_at });
  expect([status, body.bookings.map((one: Json) => [one.specialist_id, one.starts_at, one.status])]).toEqual([
    201,
    [
      [anna, starts_at, 'CONFIRMED'],
      [bella, at(3, '11:00'), 'CONFIRMED'],
    ],
  ]);
  expect(await startsOn(day)).not.toContain(starts_at);
});

test('where one of them is taken nothing is booked, and the answer says what is free', async () => {
  const [client, other] = [(await personOf(api, 'client')).id, (await personOf(api, 'client')).id];
  await make.booking({ client: other, specialist: bella, service: colour, at: at(4, '11:00'), minutes: 30 });
  const { status, body } = await api.post('/bookings/visits', {
    client_id: client,
    services: services(),
    starts_at: at(4, '10:00'),
  });
  expect([status, body.slots.includes(at(4, '10:30')), body.slots.includes(at(4, '10:00'))]).toEqual([409, true, false]);
  expect(await bookingsOf(client)).toEqual([]);
});

test('a client who is elsewhere during the second service gets none of them', async () => {
  const client = (await personOf(api, 'client')).id;
  const third = await make.specialist([colour]);
  await make.booking({ client, specialist: third, service: colour, at: at(5, '11:15'), minutes: 30 });
  const answer = await api.post('/bookings/visits', { client_id: client, services: services(), starts_at: at(5, '10:00') });
  expect([answer.status, (await bookingsOf(client)).length]).toEqual([409, 1]);
});

test('one service, five, the same twice, and one that is nobody’s are no visit', async () => {
  const client = (await personOf(api, 'client')).id;
  const statusOf = async (list: object[]) =>
    (await api.post('/bookings/visits', { client_id: client, services: list, starts_at: at(6, '10:00') })).status;
  const [one, two] = services();
  expect(await statusOf([one!])).toBe(422);
  expect(await statusOf([one!, one!])).toBe(422);
  expect(await statusOf([one!, two!, one!, two!, one!])).toBe(422);
  expect(await statusOf([one!, { service_id: colour, specialist_id: anna }])).toBe(404);
  for (const parts of [String(cut), `${cut}.${cut}`, `${cut}.x`, ''])
    expect((await api.get(`/slots/visits?parts=${parts}`)).status).toBe(422);
  expect((await api.get(`/slots/visits?parts=${cut}.999999`)).status).toBe(404);
  expect(await bookingsOf(client)).toEqual([]);
});

test('a client books for oneself, and for nobody else', async () => {
  const [client, other] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const body = { services: services(), starts_at: at(7, '10:00') };
  expect((await client.ask('POST', '/bookings/visits', { ...body, client_id: other.id })).status).toBe(404);
  expect((await client.ask('POST', '/bookings/visits', { ...body, client_id: client.id })).status).toBe(201);
});
