import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { signNotice } from '../../workers/payments/signed-provider.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

const SECRET = 'aX7_kQ2-mP9_rT4-vW6_zB1-cD3';
const WEBHOOK = 'bY8_lR3-nQ0_sU5-wX7_aC2-dE4';
const PRICE = 500_000;
let api: TestApi;
let item: number;
beforeAll(async () => {
  api = await testApi({
    settings: {
      RATE_LIMIT_PER_MINUTE: '100000',
      PAYMENTS_URL: 'https://pay.example/studio?shop=7',
      PAYMENTS_SECRET: SECRET,
      PAYMENTS_WEBHOOK_SECRET: WEBHOOK,
    },
  });
  const sold = { name: 'Eight', number_of_sessions: 8, price_minor: PRICE, validity_days: 30 };
  item = (await api.post('/api/subscriptions', sold)).body.id;
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const seconds = (shift = 0) => String(Math.floor(Date.now() / 1_000) + shift);
type Told = { timestamp?: string; signature?: string; raw?: string };
/** The provider tells of something; signed as it should be unless said otherwise. */
function tell(notice: Json, { timestamp = seconds(), raw = JSON.stringify(notice), signature }: Told = {}) {
  const headers = {
    'Content-Type': 'application/json',
    'X-Payments-Timestamp': timestamp,
    'X-Payments-Signature': signature ?? signNotice(WEBHOOK, timestamp, raw),
  };
  return api.ask('POST', '/payments/webhook', { key: null, raw, headers });
}
const walletOf = async ({ id }: TestPerson) => (await api.get(`/api/people/${id}/wallet`)).body;
const invoiceOf = async ({ id }: TestPerson) => (await api.get(`/api/invoices?payer_id=${id}`)).body.items[0];
const tasks = async () => (await api.get('/api/tasks?kind=payment_disagrees')).body.items.length;
let count = 0;
/** Somebody who went to pay, what the order is called, and what the provider would tell of it. */
async function order(wish: Json = { amount_minor: PRICE }, person?: TestPerson) {
  const payer = person ?? (await personOf(api, 'client'));
  const made = await payer.ask('POST', '/me/payment-orders', wish);
  expect(made.status).toBe(201);
  const url = new URL(made.body.pay_url);
  count += 1;
  const { amount_minor } = made.body;
  const paid = { status: 'paid', order: url.searchParams.get('order'), provider_id: `p${count}`, amount_minor, currency: 'RUB' };
  return { payer, url, paid, state: async () => (await payer.ask('GET', `/me/payment-orders/${made.body.id}`)).body };
}
async function owing() {
  const person = await personOf(api, 'client');
  expect((await api.post(`/api/students/${person.id}/subscriptions`, { subscription_id: item })).status).toBe(201);
  return { person, invoice: await invoiceOf(person) };
}

test('the way to the provider is signed, and says what is paid until when', async () => {
  const { url, state } = await order({ amount_minor: 150_050 });
  const [before, signature] = url.search.slice(1).split('&signature=');
  expect(signature).toBe(createHmac('sha256', SECRET).update(String(before)).digest('hex'));
  expect(url.href).toMatch(/^https:\/\/pay\.example\/studio\?shop=7&/);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ amount_minor: '150050', currency: 'RUB' });
  const { expires_at, status } = await state();
  expect([Number(url.searchParams.get('expires')), status]).toEqual([Math.floor(Date.parse(expires_at) / 1_000), 'open']);
});

test('money for the wallet is booked once, told twice one after the other and ten times at once', async () => {
  const { payer, paid, state } = await order();
  const told = await Promise.all(Array.from({ length: 10 }, () => tell(paid)));
  expect(new Set(told.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await tell(paid)).body).toEqual({ outcome: 'booked' });
  expect(await walletOf(payer)).toMatchObject({ balance_minor: PRICE, items: [{ kind: 'deposit', amount_minor: PRICE }] });
  expect(await state()).toMatchObject({ status: 'paid', pay_url: null });
});

test('an invoice is paid with what came for it, before an older debt', async () => {
  const { person } = await owing();
  await owing();
  expect((await api.post(`/api/students/${person.id}/subscriptions`, { subscription_id: item })).status).toBe(201);
  const invoice = await invoiceOf(person);
  const { paid } = await order({ invoice_id: invoice.id }, person);
  expect((await tell(paid)).status).toBe(200);
  const { items } = (await api.get(`/api/invoices?payer_id=${person.id}`)).body;
  expect(items.map((one: Json) => [one.id === invoice.id, one.status])).toEqual([
    [true, 'PAID'],
    [false, 'UNPAID'],
  ]);
  expect((await walletOf(person)).balance_minor).toBe(0);
});

test('a late payment is booked: after the order’s time, and for an invoice that is paid or waived', async () => {
  const { person, invoice } = await owing();
  const { paid } = await order({ invoice_id: invoice.id }, person);
  await api.db.query(
    sql.unsafe`update payment_orders set expires_at = now() - interval '1 day' where reference = ${paid.order}::uuid`,
  );
  expect((await api.post(`/api/invoices/${invoice.id}/cancel`, { reason: 'gift' })).status).toBe(200);
  expect((await tell(paid)).status).toBe(200);
  expect((await walletOf(person)).balance_minor).toBe(PRICE);
  // Whoever pays the same twice has the money twice.
  expect((await tell({ ...paid, provider_id: `${paid.provider_id}-again` })).status).toBe(200);
  expect((await walletOf(person)).balance_minor).toBe(2 * PRICE);
});

test.each<[string, (notice: Json) => Told, number]>([
  ['no signature', () => ({ signature: '' }), 401],
  [
    'another secret',
    (notice) => ({ timestamp: seconds(), signature: signNotice(SECRET, seconds(), JSON.stringify(notice)) }),
    401,
  ],
  [
    'another body',
    (notice) => ({ signature: signNotice(WEBHOOK, seconds(), JSON.stringify({ ...notice, amount_minor: 1 })) }),
    401,
  ],
  [
    'another timestamp',
    (notice) => ({ timestamp: seconds(-10), signature: signNotice(WEBHOOK, seconds(), JSON.stringify(notice)) }),
    401,
  ],
  [
    'a signature cut short',
    (notice) => ({ signature: signNotice(WEBHOOK, seconds(), JSON.stringify(notice)).slice(0, -1) }),
    401,
  ],
  ['an old timestamp', () => ({ timestamp: seconds(-310) }), 401],
  ['a timestamp ahead', () => ({ timestamp: seconds(310) }), 401],
  ['no timestamp', () => ({ timestamp: 'soon' }), 401],
  ['no JSON', () => ({ raw: 'paid' }), 422],
  ['a timestamp of a while ago', () => ({ timestamp: seconds(-290) }), 200],
  ['a timestamp a little ahead', () => ({ timestamp: seconds(290) }), 200],
  [
    'an old secret’s signature beside the new one’s',
    (notice) => {
      const timestamp = seconds();
      const raw = JSON.stringify(notice);
      return { timestamp, signature: `${signNotice(SECRET, timestamp, raw)}, ${signNotice(WEBHOOK, timestamp, raw)}` };
    },
    200,
  ],
])('a notice with %s is answered %3$i', async (_what, told, status) => {
  const { payer, paid } = await order();
  expect((await tell(paid, told(paid))).status).toBe(status);
  expect((await walletOf(payer)).balance_minor).toBe(status === 200 ? PRICE : 0);
});

test.each([
  ['amount', { amount_minor: PRICE - 1 }],
  ['amount', { amount_minor: PRICE + 1 }],
  ['currency', { currency: 'EUR' }],
])('another %s than the order’s books nothing and makes one task', async (_what, other) => {
  const { payer, paid, state } = await order();
  const before = await tasks();
  for (let times = 0; times < 2; times += 1) expect((await tell({ ...paid, ...other })).status).toBe(409);
  expect([(await walletOf(payer)).balance_minor, (await state()).status, await tasks()]).toEqual([0, 'open', before + 1]);
});

test('the payment of one order is not another’s, and an order nobody made is none', async () => {
  const [one, other] = [await order(), await order()];
  expect((await tell(one.paid)).status).toBe(200);
  expect((await tell({ ...other.paid, provider_id: one.paid.provider_id })).status).toBe(409);
  expect((await walletOf(other.payer)).balance_minor).toBe(0);
  expect((await tell({ ...one.paid, provider_id: 'p0', order: crypto.randomUUID() })).status).toBe(404);
  expect((await tell({ ...one.paid, order: undefined })).status).toBe(422);
});

test('told in another order: failing after paying changes nothing, paying after failing counts, a refund waits for its payment', async () => {
  const { payer, paid, state } = await order();
  const refunded = { ...paid, status: 'refunded', refund_id: `r${count}` };
  expect((await tell(refunded)).status).toBe(409);
  expect((await tell({ status: 'failed', order: paid.order })).body).toEqual({ outcome: 'noted' });
  expect((await state()).status).toBe('failed');
  expect((await tell(paid)).status).toBe(200);
  expect((await tell({ status: 'failed', order: paid.order })).status).toBe(200);
  expect([(await state()).status, (await walletOf(payer)).balance_minor]).toEqual(['paid', PRICE]);
  expect((await tell(refunded)).status).toBe(200);
  expect((await walletOf(payer)).balance_minor).toBe(0);
});

test('a refund leaves the wallet once (R18, R19); what was spent is owed again; more than was paid is not booked', async () => {
  const { person, invoice } = await owing();
  const { paid } = await order({ invoice_id: invoice.id }, person);
  expect((await tell(paid)).status).toBe(200);
  const part = { ...paid, status: 'refunded', refund_id: `r${count}`, amount_minor: 200_000 };
  for (let times = 0; times < 2; times += 1) expect((await tell(part)).status).toBe(200);
  expect([(await invoiceOf(person)).status, (await walletOf(person)).balance_minor]).toEqual(['UNPAID', PRICE - 200_000]);
  const before = await tasks();
  expect((await tell({ ...part, amount_minor: 100_000 })).status).toBe(409);
  expect((await tell({ ...part, refund_id: `r${count}b`, amount_minor: 300_001 })).status).toBe(409);
  expect(await tasks()).toBe(before + 1 + 1);
  expect((await tell({ ...part, refund_id: `r${count}c`, amount_minor: 300_000 })).status).toBe(200);
  expect((await walletOf(person)).balance_minor).toBe(0);
  const refunds = await api.db.any(sql.type(z.object({ method: z.string(), amount_minor: z.int() }))`
    select method, amount_minor from payment_refunds where payer_id = ${person.id} order by id`);
  expect(refunds).toEqual([
    { method: 'online', amount_minor: 200_000 },
    { method: 'online', amount_minor: 300_000 },
  ]);
});

/** An order that was paid: its payment, and how the provider and the studio give of it back. */
async function paidOnline() {
  const { payer, paid } = await order();
  expect((await tell(paid)).status).toBe(200);
  const { id } = (await api.get(`/api/payments?payer_id=${payer.id}`)).body.items[0];
  const byHand = (amount_minor: number, more: Json = {}) =>
    api.post(`/api/payments/${id}/refunds`, { amount_minor, reason: 'left', ...more });
  const told = (amount_minor: number, refund: string) =>
    tell({ ...paid, status: 'refunded', refund_id: `${paid.provider_id}-${refund}`, amount_minor });
  return { payer, paid, id, byHand, told, balance: async () => (await walletOf(payer)).balance_minor };
}

test('a payment through the provider is given back there: by hand it is refused, so the provider’s report books it once', async () => {
  const { id, byHand, told, balance } = await paidOnline();
  for (const more of [{}, { method: 'cash' }, { take_back: true }]) {
    const refused = await byHand(200_000, more);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('give it back at the provider')]);
  }
  const cancelled = await api.post(`/api/payments/${id}/cancel`, { reason: 'left' });
  expect([cancelled.status, cancelled.body.detail]).toEqual([409, expect.stringContaining('it is booked by itself')]);
  expect(await balance()).toBe(PRICE);
  for (let times = 0; times < 2; times += 1) expect((await told(200_000, 'a')).status).toBe(200);
  expect(await balance()).toBe(PRICE - 200_000);
});

test('money that the studio gave back in another way is entered on purpose; the provider’s report is a second refund', async () => {
  const { id, byHand, told, balance } = await paidOnline();
  for (const more of [{}, { method: 'online' }])
    expect((await byHand(200_000, { given_back_by: 'studio', ...more })).status).toBe(422);
  expect((await byHand(200_000, { given_back_by: 'provider', method: 'cash' })).status).toBe(422);
  const given = await byHand(200_000, { given_back_by: 'studio', method: 'cash' });
  expect(given).toMatchObject({ status: 201, body: { refund: { method: 'cash' }, refundable_minor: 300_000 } });
  expect((await told(200_000, 'a')).status).toBe(200);
  expect(await balance()).toBe(PRICE - 400_000);
  const before = await tasks();
  expect([(await told(100_001, 'b')).status, await tasks()]).toEqual([409, before + 1]);
  expect((await told(100_000, 'c')).status).toBe(200);
  expect([await balance(), (await api.get(`/api/payments/${id}/refunds`)).body.items.length]).toEqual([0, 3]);
});

test('a refund is of what came for its order: one that was entered by hand is left to people, and refunded by hand', async () => {
  const { payer, paid } = await order();
  const body = { payer_id: payer.id, amount_minor: PRICE, method: 'online', provider_id: paid.provider_id };
  const { payment } = (await api.post('/api/payments', body)).body;
  const before = await tasks();
  expect((await tell(paid)).status).toBe(409);
  expect((await tell({ ...paid, status: 'refunded', refund_id: `${paid.provider_id}-a` })).status).toBe(409);
  expect([await tasks(), (await walletOf(payer)).balance_minor]).toEqual([before + 2, PRICE]);
  expect((await api.post(`/api/payments/${payment.id}/refunds`, { amount_minor: PRICE, reason: 'left' })).status).toBe(201);
});

test('only what is owed and one’s own is ordered', async () => {
  const { person, invoice } = await owing();
  const stranger = await personOf(api, 'client');
  const ask = (who: TestPerson, body: Json) => who.ask('POST', '/me/payment-orders', body);
  expect((await ask(stranger, { invoice_id: invoice.id })).status).toBe(404);
  for (const body of [{}, { invoice_id: invoice.id, amount_minor: 1 }, { amount_minor: 0 }])
    expect((await ask(person, body)).status).toBe(422);
  await api.post(`/api/clients/${person.id}/payments`, { amount_minor: PRICE });
  expect((await ask(person, { invoice_id: invoice.id })).status).toBe(409);
  for (let n = 0; n < 20; n += 1) expect((await ask(person, { amount_minor: 1 })).status).toBe(201);
  expect((await ask(person, { amount_minor: 1 })).status).toBe(429);
});

test('where no provider is set up there is nothing', async () => {
  const plain = await testApi();
  try {
    const person = await personOf(plain, 'client');
    expect((await person.ask('POST', '/me/payment-orders', { amount_minor: 1 })).status).toBe(404);
    expect((await plain.ask('POST', '/payments/webhook', { key: null, body: {} })).status).toBe(404);
  } finally {
    await plain.close();
  }
});
