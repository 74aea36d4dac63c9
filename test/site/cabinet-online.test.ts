import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { siteFormats } from '../../api/site/words.ts';
import { at } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { paymentProvider } from '../support/payment-provider.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { formsOf, smallSite } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
let provider: Awaited<ReturnType<typeof paymentProvider>>;
let client: TestPerson;
beforeAll(async () => {
  provider = await paymentProvider();
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000', ...provider.settings } });
  provider.serve(api.url);
  shop = await smallSite(api);
  client = await personOf(api, 'client');
});
afterAll(async () => {
  await api.close();
  provider.close();
});

const as = (person: TestPerson) => formsOf(api, { Cookie: person.cookie });
/** Goes to the provider's page as a link leads there, and pays. */
async function payThere(page: { text: string }) {
  const away = String(/href="(http:\/\/127[^"]+)"/.exec(page.text)?.[1]).replaceAll('&amp;', '&');
  const shown = await (await fetch(away)).text();
  const to = String(/href="([^"]+)"/.exec(shown)?.[1]).replaceAll('&amp;', '&');
  return fetch(new URL(to, away), { redirect: 'manual' });
}

test.each([
  ['1500', 150_000],
  ['1 500,5', 150_050],
  ['0.01', 1],
  ['0', null],
  ['1500.505', null],
  ['-1', null],
  ['1e3', null],
  ['much', null],
])('%s is an amount of %p', (typed, minor) => {
  expect(siteFormats('en', 'Europe/Moscow', 'RUB').minorOf(typed)).toBe(minor);
});

test('an amount without a fraction has none', () => {
  const { minorOf } = siteFormats('en', 'Asia/Tokyo', 'JPY');
  expect([minorOf('1500'), minorOf('1500.5')]).toEqual([1500, null]);
});

test('an invoice is paid online without a script, and the cabinet says so', async () => {
  const { get, post, tokenOf } = as(client);
  const made = await api.post('/bookings', { client_id: client.id, service_id: shop.service, starts_at: at(3, '10:00') });
  const { id } = made.body.invoice;
  const page = await get('/cabinet/money');
  expect(page.text).toMatch(/Pay RUB.2,500 online/);
  const ordered = await post(`/cabinet/invoices/${id}/online`, { form: tokenOf(page) });
  const path = String(ordered.headers.get('location'));
  expect(path).toMatch(/^\/cabinet\/pay\/\d+$/);
  const before = await get(path);
  expect(before.text).toContain('Not paid yet');
  expect((await payThere(before)).headers.get('location')).toBe(api.url + path);
  const after = await get(path);
  expect(after.text).toContain('Paid. The money has arrived.');
  expect(after.text).not.toContain('Go on to the payment');
  expect((await get('/cabinet/money')).text).toContain('Everything is paid.');
  expect((await as(await personOf(api, 'client')).get(path)).status).toBe(404);
});

test('the balance is added to, and what is no amount is asked for again', async () => {
  const { get, post, tokenOf } = as(client);
  const form = tokenOf(await get('/cabinet/money'));
  const wrong = await post('/cabinet/top-up', { form, amount: '12.345' });
  expect([wrong.status, wrong.text.includes('value="12.345"')]).toEqual([422, true]);
  const ordered = await post('/cabinet/top-up', { form, amount: '1 234,50' });
  await payThere(await get(String(ordered.headers.get('location'))));
  expect((await api.get(`/api/people/${client.id}/wallet`)).body.balance_minor).toBe(123_450);
});

test('without a provider nothing of it is shown', async () => {
  const plain = await testApi();
  try {
    const person = await personOf(plain, 'client');
    const { get, post, tokenOf } = formsOf(plain, { Cookie: person.cookie });
    const page = await get('/cabinet/money');
    expect(page.text).not.toContain('online');
    expect((await post('/cabinet/top-up', { form: tokenOf(page), amount: '1' })).status).toBe(404);
  } finally {
    await plain.close();
  }
});
