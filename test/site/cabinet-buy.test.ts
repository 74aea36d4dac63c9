import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { at } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { formsOf, smallSite } from './salon-site.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
const PRICE = 500_000;
let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
let eight: number;
let ten: number;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
  await shop.make.type();
  const sold = { price_minor: PRICE, validity_days: 30 };
  eight = (await api.post('/api/subscriptions', { name: 'Eight', number_of_sessions: 8, ...sold })).body.id;
  const composition = [{ service_id: shop.service, units: 10 }];
  ten = (await api.post('/api/service-packages', { name: 'Ten', composition, ...sold })).body.id;
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const as = (person: TestPerson) => formsOf(api, { Cookie: person.cookie });
const subscriptionsOf = async (id: number): Promise<Json[]> =>
  (await api.get(`/api/students/${id}/subscriptions`)).body.items ?? [];
const packagesOf = async (id: number): Promise<Json[]> => (await api.get(`/api/clients/${id}/packages`)).body.items;
const walletOf = async (id: number) => (await api.get(`/api/people/${id}/wallet`)).body;
/** The fields of the form that buys something on a page; a browser sends them all. */
function formOn(page: { text: string }, path: string) {
  const [, form = ''] = new RegExp(`action="${path.replace('?', '\\?')}"[^>]*>(.*?)</form>`, 's').exec(page.text) ?? [];
  const fields = [...form.matchAll(/<(?:input type="hidden"|button) name="(\w+)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name, value]) => [name, value])) as Record<string, string>;
}

test.each([
  [PRICE - 1, 'later', 'UNPAID', PRICE - 1],
  [PRICE, 'wallet', 'PAID', 0],
])('with %i in the wallet a subscription is bought %s: its invoice is %s, once', async (money, pay, status, left) => {
  const person = await personOf(api, 'client');
  await shop.make.money(person.id, money);
  const { get, post } = as(person);
  const path = `/cabinet/buy/subscriptions/${eight}`;
  const fields = formOn(await get('/cabinet/buy'), path);
  expect(fields.pay).toBe(pay);
  const answers = [await post(path, fields), await post(path, fields)].map((answer) => answer.headers.get('location'));
  const [held, ...others] = await subscriptionsOf(person.id);
  expect([held.sessions_left, held.start_date, held.is_auto_renew, others]).toEqual([8, TODAY, false, []]);
  const [invoice] = (await api.get(`/api/invoices?payer_id=${person.id}`)).body.items;
  expect([invoice.status, invoice.student_subscription_id]).toEqual([status, held.id]);
  expect(answers).toEqual([`/cabinet/money?invoice=${invoice.id}`, `/cabinet/money?invoice=${invoice.id}`]);
  expect((await walletOf(person.id)).balance_minor).toBe(left);
  const page = await get(String(answers[0]));
  expect(page.text).toMatch(
    status === 'PAID'
      ? /Done\. Subscription: RUB.5,000, paid from the balance/
      : /Done\. Subscription: the invoice of RUB.5,000 is to be paid/,
  );
});

test.each([
  [PRICE - 1, 'later', 'UNPAID', PRICE - 1],
  [PRICE, 'wallet', 'PAID', 0],
])('with %i in the wallet a package is bought %s: its invoice is %s, once', async (money, pay, status, left) => {
  const person = await personOf(api, 'client');
  await shop.make.money(person.id, money);
  const { get, post } = as(person);
  const path = `/cabinet/buy/packages/${ten}`;
  const fields = formOn(await get('/cabinet/buy'), path);
  expect(fields.pay).toBe(pay);
  for (let times = 0; times < 2; times += 1) expect((await post(path, fields)).status).toBe(303);
  const packages = await packagesOf(person.id);
  expect(packages).toMatchObject([{ units: [{ service_id: shop.service, left: 10 }], invoice: { status } }]);
  const { balance_minor, items } = await walletOf(person.id);
  expect([balance_minor, items[0].amount_minor]).toEqual([left, status === 'PAID' ? -PRICE : money]);
});

test('a second purchase on invoice waits until the first is paid; one from the balance does not', async () => {
  const person = await personOf(api, 'client');
  const { get, post } = as(person);
  const path = `/cabinet/buy/packages/${ten}`;
  const fields = formOn(await get('/cabinet/buy'), path);
  expect((await post(path, fields)).status).toBe(303);
  const [first] = await packagesOf(person.id);
  const page = await get('/cabinet/buy');
  expect(page.text).toContain('has to be paid before anything else is bought so');
  expect(formOn(page, path)).toEqual({});
  const again = await post(path, { ...fields, once: crypto.randomUUID() });
  expect([again.status, (await packagesOf(person.id)).length]).toEqual([409, 1]);
  const asked = await person.ask('POST', `/api/clients/${person.id}/packages`, { service_package_id: ten });
  expect(asked).toMatchObject({ status: 409, body: { invoice_id: first.invoice.id } });
  await api.post(`/api/clients/${person.id}/payments`, { amount_minor: 2 * PRICE });
  expect((await packagesOf(person.id))[0].invoice.status).toBe('PAID');
  expect((await post(path, formOn(await get('/cabinet/buy'), path))).status).toBe(303);
  expect((await walletOf(person.id)).balance_minor).toBe(0);
});

test('money that was spent meanwhile buys nothing, and the page says so', async () => {
  const person = await personOf(api, 'client');
  await shop.make.money(person.id, PRICE);
  const { get, post } = as(person);
  const page = await get('/cabinet/buy');
  const [subscription, bundle] = [`/cabinet/buy/subscriptions/${eight}`, `/cabinet/buy/packages/${ten}`];
  expect((await post(bundle, formOn(page, bundle))).status).toBe(303);
  const late = await post(subscription, formOn(page, subscription));
  expect(late.status).toBe(409);
  expect(late.text).toContain('Nothing was bought');
  expect(await subscriptionsOf(person.id)).toEqual([]);
});

test('the next one of a kind begins after the one that is held, and a past day is refused', async () => {
  const person = await personOf(api, 'client');
  await shop.make.money(person.id, 2 * PRICE);
  const { get, post } = as(person);
  const path = `/cabinet/buy/subscriptions/${eight}`;
  expect((await post(path, formOn(await get('/cabinet/buy'), path))).status).toBe(303);
  const fields = formOn(await get('/cabinet/buy'), path);
  expect(fields.start).toBe(addDays(TODAY, 30));
  expect((await post(path, { ...fields, start: addDays(TODAY, -1), once: crypto.randomUUID() })).status).toBe(409);
  expect((await post(path, { ...fields, renew: 'yes' })).status).toBe(303);
  expect(await subscriptionsOf(person.id)).toMatchObject([
    { start_date: addDays(TODAY, 30), is_auto_renew: true },
    { start_date: TODAY },
  ]);
  // It renews itself: another is not offered.
  expect(formOn(await get('/cabinet/buy'), path)).toEqual({});
});

test('a guardian who pays buys for a child; one who does not pay cannot, and a stranger sees nothing', async () => {
  const [child, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const [payer, other] = [
    await personOf(api, 'guardian', { children: [child.id] }),
    await personOf(api, 'guardian', { children: [child.id] }),
  ];
  await api.db.query(sql.unsafe`update students set payer_id = ${payer.id} where id = ${child.id}`);
  await shop.make.money(payer.id, PRICE);
  await shop.make.money(other.id, PRICE);
  const path = `/cabinet/buy/subscriptions/${eight}?of=${child.id}`;
  const page = await as(other).get(`/cabinet/buy?of=${child.id}`);
  expect(page.text).toContain('Somebody else pays here');
  const form = { form: as(other).tokenOf(page), pay: 'wallet', once: crypto.randomUUID() };
  expect((await as(other).post(path, form)).status).toBe(403);
  expect((await as(stranger).get(`/cabinet/buy?of=${child.id}`)).status).toBe(404);
  const strange = { ...form, form: as(stranger).tokenOf(await as(stranger).get('/cabinet')) };
  expect((await as(stranger).post(path, strange)).status).toBe(404);
  expect(await subscriptionsOf(child.id)).toEqual([]);
  const own = formOn(await as(payer).get(`/cabinet/buy?of=${child.id}`), path);
  expect((await as(payer).post(path, own)).status).toBe(303);
  expect(await subscriptionsOf(child.id)).toMatchObject([{ sessions_left: 8 }]);
  expect([(await walletOf(payer.id)).balance_minor, (await walletOf(other.id)).balance_minor]).toEqual([0, PRICE]);
});

test('one’s own data, and a child’s, is a file of the cabinet; another’s is not there', async () => {
  const [child, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const parent = await personOf(api, 'guardian', { children: [child.id] });
  const linked = async (page: string) => String(/href="([^"]+)" download/.exec((await as(parent).get(page)).text)?.[1]);
  for (const [page, id] of [
    ['/cabinet/settings', parent.id],
    [`/cabinet/settings?of=${child.id}`, child.id],
  ] as const) {
    const file = await parent.ask('GET', await linked(page));
    expect([file.status, file.body.person_id]).toEqual([200, id]);
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="person-${id}.json"`);
  }
  expect((await parent.ask('GET', `/api/people/${stranger.id}/data`)).status).toBe(404);
});

test('a guardian holds a start and books it for a child, whose payer’s wallet pays; for nobody else', async () => {
  const [child, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const parent = await personOf(api, 'guardian', { children: [child.id] });
  await api.db.query(sql.unsafe`update students set payer_id = ${parent.id} where id = ${child.id}`);
  await api.db.query(sql.unsafe`update users set first_name = 'Mila', last_name = '' where id = ${child.id}`);
  await api.post('/api/client-discounts', { client_id: child.id, kind: 'percent', percent: 10 });
  await shop.make.money(parent.id, 225_000);
  const { get, post, tokenOf } = as(parent);
  const choice = await get(`/?service=${shop.service}`);
  const held = await post('/hold', { form: tokenOf(choice), service: String(shop.service), start: at(3, '10:00') });
  const path = String(held.headers.get('location'));
  const page = await get(path);
  expect(page.text).toContain(`href="${path}?for=${child.id}"`);
  expect(page.text).not.toContain('Your discount');
  const forChild = await get(`${path}?for=${child.id}`);
  expect(forChild.text).toContain('Your discount of 10 %');
  expect(forChild.text).toMatch(/for RUB.2,250 from your balance/);
  for (const nobody of [stranger.id, 0, 'x']) {
    expect((await get(`${path}?for=${nobody}`)).status).toBe(404);
    expect((await post(`${path}?for=${nobody}`, { form: tokenOf(page), pay: 'later' })).status).toBe(404);
  }
  for (let times = 0; times < 2; times += 1)
    expect((await post(`${path}?for=${child.id}`, { form: tokenOf(page), pay: 'wallet' })).status).toBe(303);
  const { items } = (await api.get(`/bookings?client_id=${child.id}`)).body;
  expect(items).toMatchObject([{ payer_id: parent.id, price_minor: 225_000, invoice: { status: 'PAID' } }]);
  expect((await get(path.replace('/book/', '/booked/'))).text).toContain('<dd>Mila</dd>');
});

test('a guardian joins a class for a child, and gives the place up', async () => {
  const [child, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const parent = await personOf(api, 'guardian', { children: [child.id] });
  const training = await shop.make.training({ trainer: shop.master, at: at(6, '18:00') });
  const { get, post, tokenOf } = as(parent);
  const path = `/classes/${training}?for=${child.id}`;
  const form = tokenOf(await get(path));
  expect((await post(`/classes/${training}?for=${stranger.id}`, { form, act: 'join' })).status).toBe(404);
  const joined = await post(path, { form, act: 'join' });
  expect(joined.headers.get('location')).toBe(path);
  const seats = await api.db.any(
    sql.type(
      z.object({ student_id: z.int() }),
    )`select student_id from real_training_students where real_training_id = ${training}`,
  );
  expect(seats).toEqual([{ student_id: child.id }]);
  expect((await get(path)).text).toContain('has a place in this class');
  expect((await get(`/classes/${training}`)).text).not.toContain('place in this class.');
  expect((await post(path, { form, act: 'leave' })).status).toBe(303);
});
