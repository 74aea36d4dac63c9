import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { weeklyStarts } from '../../workers/site/book-weekly.ts';
import { at } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { formsOf, smallSite } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const as = (person: TestPerson) => formsOf(api, { Cookie: person.cookie });
const bookingsOf = async ({ id }: { id: number }): Promise<Json[]> =>
  (await api.get(`/bookings?client_id=${id}&limit=100`)).body.items;
const PRICE = 250_000;

/** Somebody who holds a start, and the page of its series: each date with whether it can be chosen, is chosen, and what it costs. */
async function holding(person: TestPerson, start: string, query = '') {
  const { get, post, tokenOf } = as(person);
  const form = tokenOf(await get(`/?service=${shop.service}`));
  const held = await post('/hold', { form, service: String(shop.service), who: String(shop.master), start });
  const path = `${held.headers.get('location')}/weekly${query}`;
  const send = async (fields: [string, string][]) =>
    fetch(api.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { Accept: 'text/html', 'Accept-Language': 'en', Origin: api.url, Cookie: person.cookie },
      body: new URLSearchParams([['form', form], ...fields]),
    });
  return {
    page: async () => read(await get(path)),
    book: (starts: readonly string[], total: number) =>
      send([['act', 'book'], ['total', String(total)], ...starts.map((one): [string, string] => ['start', one])]),
    price: async (starts: readonly string[]) => {
      const answer = await send([['act', 'price'], ...starts.map((one): [string, string] => ['start', one])]);
      return read({ text: await answer.text() });
    },
  };
}
function read({ text }: { text: string }) {
  const rows = [...text.matchAll(/<tr><th scope="row">(.*?)<\/th>\s*<td>(.*?)<\/td><\/tr>/gs)].slice(0, -1);
  return {
    text,
    starts: rows.flatMap(([, head]) => /name="start" value="([^"]+)"/.exec(String(head))?.[1] ?? []),
    words: rows.map(([, , words]) =>
      String(words)
        .replaceAll(/<[^>]+>/g, '')
        .replaceAll('\u00a0', ' '),
    ),
    total: Number(/name="total" value="(\d+)"/.exec(text)?.[1]),
  };
}

test('each date is shown free or taken with its price, and all that are free are booked', async () => {
  const [person, other] = [await personOf(api, 'client'), await personOf(api, 'client')];
  await shop.make.booking({ client: other.id, specialist: shop.master, service: shop.service, at: at(3 + 14, '10:30') });
  const { page, book } = await holding(person, at(3, '10:00'));
  const shown = await page();
  expect(shown.words).toEqual(['RUB 2,500', 'RUB 2,500', 'taken', 'RUB 2,500']);
  expect(shown.starts).toEqual([3, 10, 24].map((days) => at(days, '10:00')));
  expect(await bookingsOf(person)).toEqual([]);
  for (let times = 0; times < 2; times += 1)
    expect((await book(shown.starts, shown.total)).headers.get('location')).toBe('/cabinet');
  const made = await bookingsOf(person);
  expect(made.map((one) => [one.starts_at, one.status, one.price_minor])).toEqual(
    shown.starts.map((start) => [start, 'CONFIRMED', PRICE]),
  );
});

test('only the chosen ones are booked', async () => {
  const person = await personOf(api, 'client');
  const { page, book } = await holding(person, at(4, '10:00'), '?times=3&every=2');
  const { starts } = await page();
  expect(starts).toEqual([4, 18, 32].map((days) => at(days, '10:00')));
  expect((await book([starts[0], starts[2]] as string[], 2 * PRICE)).status).toBe(303);
  expect((await bookingsOf(person)).map((one) => one.starts_at)).toEqual([starts[0], starts[2]]);
});

test('a package pays as long as it lasts, then a discount counts; what is chosen is priced anew', async () => {
  const person = await personOf(api, 'client');
  const composition = [{ service_id: shop.service, units: 2 }];
  const sold = { name: 'Two', composition, price_minor: 100, validity_days: 60 };
  const bundle = (await api.post('/api/service-packages', sold)).body.id;
  expect((await api.post(`/api/clients/${person.id}/packages`, { service_package_id: bundle })).status).toBe(201);
  await api.post('/api/client-discounts', { client_id: person.id, kind: 'percent', percent: 10 });
  const { page, price, book } = await holding(person, at(5, '10:00'));
  const all = await page();
  expect(all.words).toEqual(['with your package', 'with your package', 'RUB 2,500 RUB 2,250', 'RUB 2,500 RUB 2,250']);
  expect(all.total).toBe(450_000);
  const chosen = all.starts.slice(1);
  const again = await price(chosen);
  expect(again.words).toEqual(['not chosen', 'with your package', 'with your package', 'RUB 2,500 RUB 2,250']);
  expect(again.total).toBe(225_000);
  // The price of before is not the price of these.
  expect((await book(chosen, all.total)).status).toBe(409);
  expect(await bookingsOf(person)).toEqual([]);
  expect((await book(chosen, again.total)).status).toBe(303);
  expect((await bookingsOf(person)).map((one) => one.pay_from)).toEqual(['package', 'package', 'later']);
});

test('where one of the chosen has been taken meanwhile nothing is booked, and the page says which', async () => {
  const [person, other] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const { page, book } = await holding(person, at(6, '10:00'));
  const { starts, total } = await page();
  await shop.make.booking({ client: other.id, specialist: shop.master, service: shop.service, at: String(starts[1]) });
  const lost = await book(starts, total);
  const shown = read({ text: await lost.text() });
  expect([lost.status, shown.words[1]]).toEqual([409, 'taken']);
  expect(await bookingsOf(person)).toEqual([]);
  expect((await book(shown.starts, shown.total)).status).toBe(303);
  expect((await bookingsOf(person)).length).toBe(3);
});

test('nothing chosen, and a start of another series, book nothing', async () => {
  const person = await personOf(api, 'client');
  const { page, book } = await holding(person, at(7, '10:00'));
  const { starts } = await page();
  expect((await book([], 0)).status).toBe(409);
  expect((await book([String(starts[0]), at(7, '12:00')], 2 * PRICE)).status).toBe(409);
  expect(await bookingsOf(person)).toEqual([]);
});

test('a guardian books a series for a child, nobody for a stranger, and a visitor signs in first', async () => {
  const [child, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const parent = await personOf(api, 'guardian', { children: [child.id] });
  const { page, book } = await holding(parent, at(8, '10:00'), `?times=2&for=${child.id}`);
  const { starts, total } = await page();
  expect((await book(starts, total)).headers.get('location')).toBe(`/cabinet?of=${child.id}`);
  expect([(await bookingsOf(child)).length, (await bookingsOf(parent)).length]).toEqual([2, 0]);
  const strange = await holding(parent, at(9, '10:00'), `?for=${stranger.id}`);
  expect((await strange.book([at(9, '10:00')], PRICE)).status).toBe(404);
  const { get, post, tokenOf } = formsOf(api);
  const form = tokenOf(await get(`/?service=${shop.service}`));
  const held = await post('/hold', { form, service: String(shop.service), start: at(9, '12:00') });
  const path = held.headers.get('location');
  expect((await get(`${path}/weekly`)).headers.get('location')).toBe(`/enter?next=${encodeURIComponent(String(path))}`);
  expect((await get(String(path))).text).not.toContain('every week');
});

test('the wall time stays over a change of the clocks, and what is beyond the horizon is left out', () => {
  const context = (now: string) =>
    ({ now: new Date(now), fleet: { settings: { zone: 'Europe/Kyiv', bookingNoticeMinutes: 0 } } }) as never;
  expect(weeklyStarts('2031-10-20T07:00:00.000Z', { every: 1, times: 3 }, context('2031-10-19T00:00:00Z'))).toEqual([
    '2031-10-20T07:00:00.000Z',
    '2031-10-27T08:00:00.000Z',
    '2031-11-03T08:00:00.000Z',
  ]);
  expect(weeklyStarts('2031-10-20T07:00:00.000Z', { every: 4, times: 12 }, context('2031-10-19T00:00:00Z')).length).toBe(3);
});
