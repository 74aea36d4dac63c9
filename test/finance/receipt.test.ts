import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import type { Receipt } from '../../sql/finance/receipt.ts';
import { receiptOf } from '../../workers/finance/receipt.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let client: TestPerson;
let child: TestPerson;
let parent: TestPerson;
let owner: TestPerson;
beforeAll(async () => {
  api = await testApi();
  [owner, client, child] = [await personOf(api, 'owner'), await personOf(api, 'client'), await personOf(api, 'client')];
  parent = await personOf(api, 'guardian', { children: [child.id] });
  await name(owner.id, 'Вера', 'Кассирова');
  await name(client.id, 'Анна', '<script>Плательщикова');
  await api.ask('PUT', '/api/company', { body: { name: 'Студия «Река»', phone: '+79160000001' } });
});
afterAll(() => api.close());

const name = (id: number, first: string, last: string) =>
  api.db.query(sql.unsafe`update users set first_name = ${first}, last_name = ${last} where id = ${id}`);
const paid = async (payer: number, amount_minor: number, more: object = {}) =>
  (await owner.ask('POST', '/api/payments', { payer_id: payer, amount_minor, method: 'card', ...more })).body.payment
    .id as number;
const statusOf = async (who: TestPerson, id: number) => (await who.ask('GET', path(id))).status;
const path = (id: number, locale = '') => `/api/payments/${id}/receipt.svg${locale && `?locale=${locale}`}`;
/** The lines of it; blanks of numbers as plain ones. */
const linesOf = (svg: string) =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words]) => String(words).replaceAll(/[\u00a0\u202f]/g, ' '));
const PLAIN = { company: null, zone: 'UTC', currency: 'RUB' };
/** A receipt with a long line of everything, and so many refunds. */
const manyLines = (refunds: number, more: Partial<Receipt['payment']> = {}): Receipt => ({
  payment: {
    id: 2_147_483_647,
    payer_id: 1,
    payer: 'Константин Константинопольский-Замоскворецкий',
    amount_minor: 99_999_999_999,
    method: 'transfer',
    description: null,
    created_by: 'test',
    person_id: null,
    taken_by: null,
    provider_id: null,
    order_id: null,
    refunded_minor: refunds * 123_456_789,
    created_at: '2026-03-01T10:00:00.000Z',
    payment_date: '2026-03-01',
    cancelled_at: '2026-03-05T10:00:00.000Z',
    cancellation_reason: null,
    ...more,
  },
  paid: [{ name: 'Очень длинное название абонемента для всей семьи '.repeat(8), person: 'Мила', amount_minor: 1 }],
  refunds: Array.from({ length: refunds }, () => ({
    created_at: '2026-03-10T22:30:00.000Z',
    method: 'transfer',
    amount_minor: 123_456_789,
  })),
});

test('a receipt names the studio, who paid, for what, how, who took it and its number, and what was given back so far', async () => {
  await api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id)
    select ${client.id}, ${client.id}, 'SUBSCRIPTION', 100000, null`);
  const id = await paid(client.id, 150_000, { description: 'За ноябрь' });
  const first = await owner.ask('GET', path(id, 'ru'));
  expect([first.status, first.headers.get('content-type')]).toEqual([200, 'image/svg+xml; charset=utf-8']);
  expect(linesOf(first.text)).toEqual(
    expect.arrayContaining([
      'Студия «Река»',
      '+79160000001',
      `Квитанция № ${id}`,
      'Анна &lt;script&gt;Плательщикова',
      'За ноябрь; счёт; на баланс',
      'карта',
      'Вера Кассирова',
      'Оплачено: 1 500 ₽',
    ]),
  );
  expect(first.text).not.toMatch(/<script|href|Возв/);
  for (const amount_minor of [10_000, 20_000])
    await owner.ask('POST', `/api/payments/${id}/refunds`, { amount_minor, method: 'cash', reason: 'Заболела' });
  const { text } = await owner.ask('GET', path(id, 'ru'));
  expect(linesOf(text).filter((line) => /^Возврат .*, наличные: [12]00 ₽$/.test(line))).toHaveLength(2);
  expect(linesOf(text)).toEqual(expect.arrayContaining(['Возвращено всего: 300 ₽', 'Остаётся оплачено: 1 200 ₽']));
  expect(text).not.toContain('Заболела');
});

test('a payment on the balance says so, and one that was cancelled does not count', async () => {
  const id = await paid(client.id, 5_000);
  expect(linesOf((await owner.ask('GET', path(id, 'en'))).text)).toContain('to the balance');
  await owner.ask('POST', `/api/payments/${id}/cancel`, { reason: 'twice' });
  const lines = linesOf((await owner.ask('GET', path(id, 'en'))).text);
  expect(lines.filter((line) => /^Cancelled on .+: it does not count$/.test(line))).toHaveLength(1);
  expect(lines.filter((line) => /^Stays paid/.test(line))).toEqual([]);
});

test('a receipt is seen by the payer, a guardian and the studio; by nobody else, and no trainer', async () => {
  const [own, childs] = [await paid(client.id, 1_000), await paid(child.id, 2_000)];
  const trainer = await personOf(api, 'trainer');
  const seen = statusOf;
  expect([await seen(client, own), await seen(client, childs), await seen(parent, childs), await seen(parent, own)]).toEqual([
    200, 404, 200, 404,
  ]);
  expect([await seen(trainer, own), await seen(owner, childs), await seen(owner, 2_147_483_647)]).toEqual([404, 200, 404]);
  expect((await api.get(path(own))).status).toBe(200);
  const listed = (await parent.ask('GET', '/api/payments')).body.items.map((one: { id: number }) => one.id);
  expect([listed.includes(childs), listed.includes(own)]).toEqual([true, false]);
  const group = await studio(api.db).student();
  expect(await seen(client, await paid(group, 100))).toBe(404);
});

test('a receipt stays the payer’s own after a merge, and names nobody else as whom it was paid for', async () => {
  const [kept, gone] = [await personOf(api, 'client'), await personOf(api, 'client')];
  await name(kept.id, 'Ольга', 'Одна');
  await name(gone.id, 'Оля', 'Одна');
  await api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor) values (${gone.id}, ${gone.id}, 'SUBSCRIPTION', 100000)`);
  const id = await paid(gone.id, 100_000);
  expect((await api.post(`/api/clients/${kept.id}/merge`, { other_id: gone.id })).status).toBe(200);
  const { status, text } = await kept.ask('GET', path(id, 'ru'));
  expect([status, linesOf(text).includes('Ольга Одна'), linesOf(text).includes('счёт')]).toEqual([200, true, true]);
});

test('a receipt names the child that a payment was for', async () => {
  const [payer, other] = [await personOf(api, 'client'), await personOf(api, 'client')];
  await name(other.id, 'Мила', 'Малая');
  await api.db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor) values (${payer.id}, ${other.id}, 'SUBSCRIPTION', 100000)`);
  expect(linesOf((await payer.ask('GET', path(await paid(payer.id, 100_000), 'ru'))).text)).toContain('счёт (Мила)');
});

test('a guardian sees no receipt of what a stranger paid for a child, nor of a child who is 18', async () => {
  const [payer, ward] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const guardian = await personOf(api, 'guardian', { children: [ward.id] });
  const own = await paid(ward.id, 1_000);
  await api.db.query(sql.unsafe`update students set payer_id = ${payer.id} where id = ${ward.id}`);
  const strangers = await paid(payer.id, 2_000);
  const seen = async (who: TestPerson) => [await statusOf(who, strangers), await statusOf(who, own)];
  expect([await seen(payer), await seen(guardian)]).toEqual([
    [200, 200],
    [404, 200],
  ]);
  await api.db.query(sql.unsafe`update users set birth_date = current_date - interval '18 years 2 days' where id = ${ward.id}`);
  expect(await seen(await personOf(api, 'guardian', { children: [ward.id] }))).toEqual([404, 404]);
});

test.each([
  ['JPY', 'Paid: JP¥1,500'],
  ['RUB', 'Paid: RUB 15'],
  ['KWD', 'Paid: KWD 1.500'],
])('a receipt counts in the units of its currency: %s', (currency, said) => {
  const lines = linesOf(receiptOf(manyLines(0, { amount_minor: 1_500 }), { ...PLAIN, locale: 'en', currency }));
  expect(lines.filter((line) => line.startsWith('Paid:'))).toEqual([said]);
});

test('a payment counts on its day, and what happened to it later on the studio’s day of that instant', () => {
  const payment = { payment_date: null, created_at: '2026-03-01T22:30:00.000Z', cancelled_at: '2026-03-05T22:30:00.000Z' };
  const lines = linesOf(receiptOf(manyLines(1, payment), { ...PLAIN, locale: 'en', zone: 'Europe/Moscow' }));
  for (const said of [/^2 March/, /^Cancelled on 6 March/, /^Given back on 11 March/])
    expect(lines.filter((line) => said.test(line))).toHaveLength(1);
});

test.each(['ru', 'uk', 'en'] as const)('a receipt stays on its paper, however much stands on it, in %s', (locale) => {
  const description = 'Очень длинное название абонемента для всей семьи '.repeat(8);
  const drawn = (refunds: number) => receiptOf(manyLines(refunds, { description }), { ...PLAIN, locale });
  const heights = [...drawn(30).matchAll(/<text x="\d+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
  expect(Math.max(...heights.filter((y) => y < 190))).toBeLessThan(188);
  expect(Math.max(...heights)).toBeLessThan(206);
  const [refunds, more] = [/1[ ,]234[ ,]567/, text(locale, 'receipt.refunds_more', { count: 2 })];
  const shown = (count: number) =>
    linesOf(drawn(count)).filter((line) => refunds.test(line) && !/всего|усього|in all/.test(line));
  expect([shown(6).length, linesOf(drawn(6)).includes(more)]).toEqual([6, false]);
  expect([shown(7).length, linesOf(drawn(7)).includes(more)]).toEqual([5, true]);
  expect(drawn(0)).not.toMatch(/undefined|\{\{/);
});
