import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { at, salon } from './salon.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());
const names = ({ body }: { body: Json }) => body.errors.map((error: { path: string }) => error.path);

test('a schedule is kept as given; one that overlaps is refused by name and changes nothing', async () => {
  const schedule = { 0: [['09:00', '18:00']], 6: [] };
  const place = (await api.post('/api/locations', { name: 'С графиком', work_schedule: schedule })).body;
  expect(place.work_schedule).toEqual(schedule);
  const specialist = await make.specialist([]);
  for (const path of [`/api/locations/${place.id}`, `/api/specialists/${specialist}`]) {
    expect(await api.patch(path, { work_schedule: schedule })).toMatchObject({ status: 200, body: { work_schedule: schedule } });
    const refused = await api.patch(path, {
      work_schedule: {
        0: [
          ['09:00', '12:00'],
          ['11:00', '13:00'],
        ],
      },
    });
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'work_schedule.0.1', message: 'the interval 11:00-13:00 overlaps 09:00-12:00' }] },
    });
    expect((await api.get(path)).body.work_schedule).toEqual(schedule);
  }
});

test('an override is of one specialist or one location, once a day, and can be taken back', async () => {
  const [specialist_id, location_id] = [await make.specialist([]), await make.location()];
  const fields = { day: '2026-12-31', intervals: [['10:00', '15:00']] };
  expect(names(await api.post('/api/calendar-overrides', fields))).toEqual(['specialist_id']);
  expect(names(await api.post('/api/calendar-overrides', { ...fields, specialist_id, location_id }))).toEqual(['specialist_id']);
  expect(names(await api.post('/api/calendar-overrides', { ...fields, specialist_id, intervals: [['15:00', '10:00']] }))).toEqual(
    ['intervals.0'],
  );
  const made = await api.post('/api/calendar-overrides', { ...fields, specialist_id });
  expect(made).toMatchObject({ status: 201 });
  expect(await api.post('/api/calendar-overrides', { ...fields, specialist_id })).toMatchObject({ status: 409 });
  const path = `/api/calendar-overrides/${made.body.id}`;
  expect(await api.ask('DELETE', path)).toMatchObject({ status: 204 });
  expect(await api.ask('DELETE', path)).toMatchObject({ status: 404 });
});

test('an absence takes days to their last minute or instants, and lists what it runs into', async () => {
  const service_id = await make.service();
  const specialist_id = await make.specialist([service_id]);
  const booking = (
    await api.post('/bookings', { client_id: await make.client(), service_id, specialist_id, starts_at: at(3, '23:00') })
  ).body;
  const day = at(3, '12:00').slice(0, 10);
  const made = await api.post('/api/specialist-absences', { specialist_id, from: day, to: day, reason: 'отпуск' });
  expect(made).toMatchObject({
    status: 201,
    body: { from_at: at(3, '00:00'), to_at: at(4, '00:00'), meetings: [{ kind: 'booking', id: booking.id }] },
  });
  const path = `/api/specialist-absences/${made.body.id}`;
  expect(await api.patch(path, { to: at(3, '23:00') })).toMatchObject({
    body: { to_at: at(3, '23:00'), meetings: [], reason: 'отпуск' },
  });
  expect(names(await api.patch(path, { to: at(3, '00:00') }))).toEqual(['to']);
  for (const from of ['2026-02-30', 'завтра', '2026-12-01T10:00:00', 5]) {
    expect(names(await api.post('/api/specialist-absences', { specialist_id, from, to: day }))).toEqual(['from']);
  }
  expect((await api.get(`/api/specialist-absences?specialist_id=${specialist_id}&from=${day}`)).body.items).toHaveLength(1);
  expect(
    (await api.get(`/api/specialist-absences?specialist_id=${specialist_id}&from=${at(4, '12:00').slice(0, 10)}`)).body.items,
  ).toEqual([]);
  expect(await api.ask('DELETE', path)).toMatchObject({ status: 204 });
  expect(await api.ask('DELETE', path)).toMatchObject({ status: 404 });
  expect(await api.post('/api/specialist-absences', { specialist_id: 999_999, from: day, to: day })).toMatchObject({
    status: 422,
  });
});

test.each([
  ['rooms', 'room_id'],
  ['specialists', 'specialist_id'],
])('the %s of a service come and go', async (kind, field) => {
  const path = `/api/services/${await make.service()}/${kind}`;
  const ids = [];
  for (let n = 0; n < 3; n += 1) ids.push(kind === 'rooms' ? await make.room() : await make.specialist([]));
  for (const id of [...ids, ids[0]]) expect(await api.post(path, { [field]: id })).toMatchObject({ status: 201, body: { id } });
  const first = (await api.get(`${path}?limit=2`)).body;
  const rest = (await api.get(`${path}?limit=2&cursor=${first.next_cursor}`)).body;
  expect([...first.items, ...rest.items].map(({ id }: Json) => id)).toEqual(ids);
  expect(await api.ask('DELETE', `${path}/${ids[1]}`)).toMatchObject({ status: 204 });
  expect(await api.ask('DELETE', `${path}/${ids[1]}`)).toMatchObject({ status: 404 });
  expect((await api.get(path)).body.items.map(({ id }: Json) => id)).toEqual([ids[0], ids[2]]);
  expect(await api.post(path, { [field]: 999_999 })).toMatchObject({ status: 422, body: { errors: [{ path: field }] } });
  expect(await api.post(`/api/services/999999/${kind}`, { [field]: ids[0] })).toMatchObject({ status: 404 });
});

test('a discount is a percentage or an amount; a package names services that exist, each once', async () => {
  const client_id = await make.client();
  const discount = (more: Json) => api.post('/api/client-discounts', { client_id, ...more });
  expect(names(await discount({ kind: 'percent' }))).toEqual(['percent']);
  expect(names(await discount({ kind: 'percent', percent: 100.01 }))).toEqual(['percent']);
  expect(names(await discount({ kind: 'percent', percent: 12.345 }))).toEqual(['percent']);
  expect(names(await discount({ kind: 'fixed', percent: 5, amount_minor: 5 }))).toEqual(['amount_minor']);
  expect(names(await discount({ kind: 'fixed', amount_minor: 5, valid_from: '2026-02-02', valid_to: '2026-02-01' }))).toEqual([
    'valid_to',
  ]);
  const made = (await discount({ kind: 'fixed', amount_minor: 5 })).body;
  expect(await api.patch(`/api/client-discounts/${made.id}`, { kind: 'percent' })).toMatchObject({ status: 422 });
  const service_id = await make.service();
  const offer = (composition: Json) =>
    api.post('/api/service-packages', { name: `П ${Math.random()}`, price_minor: 1, composition });
  expect(names(await offer([]))).toEqual(['composition']);
  expect(
    names(
      await offer([
        { service_id, units: 1 },
        { service_id, units: 2 },
      ]),
    ),
  ).toEqual(['composition']);
  expect(names(await offer([{ service_id, units: 0 }]))).toEqual(['composition.0.units']);
  expect(names(await offer([{ service_id: 999_999, units: 1 }]))).toEqual(['composition']);
  const { id } = (await offer([{ service_id, units: 1 }])).body;
  const buy = (client: number, service_package_id: number) => api.post(`/api/clients/${client}/packages`, { service_package_id });
  expect(await buy(999_999, id)).toMatchObject({ status: 404 });
  expect(names(await buy(client_id, 999_999))).toEqual(['service_package_id']);
  await api.patch(`/api/service-packages/${id}`, { is_active: false });
  expect(names(await buy(client_id, id))).toEqual(['service_package_id']);
});
