import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { settle } from '../../sql/finance/settle.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());

const today = dayOf(new Date(), 'Europe/Moscow');
const pay = async (payer: number, amount: number, more: Json = {}) =>
  (await api.post('/api/payments', { payer_id: payer, amount_minor: amount, ...more })).body.payment as Json;
const refund = (payment: number, amount: number, more: Json = {}) =>
  api.post(`/api/payments/${payment}/refunds`, { amount_minor: amount, reason: 'передумал', ...more });
const balance = async (payer: number) => (await api.get(`/api/people/${payer}/wallet`)).body.balance_minor as number;
const bill = (payer: number, amount: number) =>
  api.db.oneFirst(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor) values (${payer}, ${payer}, 'SUBSCRIPTION', ${amount}) returning id`);
const square = async () => expect(await auditBooks(api.db, today)).toEqual([]);

test('a payment goes back in parts, at most what is not refunded yet, by its own method', async () => {
  const payer = await make.student();
  const payment = await pay(payer, 5_000, { method: 'card' });
  expect(await refund(payment.id, 2_000)).toMatchObject({
    status: 201,
    body: { refund: { amount_minor: 2_000, method: 'card' }, refundable_minor: 3_000, balance_minor: 3_000 },
  });
  expect(await refund(payment.id, 3_001)).toMatchObject({ status: 409, body: { refundable_minor: 3_000 } });
  expect(await refund(payment.id, 3_000, { method: 'cash' })).toMatchObject({
    status: 201,
    body: { refund: { method: 'cash' } },
  });
  expect(await balance(payer)).toBe(0);
  expect((await api.get(`/api/payments/${payment.id}/refunds`)).body.items).toHaveLength(2);
  expect(await api.post(`/api/payments/${payment.id}/cancel`, { reason: 'x' })).toMatchObject({ status: 409 });
  await square();
});

test('where the balance is short, what is free is named; with take_back the newest invoices are owed again', async () => {
  const payer = await make.student();
  const payment = await pay(payer, 5_000);
  for (const amount of [500, 2_000, 2_000]) await bill(payer, amount);
  await api.db.transaction((transaction) => settle(transaction, [payer]));
  expect(await balance(payer)).toBe(500);
  expect(await refund(payment.id, 1_000)).toMatchObject({ status: 409, body: { free_minor: 500 } });
  expect(await refund(payment.id, 1_000, { take_back: true })).toMatchObject({
    status: 201,
    body: { invoices_owed_again: 1, balance_minor: 1_500, refundable_minor: 4_000 },
  });
  await square();
});

test('a refunded payment is cancelled for the rest only', async () => {
  const payer = await make.student();
  const payment = await pay(payer, 5_000);
  await refund(payment.id, 2_000);
  const cancelled = await api.post(`/api/payments/${payment.id}/cancel`, { reason: 'ошибка' });
  expect(cancelled.body).toMatchObject({ balance_minor: 0, payment: { refunded_minor: 2_000 } });
  expect(await refund(payment.id, 1)).toMatchObject({ status: 409 });
  expect(await api.db.oneFirst(sql.unsafe`select sum(amount_minor)::int from wallet_transactions where user_id = ${payer}`)).toBe(
    0,
  );
  await square();
});

test('two refunds at once leave no more than the payment; twice with one key is once', async () => {
  const payer = await make.student();
  const payment = await pay(payer, 5_000);
  const answers = await Promise.all([1, 2, 3].map(() => refund(payment.id, 2_000)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409]);
  const asking = { headers: { 'Idempotency-Key': 'one-and-the-same' } };
  const again = () => api.post(`/api/payments/${payment.id}/refunds`, { amount_minor: 1_000, reason: 'раз' }, asking);
  const [first, second] = [await again(), await again()];
  expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
  expect(await balance(payer)).toBe(0);
  await square();
});

test('a refund and a charge at once never take the same money', async () => {
  for (let round = 0; round < 5; round += 1) {
    const payer = await make.student();
    const payment = await pay(payer, 3_000);
    await bill(payer, 3_000);
    const [refunded] = await Promise.all([
      refund(payment.id, 3_000),
      api.db.transaction((transaction) => settle(transaction, [payer])),
    ]);
    const isPaid = (await api.db.oneFirst(sql.unsafe`select status from invoices where payer_id = ${payer}`)) === 'PAID';
    expect(isPaid).toBe(refunded.status !== 201);
    expect(await balance(payer)).toBe(0);
  }
  await square();
});

test('an online payment that is told twice is booked once', async () => {
  const payer = await make.student();
  const told = (more: Json = {}) =>
    api.post('/api/payments', { payer_id: payer, amount_minor: 700, method: 'online', provider_id: 'pay-1', ...more });
  const answers = await Promise.all([told(), told()]);
  expect(new Set(answers.map(({ body }) => body.payment.id)).size).toBe(1);
  expect(await balance(payer)).toBe(700);
  expect((await told({ amount_minor: 701 })).status).toBe(409);
});

test('the cash of a day by who took it, without cards, less what went back', async () => {
  const { body: before } = await api.get(`/api/cash?day=${today}`);
  const admin = await personOf(api, 'admin');
  const payer = await make.student();
  const cash = await admin.ask('POST', `/api/people/${payer}/payments`, { amount_minor: 5_000 });
  await admin.ask('POST', `/api/people/${payer}/payments`, { amount_minor: 900, method: 'card' });
  await admin.ask('POST', `/api/payments/${cash.body.payment.id}/refunds`, { amount_minor: 1_200, reason: 'сдача' });
  const { body } = await api.get(`/api/cash?day=${today}`);
  expect(body.people.find((one: Json) => one.person_id === admin.id)).toMatchObject({
    received_minor: 5_000,
    payments: 1,
    refunded_minor: 1_200,
    refunds: 1,
    net_minor: 3_800,
  });
  expect(body.net_minor - before.net_minor).toBe(3_800);
  expect((await api.get(`/api/cash?day=${addDays(today, -1)}`)).body.net_minor).toBe(0);
});

test('a payment without a method is of the usual one', async () => {
  const payer = await make.student();
  expect((await pay(payer, 100)).method).toBe('cash');
  await api.ask('PUT', `/api/people/${payer}/payment-method`, { body: { method: 'transfer' } });
  expect((await pay(payer, 100)).method).toBe('transfer');
  expect((await pay(payer, 100, { method: 'card' })).method).toBe('card');
});

test('earlier prices are known, with the person who changed them', async () => {
  const made = await api.post('/api/subscriptions', {
    name: 'Восемь',
    price_minor: 1_000,
    number_of_sessions: 8,
    validity_days: 30,
  });
  const admin = await personOf(api, 'admin');
  expect((await admin.ask('PATCH', `/api/subscriptions/${made.body.id}`, { price_minor: 1_200 })).status).toBe(200);
  await api.patch(`/api/subscriptions/${made.body.id}`, { name: 'Восемь занятий' });
  const { body } = await api.get(`/api/price-history/subscription/${made.body.id}`);
  expect(body.items).toMatchObject([
    { price_minor: 1_200, before_minor: 1_000, actor: `person:${admin.id}` },
    { price_minor: 1_000, before_minor: null, actor: 'key-1' },
  ]);
});

test('a refund that the wallet does not know is found by the audit', async () => {
  const payment = await pay(await make.student(), 500);
  await expect(api.db.query(sql.unsafe`update payment_refunds set amount_minor = 1`)).rejects.toThrow();
  await api.db.query(sql.unsafe`
    insert into payment_refunds (payment_id, payer_id, amount_minor, method, reason, created_by)
    values (${payment.id}, ${payment.payer_id}, 600, 'cash', 'x', 'test')`);
  expect(await auditBooks(api.db, today)).toMatchObject([{ rule: 'refunds_differ', id: payment.id }]);
});
