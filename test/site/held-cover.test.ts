import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { dealFor } from '../../workers/site/book-held.ts';
import { at } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { bare, formsOf, linesOn, smallSite } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
let ten: number;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
  const composition = [{ service_id: shop.service, units: 2 }];
  ten = (await api.post('/api/service-packages', { name: 'Two cuts', composition, price_minor: 0, validity_days: 30 })).body.id;
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

/** Whoever it is holds a start; the lines of what it costs, the buttons, and what presses the first of them. */
async function holding(person: TestPerson, start: string) {
  const { get, post, tokenOf } = formsOf(api, { Cookie: person.cookie });
  const form = tokenOf(await get(`/?service=${shop.service}`));
  const held = await post('/hold', { form, service: String(shop.service), start });
  const path = String(held.headers.get('location'));
  const page = await get(path);
  const buttons = [...page.text.matchAll(/<button name="pay" value="(\w+)"[^>]*>(.*?)<\/button>/g)].map(([, pay, words]) => [
    String(pay),
    bare(String(words)),
  ]);
  const press = (pay = String(buttons[0]?.[0])) => post(path, { form: tokenOf(page), pay });
  return { lines: linesOn(page), buttons, press, path, get };
}
/** The booking that was made last. */
const bookingOf = async (person: TestPerson): Promise<Json> =>
  (await api.get(`/bookings?client_id=${person.id}`)).body.items.toSorted((one: Json, other: Json) => other.id - one.id)[0];
const unitsOf = async (person: TestPerson) =>
  (await api.get(`/api/clients/${person.id}/packages`)).body.items.map(
    ({ units }: { units: { left: number }[] }) => units[0]?.left,
  );

test('a package is a line of its own with what is left of it, and the total follows', async () => {
  const person = await personOf(api, 'client');
  await api.post(`/api/clients/${person.id}/packages`, { service_package_id: ten });
  const first = await holding(person, at(3, '10:00'));
  expect(first.lines).toEqual([
    ['Haircut', 'RUB 2,500'],
    ['Package Two cuts: 1 left after this visit', '-RUB 2,500'],
    ['Total', 'RUB 0'],
  ]);
  expect(first.buttons.map(([pay]) => pay)).toEqual(['package', 'later']);
  expect(first.buttons[0]?.[1]).toMatch(/^Book \w{3} 10:00 with your package, free to cancel until/);
  expect(first.buttons[1]?.[1]).toMatch(/for RUB 2,500/);
  expect((await first.press()).status).toBe(303);
  expect(await bookingOf(person)).toMatchObject({ pay_from: 'package', price_minor: 0, invoice: null });
  expect(await unitsOf(person)).toEqual([1]);
  expect(bare((await first.get(first.path.replace('/book/', '/booked/'))).text)).toContain('paid with your package');
  const second = await holding(person, at(4, '10:00'));
  expect(second.lines[1]).toEqual(['Package Two cuts: 0 left after this visit', '-RUB 2,500']);
  // Paid otherwise the package stays as it is.
  expect((await second.press('later')).status).toBe(303);
  expect([await unitsOf(person), (await bookingOf(person)).pay_from]).toEqual([[1], 'later']);
});

test('of two packages the one that ends first is named; a used one is no line', async () => {
  const person = await personOf(api, 'client');
  await api.post(`/api/clients/${person.id}/packages`, { service_package_id: ten });
  const composition = [{ service_id: shop.service, units: 1 }];
  const sold = { composition, price_minor: 0, validity_days: 10 };
  const short = (await api.post('/api/service-packages', { name: 'Soon over', ...sold })).body.id;
  await api.post(`/api/clients/${person.id}/packages`, { service_package_id: short });
  const first = await holding(person, at(3, '13:00'));
  expect(first.lines[1]?.[0]).toBe('Package Soon over: 0 left after this visit');
  expect((await first.press()).status).toBe(303);
  expect((await holding(person, at(3, '16:00'))).lines[1]?.[0]).toBe('Package Two cuts: 1 left after this visit');
  // Beyond the last day of either.
  expect((await holding(person, at(40, '10:00'))).lines).toEqual([
    ['Haircut', 'RUB 2,500'],
    ['Total', 'RUB 2,500'],
  ]);
});

test('a deal names what pays by itself, and of two packages that end on the same day that is what pays', async () => {
  const person = await personOf(api, 'client');
  for (const name of ['Older', 'Newer']) {
    const sold = { name, composition: [{ service_id: shop.service, units: 1 }], price_minor: 0, validity_days: 20 };
    const { id } = (await api.post('/api/service-packages', sold)).body;
    await api.post(`/api/clients/${person.id}/packages`, { service_package_id: id });
  }
  const wish = { service_id: shop.service, specialist_id: shop.master };
  const context = () => ({ db: api.db, fleet: api.fleet, caller: { name: 'visitor', scopes: [] }, now: new Date() });
  for (const [clock, name] of [
    ['10:00', 'Older'],
    ['12:00', 'Newer'],
  ] as const) {
    const starts_at = at(6, clock);
    const { ways, cover } = await dealFor({ ...wish, starts_at }, person.id, context());
    expect([ways, cover]).toEqual([['package', 'later'], { way: 'package', name, left: 1 }]);
    const made = await api.post('/bookings', { ...wish, client_id: person.id, starts_at, pay_from: 'package' });
    expect(made.status).toBe(201);
    const left = await api.db.oneFirst(sql.unsafe`
      select units_left from client_package_units units join client_packages bought on bought.id = client_package_id
      join service_packages kind on kind.id = service_package_id where client_id = ${person.id} and kind.name = ${name}`);
    expect(left).toBe(0);
  }
  const { ways, cover } = await dealFor({ ...wish, starts_at: at(6, '14:00') }, person.id, context());
  expect([ways, cover]).toEqual([['later'], null]);
});

test.each([
  [8, 'Subscription Eight: 7 left after this visit'],
  [null, 'Subscription Endless: unlimited'],
])('a subscription of %s sessions stands before a package: %s', async (number_of_sessions, words) => {
  const person = await personOf(api, 'client');
  await api.post(`/api/clients/${person.id}/packages`, { service_package_id: ten });
  const name = number_of_sessions === null ? 'Endless' : 'Eight';
  const kind = await api.post('/api/subscriptions', { name, number_of_sessions, price_minor: 0, validity_days: 30 });
  await api.db.query(
    sql.unsafe`insert into subscription_services (subscription_id, service_id) values (${kind.body.id}, ${shop.service})`,
  );
  await api.post(`/api/students/${person.id}/subscriptions`, { subscription_id: kind.body.id });
  await api.post('/api/client-discounts', { client_id: person.id, kind: 'percent', percent: 10 });
  await api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
  const { lines, buttons, press } = await holding(person, at(5, number_of_sessions ? '10:00' : '12:00'));
  expect(lines).toEqual([
    ['Haircut', 'RUB 2,500'],
    ['Your discount of 10 %', '-RUB 250'],
    [words, '-RUB 2,250'],
    ['Total', 'RUB 0'],
  ]);
  expect(buttons.map(([pay]) => pay)).toEqual(['subscription', 'package', 'later']);
  expect((await press()).status).toBe(303);
  expect([(await bookingOf(person)).pay_from, await unitsOf(person)]).toEqual(['subscription', [2]]);
});
