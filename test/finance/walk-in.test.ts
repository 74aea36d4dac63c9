import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at, salon } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const walletOf = async (id: number, whose = 'clients') => (await api.get(`/api/${whose}/${id}/wallet`)).body;
const payIn = (id: number, amount_minor: number, whose = 'clients') => api.post(`/api/${whose}/${id}/payments`, { amount_minor });

test('a client who is no student comes in, pays, books from the wallet, and sees balance and ledger', async () => {
  const made = await api.post('/api/clients', { first_name: 'Инна', phone: '+79001234567' });
  expect(made).toMatchObject({ status: 201, body: { first_name: 'Инна', is_active: true } });
  const client_id = made.body.id;
  expect(await walletOf(client_id)).toEqual({ payer_id: client_id, balance_minor: 0, items: [], next_cursor: null });
  const paid = await payIn(client_id, 80_000);
  expect(paid).toMatchObject({
    status: 201,
    body: { payment: { payer_id: client_id, amount_minor: 80_000, method: 'cash' }, invoices_paid: 0, balance_minor: 80_000 },
  });
  const service_id = await make.service({ price: 70_000 });
  const specialist_id = await make.specialist([service_id]);
  const wish = { client_id, service_id, specialist_id, starts_at: at(2, '10:00'), pay_from: 'wallet' };
  const booking = await api.post('/bookings', wish);
  expect(booking).toMatchObject({ status: 201, body: { payer_id: client_id, invoice: { status: 'PAID' } } });
  const wallet = await walletOf(client_id);
  expect(wallet.balance_minor).toBe(10_000);
  expect(wallet.items.map((item: Json) => [item.kind, item.amount_minor, item.invoice_id])).toEqual([
    ['payment', -70_000, booking.body.invoice.id],
    ['deposit', 80_000, null],
  ]);
  const first = (await api.get(`/api/clients/${client_id}/wallet?limit=1`)).body;
  const second = (await api.get(`/api/clients/${client_id}/wallet?limit=1&cursor=${first.next_cursor}`)).body;
  expect([first, second].flatMap(({ items }) => items)).toEqual(wallet.items);
  expect((await api.get('/api/audit')).body).toMatchObject({ findings: [], square: true });
});

test('money that arrives pays what is owed for bookings, oldest first (D15)', async () => {
  const client_id = await make.client();
  const service_id = await make.service({ price: 70_000 });
  const specialist_id = await make.specialist([service_id]);
  const owed: number[] = [];
  for (const time of ['10:00', '12:00']) {
    const wish = { client_id, service_id, specialist_id, starts_at: at(2, time) };
    owed.push((await api.post('/bookings', wish)).body.invoice.id);
  }
  expect(await payIn(client_id, 139_999)).toMatchObject({ body: { invoices_paid: 1, balance_minor: 69_999 } });
  const bills = (await api.get(`/api/invoices?payer_id=${client_id}`)).body.items;
  expect(bills.map((bill: Json) => [bill.id, bill.status])).toEqual([
    [owed[1], 'UNPAID'],
    [owed[0], 'PAID'],
  ]);
});

describe('whose wallet it is', () => {
  test("a student's payer's, by either route; the payer's own, who only pays for others", async () => {
    const parent = await make.user('Мама', 'specialist');
    const child = (await api.post('/api/students', { first_name: 'Дочь', payer_id: parent })).body.id;
    await payIn(child, 100, 'students');
    await payIn(child, 20);
    await payIn(parent, 3);
    for (const [id, whose] of [
      [child, 'students'],
      [child, 'clients'],
      [parent, 'clients'],
    ] as const) {
      expect(await walletOf(id, whose)).toMatchObject({ payer_id: parent, balance_minor: 123 });
    }
  });

  test.each(['students', 'clients'])('somebody who is none of the %s has none there', async (whose) => {
    const nobody = whose === 'students' ? await make.client() : await make.trainer();
    const item = whose.slice(0, -1);
    for (const id of [nobody, 999_999]) {
      const refusal = { status: 404, body: { detail: `there is no ${item} ${id}` } };
      expect(await payIn(id, 100, whose)).toMatchObject(refusal);
      expect(await api.get(`/api/${whose}/${id}/wallet`)).toMatchObject(refusal);
    }
  });
});

test('paying in needs money:write, looking in money:read; a wrong amount is named', async () => {
  const id = await make.client();
  const [reader, writer] = [await api.key('money:read', 'records:write'), await api.key('money:write', 'records:read')];
  expect(await api.get(`/api/clients/${id}/wallet`, { key: writer })).toMatchObject({ status: 403 });
  expect(await api.get(`/api/clients/${id}/wallet`, { key: reader })).toMatchObject({ status: 200 });
  const path = `/api/clients/${id}/payments`;
  expect(await api.post(path, { amount_minor: 5 }, { key: reader })).toMatchObject({ status: 403 });
  for (const amount_minor of [0, -1, 0.5, 1_000_000_000_001]) {
    expect(await api.post(path, { amount_minor }, { key: writer })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'amount_minor', message: expect.stringContaining('from 1 to 1000000000000') }] },
    });
  }
  expect(await walletOf(id)).toMatchObject({ balance_minor: 0, items: [] });
});
