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
const path = (id: number, locale = '') => `/api/payments/${id}/receipt.svg${locale && `?locale=${locale}`}`;
/** The lines of it; blanks of numbers as plain ones. */
const linesOf = (svg: string) =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words]) => String(words).replaceAll(/[\u00a0\u202f]/g, ' '));

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
  const seen = async (who: TestPerson, id: number) => (await who.ask('GET', path(id))).status;
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

test.each(['ru', 'uk', 'en'] as const)('a receipt stays on its paper, however much stands on it, in %s', (locale) => {
  const long = 'Очень длинное название абонемента для всей семьи '.repeat(8);
  const refund = { day: '2026-03-01', method: 'transfer', amount_minor: 123_456_789 } as const;
  const receipt = (refunds: number): Receipt => ({
    id: 2_147_483_647,
    payer: 'Константин Константинопольский-Замоскворецкий',
    amount_minor: 99_999_999_999,
    method: 'transfer',
    description: long,
    taken_by: null,
    day: '2026-03-01',
    cancelled_on: '2026-03-05',
    paid: [{ name: long, person: 'Мила', amount_minor: 1 }],
    refunds: Array.from({ length: refunds }, () => refund),
  });
  const drawn = (refunds: number) => receiptOf(receipt(refunds), { company: null, locale, currency: 'RUB' });
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
