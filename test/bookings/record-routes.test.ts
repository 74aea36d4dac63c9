import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { at, salon } from './salon.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

/** Something to refer to, under the name a field would have. */
const referred: Record<string, () => Promise<number>> = {
  LOCATION: () => make.location(),
  SPECIALIST: () => make.specialist([]),
  SERVICE: () => make.service(),
  CLIENT: () => make.client(),
};
/** The body with each name in capitals replaced by a new record's id. */
async function filled(body: Json): Promise<Json> {
  if (typeof body === 'string') return (await referred[body]?.()) ?? body;
  if (Array.isArray(body)) return Promise.all(body.map(filled));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(await Promise.all(Object.entries(body).map(async ([key, value]) => [key, await filled(value)])));
}

const reversed = { 0: [['18:00', '09:00']] };
const overlap = [
  ['09:00', '12:00'],
  ['11:00', '13:00'],
];
const REVERSED = 'the interval 18:00-09:00 must end after it begins';
const OVERLAP = 'the interval 11:00-13:00 overlaps 09:00-12:00';

type Kind = [path: string, body: Json, change: Json, wrong: [Json, string, string][]];
const kinds: Kind[] = [
  [
    'clients',
    { first_name: 'Инна' },
    { phone: '+79001230000' },
    [[{ phone: '8900' }, 'phone', 'a phone number such as +79001234567']],
  ],
  [
    'locations',
    { name: 'На Лесной' },
    { work_schedule: { 0: [['09:00', '18:00']] } },
    [
      [{ work_schedule: reversed }, 'work_schedule.0.0', REVERSED],
      [{ work_schedule: { 3: overlap } }, 'work_schedule.3.1', OVERLAP],
    ],
  ],
  [
    'rooms',
    { location_id: 'LOCATION', name: 'Первый' },
    { is_active: false },
    [[{ name: '' }, 'name', 'text of 1 to 100 characters']],
  ],
  [
    'services',
    { name: 'Стрижка', duration_minutes: 50 },
    { break_minutes: 10 },
    [
      [{ duration_minutes: 0 }, 'duration_minutes', 'a whole number from 1 to 720'],
      [{ duration_minutes: 721 }, 'duration_minutes', 'a whole number from 1 to 720'],
      [{ break_minutes: -1 }, 'break_minutes', 'a whole number from 0 to 720'],
      [{ price_minor: 0.5 }, 'price_minor', 'a whole number of minor units of the currency from 0 to 1000000000000'],
    ],
  ],
  [
    'calendar-overrides',
    { specialist_id: 'SPECIALIST', day: '2026-12-31', intervals: [['10:00', '15:00']] },
    { intervals: [] },
    [
      [{ intervals: reversed[0] }, 'intervals.0', REVERSED],
      [{ intervals: overlap }, 'intervals.1', OVERLAP],
      [{ day: '2026-02-29' }, 'day', 'a date that exists, YYYY-MM-DD'],
      [{ location_id: 'LOCATION' }, 'specialist_id', 'either specialist_id or location_id'],
      [{ specialist_id: null }, 'specialist_id', 'either specialist_id or location_id'],
    ],
  ],
  [
    'service-packages',
    { name: 'Десять', composition: [{ service_id: 'SERVICE', units: 10 }], price_minor: 900 },
    { validity_days: 30 },
    [
      [{ composition: [] }, 'composition', 'a list such as [{"service_id": 3, "units": 10}], each service once'],
      [{ composition: [{ service_id: 'SERVICE', units: 0 }] }, 'composition.0.units', 'a whole number from 1 to 1000'],
      [{ price_minor: -1 }, 'price_minor', 'a whole number of minor units of the currency from 0 to 1000000000000'],
    ],
  ],
  [
    'client-discounts',
    { client_id: 'CLIENT', kind: 'percent', percent: 10, valid_from: '2026-12-01' },
    { percent: 12.5 },
    [
      [{ percent: 101 }, 'percent', 'a percentage from 0.01 to 100, with two decimals at most'],
      [{ valid_to: '2026-11-30' }, 'valid_to', 'not before valid_from'],
      [{ kind: 'fixed' }, 'amount_minor', 'a fixed discount has an amount_minor and no percent'],
      [{ amount_minor: 5 }, 'percent', 'a percent discount has a percent and no amount_minor'],
      [{ kind: 'gold' }, 'kind', 'one of percent, fixed'],
    ],
  ],
  [
    'specialists',
    { first_name: 'Ольга' },
    { work_schedule: { 5: [['10:00', '14:00']] } },
    [
      [{ work_schedule: reversed }, 'work_schedule.0.0', REVERSED],
      [{ work_schedule: { 7: [] } }, 'work_schedule.7', 'no such day; the days are "0" (Monday) to "6" (Sunday)'],
    ],
  ],
  [
    'specialist-absences',
    { specialist_id: 'SPECIALIST', from: '2026-12-01', to: '2026-12-02' },
    { reason: 'отпуск' },
    [
      [{ to: '2026-11-30' }, 'to', 'after from'],
      [
        { from: 'завтра' },
        'from',
        'a business day YYYY-MM-DD or an instant such as 2026-11-25T18:00:00+03:00, from 2000-01-01 to 2100-12-31',
      ],
    ],
  ],
];

describe.each(kinds)('%s', (name, body, change, wrong) => {
  const path = `/api/${name}`;
  let count = 0;
  /** Names are unique; where there is one, each record gets its own. */
  const create = async () => {
    count += 1;
    return api.post(path, await filled({ ...body, ...(body.name && { name: `${body.name} ${count}` }) }));
  };

  test('are created, read where they say they are, listed and changed', async () => {
    const made = await create();
    expect(made.status).toBe(201);
    const own = made.headers.get('location') ?? '';
    expect(own).toBe(`${path}/${made.body.id}`);
    expect(await api.get(own)).toMatchObject({ status: 200, body: made.body });
    const listed = (await api.get(`${path}?limit=200`)).body.items.find((item: Json) => item.id === made.body.id);
    expect(made.body).toMatchObject(listed);
    expect(await api.patch(own, change)).toMatchObject({ status: 200, body: change });
    expect(await api.get(own)).toMatchObject({ body: change });
    expect(await api.get(`${path}/999999`)).toMatchObject({ status: 404 });
    expect(await api.patch(`${path}/999999`, change)).toMatchObject({ status: 404 });
  });

  test.each(wrong)('%j is refused by name, new and as a change, and changes nothing', async (change, field, message) => {
    const refusal = { status: 422, body: { errors: expect.arrayContaining([{ path: field, message }]) } };
    expect(await api.post(path, await filled({ ...body, ...change }))).toMatchObject(refusal);
    const { body: made } = await create();
    expect(await api.patch(`${path}/${made.id}`, await filled(change))).toMatchObject(refusal);
    expect((await api.get(`${path}/${made.id}`)).body).toEqual(made);
  });
});

test('clients are those who have that role, students among them, and nobody else', async () => {
  const student = (await api.post('/api/students', { first_name: 'Пётр', phone: '+79005550001' })).body;
  const trainer = (await api.post('/api/specialists', { first_name: 'Вера', phone: '+79005550002' })).body;
  expect((await api.get(`/api/clients/${student.id}`)).body).toMatchObject({ first_name: 'Пётр' });
  expect(await api.get(`/api/clients/${trainer.id}`)).toMatchObject({ status: 404 });
  expect(await api.patch(`/api/clients/${trainer.id}`, { first_name: 'Вора' })).toMatchObject({ status: 404 });
  const found = async (phone: string) =>
    (await api.get(`/api/clients?phone=${encodeURIComponent(phone)}`)).body.items.map((item: Json) => item.id);
  expect([await found(student.phone), await found(trainer.phone)]).toEqual([[student.id], []]);
});

test("a client's discounts are that client's own, page by page", async () => {
  const [client_id, other] = [await make.client(), await make.client()];
  const discount = async (more: Json) => (await api.post('/api/client-discounts', { kind: 'percent', percent: 5, ...more })).body;
  const own = [
    await discount({ client_id }),
    await discount({ client_id: other }),
    await discount({ client_id, is_active: false }),
  ];
  const path = `/api/clients/${client_id}/discounts`;
  expect((await api.get(path)).body).toEqual({ items: [own[0], own[2]], next_cursor: null });
  const first = (await api.get(`${path}?limit=1`)).body;
  expect((await api.get(`${path}?limit=1&cursor=${first.next_cursor}`)).body.items).toEqual([own[2]]);
  expect(await api.get(path, { key: await api.key('records:read') })).toMatchObject({ status: 403 });
});

test.each(['discounts', 'packages'])('somebody who is no client has no %s', async (what) => {
  for (const id of [await make.trainer(), 999_999]) {
    expect(await api.get(`/api/clients/${id}/${what}`)).toMatchObject({
      status: 404,
      body: { detail: `there is no client ${id}` },
    });
  }
  expect(await api.get(`/api/clients/${await make.client()}/${what}`)).toMatchObject({ status: 200, body: { items: [] } });
});

test('one absence is read with what it runs into', async () => {
  const service_id = await make.service();
  const specialist_id = await make.specialist([service_id]);
  const wish = { client_id: await make.client(), service_id, specialist_id, starts_at: at(3, '10:00') };
  const booking = (await api.post('/bookings', wish)).body;
  const { id } = (await api.post('/api/specialist-absences', { specialist_id, from: at(3, '09:00'), to: at(3, '11:00') })).body;
  expect((await api.get(`/api/specialist-absences/${id}`)).body.meetings).toMatchObject([{ kind: 'booking', id: booking.id }]);
});
