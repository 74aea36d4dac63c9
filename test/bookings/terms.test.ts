import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { at, inHours, salon } from './salon.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let service: number;
let master: number;
let client: TestPerson;
let stranger: TestPerson;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
  service = await make.service({ price: 250_000 });
  master = await make.specialist([service], { location: await make.location() });
  await make.type();
  [client, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
});
afterAll(() => api.close());

const booked = async (starts_at: string, pay_from = 'later') =>
  Number(
    (await api.post('/bookings', { client_id: client.id, service_id: service, specialist_id: master, starts_at, pay_from })).body
      .id,
  );
const before = (start: string, hours: number) => new Date(Date.parse(start) - hours * 3_600_000).toISOString();

test('the terms of a cancellation are said on both sides of twelve hours, and are nothing once it is over', async () => {
  const early = await booked(at(3, '09:00'));
  const soon = inHours(11);
  const late = await booked(soon);
  expect((await client.ask('GET', `/bookings/${early}/terms`)).body).toEqual({
    cancel: { outcome: 'safe', of: 'owed', minor: 250_000, free_until: before(at(3, '09:00'), 12) },
    can_move: true,
  });
  expect((await client.ask('GET', `/bookings/${late}/terms`)).body).toEqual({
    cancel: { outcome: 'late', of: 'owed', minor: 250_000, free_until: before(soon, 12) },
    can_move: true,
  });
  await client.ask('POST', `/bookings/${late}/cancel`, { reason: 'ill' });
  expect((await client.ask('GET', `/bookings/${late}/terms`)).body).toEqual({ cancel: null, can_move: false });
});

test('the starts to which it moves leave out its own and those of others, not what it covers itself', async () => {
  const id = await booked(at(4, '10:00'));
  await api.post('/bookings', { client_id: stranger.id, service_id: service, specialist_id: master, starts_at: at(4, '14:00') });
  const { starts } = (await client.ask('GET', `/bookings/${id}/starts?day=${at(4, '12:00').slice(0, 10)}`)).body;
  expect(starts).toEqual(expect.arrayContaining([at(4, '09:15'), at(4, '10:45'), at(4, '13:00'), at(4, '15:00')]));
  for (const taken of ['10:00', '13:15', '14:00', '14:45']) expect(starts).not.toContain(at(4, taken));
});

test('a place in a class: free, late, waiting, given up', async () => {
  const [early, soon] = [
    await make.training({ trainer: master, at: at(5, '18:00') }),
    await make.training({ trainer: master, at: inHours(3) }),
  ];
  for (const training of [early, soon])
    expect((await api.post(`/real-trainings/${training}/students`, { student_id: client.id })).status).toBe(200);
  const terms = async (training: number) =>
    (await client.ask('GET', `/real-trainings/${training}/students/${client.id}/terms`)).body;
  expect(await terms(early)).toMatchObject({ leave: 'safe', status: 'REGISTERED', free_until: before(at(5, '18:00'), 12) });
  expect(await terms(soon)).toMatchObject({ leave: 'late' });
  await client.ask('POST', `/real-trainings/${early}/students/${client.id}/cancel`, { reason: 'ill' });
  expect(await terms(early)).toMatchObject({ leave: null, status: 'CANCELLED_SAFE' });
  await api.db.query(sql.unsafe`update real_training_students set status = 'WAITLIST' where real_training_id = ${soon}`);
  expect(await terms(soon)).toMatchObject({ leave: 'unwait' });
});

test('of another’s there are no terms, nor of a place that is none', async () => {
  const id = await booked(at(6, '10:00'));
  const training = await make.training({ trainer: master, at: at(7, '18:00') });
  for (const path of [
    `/bookings/${id}/terms`,
    `/bookings/${id}/starts?day=${at(6, '12:00').slice(0, 10)}`,
    `/real-trainings/${training}/students/${client.id}/terms`,
  ])
    expect([path, (await stranger.ask('GET', path)).status]).toEqual([path, 404]);
  expect((await client.ask('GET', `/real-trainings/${training}/students/${client.id}/terms`)).status).toBe(404);
  expect((await client.ask('GET', '/bookings/999999/terms')).status).toBe(404);
});
