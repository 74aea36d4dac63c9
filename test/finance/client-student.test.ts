import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { sql } from '../../sql/database/database.ts';
import { followChanges } from '../../workers/undo/follow.ts';
import { at, balanceOf, salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const becomes = (client: number, body?: Json) => api.post(`/api/clients/${client}/student`, body);
const pays = (client: number, amount_minor: number) => api.post(`/api/clients/${client}/payments`, { amount_minor });
const billsOf = async (payer: number) =>
  (await api.get(`/api/invoices?payer_id=${payer}`)).body.items.map((item: Json) => [item.id, item.status, item.payer_id]);
const square = async () => expect((await api.get('/api/audit')).body).toMatchObject({ findings: [], square: true });
async function booker() {
  const service_id = await make.service({ price: 70_000 });
  const specialist_id = await make.specialist([service_id]);
  return (client_id: number, time: string, pay_from = 'later') =>
    api.post('/bookings', { client_id, service_id, specialist_id, starts_at: at(2, time), pay_from });
}

describe('a client becomes a student', () => {
  test('with payer, belt and date, and stays the person they were', async () => {
    const client = (await api.post('/api/clients', { first_name: 'Инна', phone: '+79001234567' })).body;
    const mother = await make.client();
    const fields = { payer_id: mother, current_belt: 'белый', registration_date: '2026-01-31' };
    const made = await becomes(client.id, fields);
    expect(made).toMatchObject({ status: 201, body: { ...client, ...fields } });
    expect(made.headers.get('location')).toBe(`/api/students/${client.id}`);
    expect((await api.get(`/api/students/${client.id}`)).body).toEqual(made.body);
    expect((await api.get(`/api/clients/${client.id}`)).body).toEqual(client);
    expect((await api.patch(`/api/students/${client.id}`, { current_belt: 'жёлтый' })).status).toBe(200);
  });

  test.each([
    ['nothing is said', undefined],
    ['an empty body says nothing', {}],
  ])('the student pays, from today on, where %s', async (_, body) => {
    const client = await make.client();
    const today = new Intl.DateTimeFormat('sv', { timeZone: api.fleet.settings.zone }).format(new Date());
    const made = await becomes(client, body);
    expect(made).toMatchObject({
      status: 201,
      body: { id: client, payer_id: client, registration_date: today, current_belt: null },
    });
  });

  test('once: the refusal for a student says where to change one', async () => {
    const client = await make.client();
    const first = (await becomes(client)).body;
    const student = (await api.post('/api/students', { first_name: 'Пётр' })).body.id;
    const before = await rowCounts(api.db);
    for (const id of [client, student]) {
      expect(await becomes(id, { payer_id: await make.trainer() })).toMatchObject({
        status: 409,
        body: { detail: `client ${id} is a student already: PATCH /api/students/${id} changes what a student has` },
      });
    }
    expect((await api.get(`/api/students/${client}`)).body).toEqual(first);
    expect((await rowCounts(api.db)).students).toBe(before.students);
  });

  test('once also while somebody else does the same and has not finished', async () => {
    const client = await make.client();
    const other = new pg.Client({ connectionString: api.database.url });
    await other.connect();
    try {
      await other.query('begin');
      await other.query('insert into students (id) values ($1)', [client]);
      const asked = becomes(client);
      await eventually(() =>
        api.db.exists(sql.unsafe`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into students%'`),
      );
      await other.query('commit');
      expect(await asked).toMatchObject({ status: 409, body: { detail: expect.stringContaining('PATCH /api/students/') } });
    } finally {
      await other.end();
    }
  });

  test.each<[string, () => Promise<number>, Json, number, Json]>([
    ['somebody who does not exist', async () => 999_999, {}, 404, { detail: 'there is no client 999999' }],
    ['a person who is no client', () => make.trainer(), {}, 404, { detail: expect.stringMatching(/^there is no client \d+$/) }],
    [
      'anybody with a payer who does not exist',
      () => make.client(),
      { payer_id: 999_999 },
      422,
      { errors: [{ path: 'payer_id', message: 'there is no payer 999999' }] },
    ],
    [
      'anybody with another name',
      () => make.client(),
      { first_name: 'Анна' },
      422,
      {
        errors: [
          { path: 'first_name', message: 'no such field; there are: payer_id, health_note, current_belt, registration_date' },
        ],
      },
    ],
    [
      'anybody on a day that does not exist',
      () => make.client(),
      { registration_date: '2026-02-30' },
      422,
      { errors: [{ path: 'registration_date', message: 'a date that exists, YYYY-MM-DD' }] },
    ],
  ])('but not %s, and nothing is left of it', async (_, who, body, status, problem) => {
    const client = await who();
    const before = await rowCounts(api.db);
    expect(await becomes(client, body)).toMatchObject({ status, body: problem });
    expect(await rowCounts(api.db)).toEqual(before);
  });

  test('by the same scope as students are created', async () => {
    const client = await make.client();
    const by = async (scope: string) =>
      (await api.post(`/api/clients/${client}/student`, {}, { key: await api.key(scope) })).status;
    expect([await by('records:read'), await by('money:write'), await by('records:write')]).toEqual([403, 403, 201]);
  });
});

describe('money', () => {
  test('earlier invoices stay with the earlier payer, new ones go to the new payer', async () => {
    const [client, mother] = [await make.client(), await make.client()];
    const book = await booker();
    await pays(client, 70_000);
    const paid = (await book(client, '10:00', 'wallet')).body;
    const owed = (await book(client, '12:00')).body;
    expect((await becomes(client, { payer_id: mother })).status).toBe(201);
    expect(await billsOf(client)).toEqual([
      [owed.invoice.id, 'UNPAID', client],
      [paid.invoice.id, 'PAID', client],
    ]);

    const fresh = (await book(client, '14:00')).body;
    expect(fresh).toMatchObject({ payer_id: mother, invoice: { status: 'UNPAID' } });
    const moved = await api.post(`/bookings/${owed.id}/reschedule`, { starts_at: at(2, '16:00') });
    expect(moved).toMatchObject({ status: 200, body: { payer_id: client, invoice: owed.invoice } });

    expect(await pays(client, 80_000)).toMatchObject({ body: { payment: { payer_id: mother }, invoices_paid: 1 } });
    expect(await billsOf(mother)).toEqual([[fresh.invoice.id, 'PAID', mother]]);
    expect((await billsOf(client))[0]).toEqual([owed.invoice.id, 'UNPAID', client]);
    await square();

    await api.post(`/bookings/${paid.id}/cancel`, { reason: 'заболела' });
    // What came back settles once nobody can take the cancellation back any more (D49).
    await api.db.query(sql.unsafe`update undos set until = now() where until > now()`);
    await followChanges(api.db);
    expect(await billsOf(client)).toEqual([
      [owed.invoice.id, 'PAID', client],
      [paid.invoice.id, 'CANCELLED', client],
    ]);
    expect([await balanceOf(api.db, client), await balanceOf(api.db, mother)]).toEqual([0, 10_000]);
    await square();
  });

  test('a subscription is sold to the same person, and the payer pays', async () => {
    const [client, mother] = [await make.client(), await make.client()];
    await becomes(client, { payer_id: mother });
    await pays(mother, 400_000);
    const subscription_id = (
      await api.post('/api/subscriptions', { name: 'Восемь', price_minor: 400_000, number_of_sessions: 8, validity_days: 30 })
    ).body.id;
    expect(await api.post(`/api/students/${client}/subscriptions`, { subscription_id })).toMatchObject({
      status: 201,
      body: { invoice: { payer_id: mother, status: 'PAID' } },
    });
    expect([await balanceOf(api.db, client), await balanceOf(api.db, mother)]).toEqual([null, 0]);
    await square();
  });

  test('a booking of the same moment is paid by one of the two, and by nobody else', async () => {
    const [client, mother] = [await make.client(), await make.client()];
    await make.money(client, 140_000);
    await make.money(mother, 140_000);
    const book = await booker();
    const hours = ['08', '09', '10', '11', '12', '13'];
    const before = hours.map((hour, n) => book(client, `${hour}:00`, n % 2 ? 'wallet' : 'later'));
    const becoming = becomes(client, { payer_id: mother });
    const after = hours.map((hour, n) => book(client, `${Number(hour) + 6}:00`, n % 2 ? 'wallet' : 'later'));
    expect((await becoming).status).toBe(201);
    const made = (await Promise.all([...before, ...after])).filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThanOrEqual(6);
    const bills = [...(await billsOf(client)), ...(await billsOf(mother))];
    for (const { body } of made) {
      expect(bills).toContainEqual([body.invoice.id, expect.any(String), body.payer_id]);
    }
    expect((await book(client, '20:00')).body.payer_id).toBe(mother);
    await square();
  });
});

describe('a client is not created once more as a student, and the refusal says how it is done', () => {
  test.each([
    ['phone', { phone: '+79005550001' }],
    ['Telegram id', { telegram_id: 5_000_000_001 }],
  ])('with the same %s', async (what, same) => {
    const client = (await api.post('/api/clients', { first_name: 'Инна', ...same })).body.id;
    const before = await rowCounts(api.db);
    expect(await api.post('/api/students', { first_name: 'Инна', ...same })).toMatchObject({
      status: 409,
      body: { detail: `this ${what} is client ${client}'s, whom POST /api/clients/${client}/student makes a student` },
    });
    expect(await rowCounts(api.db)).toEqual(before);
  });

  test('with the phone of one and the Telegram id of another, the one who has the phone is named', async () => {
    await api.post('/api/clients', { first_name: 'Инна', telegram_id: 5_000_000_002 });
    const client = (await api.post('/api/clients', { first_name: 'Анна', phone: '+79005550004' })).body.id;
    const refused = await api.post('/api/students', { first_name: 'Анна', phone: '+79005550004', telegram_id: 5_000_000_002 });
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringMatching(`^this phone is client ${client}'s`) } });
  });

  test.each([
    ['students', '+79005550002'],
    ['specialists', '+79005550003'],
  ])('but not for %s, whom that route does not help', async (kind, phone) => {
    await api.post(`/api/${kind}`, { first_name: 'Пётр', phone });
    expect(await api.post('/api/students', { first_name: 'Пётр', phone })).toMatchObject({
      status: 409,
      body: { detail: 'somebody has this phone already' },
    });
  });

  test('a client without phone and Telegram id matches nobody', async () => {
    await api.post('/api/clients', { first_name: 'Инна' });
    expect(await api.post('/api/students', { first_name: 'Инна', phone: null })).toMatchObject({ status: 201 });
  });
});

describe('a wallet of one’s own, when somebody else begins to pay', () => {
  test('is seen and paid into as that person’s, and its old debt is settled', async () => {
    const [client, mother] = [await make.client(), await make.client()];
    const book = await booker();
    expect(await book(client, '10:00')).toMatchObject({ status: 201 });
    await becomes(client, { payer_id: mother });
    const own = `/api/people/${client}`;
    expect((await pays(client, 500)).body).toMatchObject({ payment: { payer_id: mother }, invoices_paid: 0 });
    expect((await api.post(`${own}/payments`, { amount_minor: 69_999 })).body).toMatchObject({
      payment: { payer_id: client },
      invoices_paid: 0,
      balance_minor: 69_999,
    });
    expect((await api.post(`${own}/payments`, { amount_minor: 1 })).body).toMatchObject({ invoices_paid: 1, balance_minor: 0 });
    const { body } = await api.get(`${own}/wallet`);
    expect(body).toMatchObject({ payer_id: client, balance_minor: 0 });
    expect(body.items.map((item: Json) => [item.kind, item.amount_minor])).toEqual([
      ['payment', -70_000],
      ['deposit', 1],
      ['deposit', 69_999],
    ]);
    await square();
  });

  test('anybody may have one, nobody has none', async () => {
    const specialist = await make.specialist([]);
    expect((await api.get(`/api/people/${specialist}/wallet`)).body).toMatchObject({ balance_minor: 0, items: [] });
    for (const reply of [
      await api.get('/api/people/999999/wallet'),
      await api.post('/api/people/999999/payments', { amount_minor: 1 }),
    ]) {
      expect(reply).toMatchObject({ status: 404, body: { detail: 'there is no person 999999' } });
    }
  });
});
