import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { declarations } from '../../api/routes/record-declarations.ts';
import { sql } from '../../sql/database/database.ts';
import { insertRecord } from '../../sql/records/records.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';

let api: TestApi;
let known: { type: number; trainer: number; place: number; client: number; service: number };
beforeAll(async () => {
  api = await testApi();
  const made = async (path: string, body: object) => (await api.post(path, body)).body.id;
  known = {
    type: await made('/api/training-types', { name: 'Йога', max_participants: 9, duration_minutes: 60 }),
    trainer: await made('/api/specialists', { first_name: 'Анна' }),
    place: await made('/api/locations', { name: 'Дом' }),
    client: await made('/api/students', { first_name: 'Клиент' }),
    service: await made('/api/services', { name: 'Стрижка', duration_minutes: 45 }),
  };
});
afterAll(() => api.close());

let last = 0;
const next = () => {
  last += 1;
  return last;
};
const phone = () => `+7900${String(1_000_000 + next())}`;

type Kind = { path: string; full: () => Json; change: Json; filter: (made: Json) => string };
const kinds: Kind[] = [
  {
    path: '/api/clients',
    full: () => ({ first_name: 'Инна', last_name: 'Гостева', phone: phone(), is_active: false }),
    change: { is_active: true, notes: 'по утрам' },
    filter: () => 'is_active=false',
  },
  {
    path: '/api/students',
    full: () => ({
      first_name: 'Пётр',
      last_name: 'Иванов',
      phone: phone(),
      email: 'p@example.org',
      telegram_id: 5_000_000_000_000 + next(),
      telegram_username: 'petr',
      locale: 'uk',
      birth_date: '2015-02-28',
      gender: 'male',
      notes: 'левша',
      is_active: true,
      current_belt: 'жёлтый',
      registration_date: '2026-01-31',
    }),
    change: { first_name: 'Павел', phone: null, birth_date: null, current_belt: null, is_active: false },
    filter: (made) => `telegram_id=${made.telegram_id}`,
  },
  {
    path: '/api/specialists',
    full: () => ({
      first_name: 'Ольга',
      last_name: '',
      phone: phone(),
      position: 'тренер',
      is_main: false,
      location_id: known.place,
    }),
    change: { position: null, location_id: null, is_main: true, notes: null },
    filter: (made) => `phone=${encodeURIComponent(made.phone)}`,
  },
  {
    path: '/api/training-types',
    full: () => ({
      name: `Тип ${next()}`,
      max_participants: 0,
      price_minor: 1_000_000_000_000,
      duration_minutes: 90,
      is_subscription_only: true,
    }),
    change: { price_minor: 0, is_subscription_only: false },
    filter: () => '',
  },
  {
    path: '/api/subscriptions',
    full: () => ({
      name: `Абонемент ${next()}`,
      price_minor: 0,
      number_of_sessions: null,
      validity_days: 3_660,
      validity_months: null,
      is_active: false,
    }),
    change: {
      price_minor: 1_000_000_000_000,
      number_of_sessions: 10_000,
      validity_days: null,
      validity_months: 120,
      is_active: true,
    },
    filter: () => 'is_active=false',
  },
  {
    path: '/api/groups',
    full: () => ({ name: `Группа ${next()}`, trainer_id: known.trainer, is_active: false }),
    change: { name: 'Старшая', is_active: true },
    filter: (made) => `trainer_id=${made.trainer_id}`,
  },
  {
    path: '/api/training-templates',
    full: () => ({
      day_number: 7,
      start_time: '23:45:00',
      training_type_id: known.type,
      trainer_id: known.trainer,
      room_id: null,
      is_active: false,
    }),
    change: { day_number: 1, start_time: '00:00:00', is_active: true },
    filter: () => 'day_number=7&is_active=false',
  },
  {
    path: '/api/locations',
    full: () => ({ name: `Зал ${next()}`, address: 'Тверская, 1', is_active: true }),
    change: { address: null },
    filter: () => '',
  },
  {
    path: '/api/rooms',
    full: () => ({ location_id: known.place, name: `Комната ${next()}`, is_active: true }),
    change: { is_active: false },
    filter: () => `location_id=${known.place}`,
  },
  {
    path: '/api/services',
    full: () => ({
      name: `Услуга ${next()}`,
      description: 'с мытьём',
      duration_minutes: 720,
      break_minutes: 0,
      price_minor: 1_000_000_000_000,
      is_active: true,
    }),
    change: { description: null, duration_minutes: 1, break_minutes: 720, is_active: false },
    filter: () => 'is_active=true',
  },
  {
    path: '/api/calendar-overrides',
    full: () => ({
      specialist_id: known.trainer,
      location_id: null,
      day: new Date(Date.UTC(2027, 0, next())).toISOString().slice(0, 10),
      intervals: [
        ['09:00', '12:00'],
        ['14:00:00', '23:59:59'],
      ],
      reason: 'праздник',
    }),
    change: { intervals: [], reason: null },
    filter: (made) => `specialist_id=${known.trainer}&day=${made.day}`,
  },
  {
    path: '/api/belts',
    full: () => ({
      program: `Программа ${next()}`,
      path: 'kids',
      position: 100,
      name: 'Пояс',
      max_stripes: 20,
      min_age: 4,
      max_age: 15,
      months: 600,
      young_months: null,
      trainings: 10,
      stripe_months: [1, 2],
      stripe_trainings: 0,
      becomes: 2,
    }),
    change: { min_age: null, max_age: null, stripe_months: [], becomes: null, young_months: 0 },
    filter: (made) => `program=${encodeURIComponent(made.program)}&path=kids`,
  },
  {
    path: '/api/calendar-days',
    full: () => ({
      date: new Date(Date.UTC(2027, 0, next())).toISOString().slice(0, 10),
      kind: 'off',
      name: 'праздник',
      country: 'RU',
      location_id: known.place,
    }),
    change: { kind: 'short', name: 'короткий', country: null, location_id: null },
    filter: (made) => `date=${made.date}&kind=off`,
  },
  {
    path: '/api/service-packages',
    full: () => ({
      name: `Пакет ${next()}`,
      composition: [{ service_id: known.service, units: 10 }],
      price_minor: 0,
      validity_days: 90,
      validity_months: null,
      is_active: true,
    }),
    change: { price_minor: 1, validity_days: null, validity_months: 1, is_active: false },
    filter: () => 'is_active=true',
  },
  {
    path: '/api/client-discounts',
    full: () => ({
      client_id: known.client,
      service_id: known.service,
      kind: 'percent',
      percent: 12.5,
      valid_from: '2026-01-01',
      valid_to: '2026-01-01',
      reason: 'постоянный',
      is_active: true,
    }),
    change: { percent: 100, service_id: null, valid_from: null, is_active: false },
    filter: () => `client_id=${known.client}&is_active=true`,
  },
];

test('every declared record is tried here', () => {
  expect(kinds.map(({ path }) => path).sort()).toEqual(declarations.map(({ path }) => path).sort());
});

describe.each(kinds)('$path', ({ path, full, change, filter }) => {
  test('a record is read as it was created; a change changes only the fields it names', async () => {
    const body = full();
    const { status, headers, body: made } = await api.post(path, body);
    expect(status).toBe(201);
    expect(made).toMatchObject(body);
    expect(headers.get('location')).toBe(`${path}/${made.id}`);
    expect((await api.get(`${path}/${made.id}`)).body).toEqual(made);
    const changed = await api.patch(`${path}/${made.id}`, change);
    expect(changed).toMatchObject({ status: 200, body: { ...made, ...change } });
    expect((await api.get(`${path}/${made.id}`)).body).toEqual({ ...made, ...change });
  });

  test('three pages hold each record once, in order', async () => {
    for (let i = 0; i < 5; i += 1) expect((await api.post(path, full())).status).toBe(201);
    const all = (await api.get(`${path}?limit=200`)).body;
    expect(all.next_cursor).toBeNull();
    const size = Math.ceil(all.items.length / 3);
    const seen: Json[] = [];
    let cursor = '';
    for (let pages = 0; pages < 3; pages += 1) {
      const { body } = await api.get(`${path}?limit=${size}${cursor}`);
      seen.push(...body.items);
      cursor = `&cursor=${body.next_cursor}`;
      if (pages === 2) expect(body.next_cursor).toBeNull();
    }
    expect(seen).toEqual(all.items);
    expect(seen.map(({ id }) => id)).toEqual(seen.map(({ id }) => id).sort((a, b) => a - b));
  });

  test('a filter leaves those that fit', async () => {
    const made = (await api.post(path, full())).body;
    const query = filter(made);
    const { items } = (await api.get(`${path}?limit=200&${query}`)).body;
    expect(made).toMatchObject(items.find(({ id }: Json) => id === made.id));
    const wanted = Object.entries(Object.fromEntries(new URLSearchParams(query)));
    for (const item of items) for (const [field, value] of wanted) expect(String(item[field])).toBe(value);
  });
});

const references: [string, Json, string][] = [
  ['/api/students', { first_name: 'А', payer_id: 999_999 }, 'payer_id'],
  ['/api/specialists', { first_name: 'А', location_id: 999_999 }, 'location_id'],
  ['/api/rooms', { name: 'А', location_id: 999_999 }, 'location_id'],
  ['/api/calendar-overrides', { location_id: 999_999, day: '2026-12-01', intervals: [] }, 'location_id'],
  ['/api/client-discounts', { client_id: 999_999, kind: 'fixed', amount_minor: 1 }, 'client_id'],
  ['/api/groups', { name: 'А', trainer_id: 999_999 }, 'trainer_id'],
  ...['training_type_id', 'trainer_id', 'room_id', 'group_id'].map((field): [string, Json, string] => [
    '/api/training-templates',
    { day_number: 1, start_time: '10:00', training_type_id: 1, trainer_id: 1, [field]: 999_999 },
    field,
  ]),
];
test.each(references)('%s with %j names %s, and nothing is left of it', async (path, body, field) => {
  const before = await rowCounts(api.db);
  const references = path.endsWith('templates') ? { training_type_id: known.type, trainer_id: known.trainer } : {};
  const refused = await api.post(path, { ...body, ...references, [field]: 999_999 });
  expect(refused).toMatchObject({
    status: 422,
    body: { errors: [{ path: field, message: `there is no ${field.replace('_id', '').replace('_', ' ')} 999999` }] },
  });
  expect(await rowCounts(api.db)).toEqual(before);
});

const twins: [string, () => Json, string][] = [
  ['/api/students', () => ({ first_name: 'А', phone: '+79990000001' }), 'somebody has this phone already'],
  ['/api/students', () => ({ first_name: 'А', telegram_id: 77 }), 'somebody has this Telegram account already'],
  ['/api/locations', () => ({ name: 'Дважды' }), 'there is a location with this name already'],
  ['/api/rooms', () => ({ name: 'Дважды', location_id: known.place }), 'there is a room with this name in this location already'],
  [
    '/api/training-types',
    () => ({ name: 'Дважды', max_participants: 1, duration_minutes: 1 }),
    'there is a training type with this name already',
  ],
  [
    '/api/subscriptions',
    () => ({ name: 'Дважды', price_minor: 0, number_of_sessions: null, validity_days: 1 }),
    'there is a subscription with this name already',
  ],
  ['/api/services', () => ({ name: 'Дважды', duration_minutes: 1 }), 'there is a service with this name already'],
  [
    '/api/service-packages',
    () => ({ name: 'Дважды', composition: [{ service_id: known.service, units: 1 }], price_minor: 0 }),
    'there is a service package with this name already',
  ],
  [
    '/api/calendar-overrides',
    () => ({ location_id: known.place, day: '2030-01-01', intervals: [] }),
    'the location has a calendar override on this day already',
  ],
  [
    '/api/calendar-overrides',
    () => ({ specialist_id: known.trainer, day: '2030-01-01', intervals: [] }),
    'the specialist has a calendar override on this day already',
  ],
];
test.each(twins)('a second %s of the same is a 409 that says what there is already', async (path, body, rule) => {
  expect(await api.post(path, body())).toMatchObject({ status: 201 });
  expect(await api.post(path, body())).toMatchObject({ status: 409, body: { detail: rule } });
});

test('a student pays for oneself unless told otherwise, has today as registration date, and the role of a client', async () => {
  const parent = (await api.post('/api/students', { first_name: 'Мама' })).body;
  const child = (await api.post('/api/students', { first_name: 'Дочь', payer_id: parent.id })).body;
  const today = new Intl.DateTimeFormat('sv', { timeZone: api.fleet.settings.zone }).format(new Date());
  expect(parent).toMatchObject({ payer_id: parent.id, registration_date: today, phone: null, is_active: true });
  expect((await api.get(`/api/students?payer_id=${parent.id}`)).body.items).toEqual([parent, child]);
  const role = sql.type(z.object({ role: z.string() }))`select role from user_roles where user_id = ${child.id}`;
  expect(await api.db.anyFirst(role)).toEqual(['client']);
  expect((await api.get(`/api/specialists/${child.id}`)).status).toBe(404);
});

test('a person whose second table refuses leaves no user behind', async () => {
  const before = await rowCounts(api.db);
  const kind = declarations.find(({ path }) => path === '/api/specialists')?.kind;
  const insert = api.db.transaction((transaction) => insertRecord(transaction, kind!, { first_name: 'Б', location_id: 999_999 }));
  await expect(insert).rejects.toThrow('foreign key');
  const changed = await api.patch(`/api/specialists/${known.trainer}`, { first_name: 'Не Анна', location_id: 999_999 });
  expect(changed.status).toBe(422);
  expect((await api.get(`/api/specialists/${known.trainer}`)).body.first_name).toBe('Анна');
  expect(await rowCounts(api.db)).toEqual(before);
});
