import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { isFitting } from '../../workers/bookings/fitting.ts';
import { priceOf } from '../../workers/bookings/price.ts';
import { startsForVisitors } from '../../workers/site/starts.ts';
import { tightStarts } from '../../workers/site/tight-starts.ts';
import { at, salon } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { formsOf } from './salon-site.ts';

const PRICE = 250_000;
const OPEN = Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((day) => [day, [['10:00', '18:00']]]));
let api: TestApi;
let make: ReturnType<typeof salon>;
let [cut, colour, anna] = [0, 0, 0];
let client: TestPerson;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  make = salon(api.db);
  cut = await make.service({ price: PRICE });
  colour = await make.service({ minutes: 30 });
});
afterAll(() => api.close());
beforeEach(async () => {
  anna = await make.specialist([cut, colour], { schedule: OPEN });
  client = await personOf(api, 'client');
  await api.ask('PUT', '/api/booking-rules', { body: { fitting_percent: 10 } });
  await api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));

const context = () => ({ db: api.db, fleet: api.fleet, caller: { name: 'visitor', scopes: [] }, now: new Date() });
const visitor = () => formsOf(api, { Cookie: client.cookie });
const book = (starts_at: string, more: Json = {}) =>
  api.post('/bookings', { client_id: client.id, service_id: cut, specialist_id: anna, starts_at, pay_from: 'later', ...more });
const costs = ({ body }: { body: Json }) => [body.price_minor, body.discounts.map(({ kind }: Json) => kind)];
/** Holds a start as a browser does; returns the page of the last step and its address. */
async function hold(start: string) {
  const { get, post, tokenOf } = visitor();
  const choice = await get(`/?service=${cut}&who=${anna}&day=${start.slice(0, 10)}`);
  const held = await post('/hold', { form: tokenOf(choice), service: String(cut), who: String(anna), start });
  const path = String(held.headers.get('location'));
  const page = await get(path);
  const action = /action="(\/book\/[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  return { path, page, send: () => post(action, { form: tokenOf(page), pay: 'later' }) };
}

const percent = (basis_points: number, id = 1) => ({ id, kind: 'percent', basis_points, amount_minor: null }) as const;
const fixed = (amount_minor: number, id = 2) => ({ id, kind: 'fixed', basis_points: null, amount_minor }) as const;
test.each([
  [10_000, [], 0, 10_000, []],
  [10_000, [], 1_000, 9_000, ['fitting']],
  [10_000, [percent(999)], 1_000, 9_000, ['fitting']],
  [10_000, [percent(1_000)], 1_000, 9_000, ['percent']],
  [10_000, [percent(1_001)], 1_000, 8_999, ['percent']],
  [10_000, [percent(500), fixed(499)], 1_000, 9_000, ['fitting']],
  [10_000, [percent(500), fixed(500)], 1_000, 9_000, ['percent', 'fixed']],
  [5, [], 1_000, 4, ['fitting']],
  [4, [], 1_000, 4, []],
  [10_000, [], 10_000, 0, ['fitting']],
  [0, [], 1_000, 0, []],
])('%i with %j, and %i for a start that fits: %i by %j', (price, own, fitting, expected, kinds) => {
  const { priceMinor, taken } = priceOf(price, own, fitting);
  expect([priceMinor, taken.map(({ kind }) => kind)]).toEqual([expected, kinds]);
});

test.each([
  ['10:00', PRICE * 0.9],
  ['10:15', PRICE],
  ['10:30', PRICE * 0.9],
  ['16:30', PRICE * 0.9],
  ['16:45', PRICE],
  ['17:00', PRICE * 0.9],
])('at %s, where half an hour is the shortest service from ten to six, it costs %i', async (time, price) => {
  const made = await book(at(3, time));
  expect([made.status, ...costs(made)]).toEqual([201, price, price < PRICE ? ['fitting'] : []]);
});

test('without the rule, and where something else pays, nothing is taken off', async () => {
  await api.ask('PUT', '/api/booking-rules', { body: { fitting_percent: 0 } });
  expect(costs(await book(at(3, '10:00')))).toEqual([PRICE, []]);
  await api.ask('PUT', '/api/booking-rules', { body: { fitting_percent: 10 } });
  const kind = await api.post('/api/service-packages', {
    name: 'Five',
    composition: [{ service_id: cut, units: 5 }],
    price_minor: 0,
  });
  await api.post(`/api/clients/${client.id}/packages`, { service_package_id: kind.body.id });
  expect(costs(await book(at(3, '11:00'), { pay_from: 'package' }))).toEqual([0, []]);
});

test('from the wallet the lower price is enough', async () => {
  await make.money(client.id, PRICE * 0.9);
  expect((await book(at(3, '10:15'), { pay_from: 'wallet' })).status).toBe(409);
  expect(costs(await book(at(3, '10:30'), { pay_from: 'wallet' }))).toEqual([PRICE * 0.9, ['fitting']]);
});

test('the rule of the booking says of each start what the mark says', async () => {
  for (const [days, time, minutes] of [
    [0, '17:15', 30],
    [1, '10:45', 30],
    [1, '13:00', 45],
    [2, '12:15', 75],
    [59, '10:30', 60],
  ] as const)
    await make.booking({ client: await make.client(), specialist: anna, service: cut, at: at(days, time), minutes });
  const now = context();
  let [fitting, others] = [0, 0];
  for (const days of [0, 1, 2, 58, 59]) {
    const day = dayOf(new Date(at(days, '12:00')), 'Europe/Moscow');
    const asked = { serviceId: cut, specialistId: anna };
    const [shown] = await startsForVisitors({ ...asked, from: day, days: 1 }, now);
    const marked = await tightStarts({ ...asked, day }, now);
    for (const startsAt of shown?.starts ?? []) {
      const service = { duration_minutes: 60, break_minutes: 0 };
      const isMarked = marked.has(startsAt);
      expect([startsAt, await isFitting({ specialistId: anna, startsAt, service }, now)]).toEqual([startsAt, isMarked]);
      if (isMarked) fitting += 1;
      else others += 1;
    }
  }
  expect(Math.min(fitting, others)).toBeGreaterThan(5);
});

test('the site says it before, and it stands in the booking, the cabinet and the answer to why', async () => {
  const { get } = visitor();
  const choice = await get(`/?service=${cut}&who=${anna}&day=${at(4, '12:00').slice(0, 10)}`);
  expect(choice.text).toContain('fits our day best: 10 % less');
  expect(choice.text).toMatch(/aria-label="10:30, [^"]*: book it, fits our day best, 10 % less"/);
  expect(choice.text).toMatch(/aria-label="10:15, [^"]*: book it"/);
  const { page, path, send } = await hold(at(4, '11:00'));
  expect(page.text).toMatch(/Fits our day best: 10 % less<\/th><td>-RUB.250/);
  expect((await send()).headers.get('location')).toBe(path.replace('/book/', '/booked/'));
  const [made] = (await api.get(`/bookings?client_id=${client.id}`)).body.items;
  expect([made.price_minor, made.discounts]).toEqual([
    PRICE * 0.9,
    [{ client_discount_id: null, kind: 'fitting', discount_minor: PRICE * 0.1 }],
  ]);
  expect((await get(`/cabinet/bookings/${made.id}`)).text).toContain('less: the time fits our day best');
  expect((await api.get(`/api/why?of=booking&id=${made.id}`)).body.rules).toEqual(expect.arrayContaining(['booking', 'fitting']));
  const moved = await api.post(`/bookings/${made.id}/reschedule`, { starts_at: at(4, '12:15') });
  expect([moved.status, moved.body.price_minor]).toEqual([200, PRICE * 0.9]);
});

test('the gap is closed while one reads: nothing is booked for more than was said, and the new sum is said', async () => {
  const { send, path } = await hold(at(5, '11:00'));
  await make.booking({ client: await make.client(), specialist: anna, service: cut, at: at(5, '10:00'), minutes: 45 });
  const answer = await send();
  expect([answer.status, answer.text.includes('Fits our day best'), answer.text.includes('price=250000')]).toEqual([
    409,
    false,
    true,
  ]);
  expect((await api.get(`/bookings?client_id=${client.id}`)).body.items).toEqual([]);
  const { post, tokenOf } = visitor();
  const action = /action="(\/book\/[^"]+)"/.exec(answer.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect((await post(action, { form: tokenOf(answer), pay: 'later' })).status).toBe(303);
  expect(costs({ body: (await api.get(`/bookings?client_id=${client.id}`)).body.items[0] })).toEqual([PRICE, []]);
  expect(path).toMatch(/^\/book\//);
});

test('a gap that is filled while one reads makes it cheaper, not dearer', async () => {
  const { send, page } = await hold(at(6, '10:15'));
  expect(page.text).not.toContain('Fits our day best');
  await make.booking({ client: await make.client(), specialist: anna, service: cut, at: at(6, '10:00'), minutes: 15 });
  expect((await send()).status).toBe(303);
  expect(costs({ body: (await api.get(`/bookings?client_id=${client.id}`)).body.items[0] })).toEqual([PRICE * 0.9, ['fitting']]);
});

test('an app is told which starts cost less, as the site’s page says it', async () => {
  const day = at(7, '12:00').slice(0, 10);
  const asked = `service_id=${cut}&specialist_id=${anna}`;
  const { starts } = (await api.get(`/slots?${asked}&from=${day}&days=1`)).body.specialists[0].days[0];
  const leaveGaps = [at(7, '10:15'), at(7, '16:45')];
  expect((await client.ask('GET', `/slots/fitting?${asked}&day=${day}`)).body).toEqual({
    percent: 10,
    starts: starts.filter((start: string) => !leaveGaps.includes(start)),
  });
  const refused = async (query: string) => (await api.get(`/slots/fitting?${query}`)).body.errors[0].path;
  expect(await refused(`${asked}&day=${at(-2, '12:00').slice(0, 10)}`)).toBe('day');
  expect(await refused(`${asked}&day=${at(90, '12:00').slice(0, 10)}`)).toBe('day');
  expect(await refused(`service_id=999999&day=${day}`)).toBe('service_id');
});

const dealOf = (starts_at: string, query = `&specialist_id=${anna}`, person = client) =>
  client.ask('GET', `/api/clients/${person.id}/deal?service_id=${cut}&starts_at=${starts_at}${query}`);

test('the price of a start is said line by line before it is booked, with the ways there are to pay it', async () => {
  const service = { kind: 'service', basis_points: null, minor: PRICE };
  expect((await dealOf(at(7, '10:15'))).body).toEqual({
    specialist_id: anna,
    price_minor: PRICE,
    lines: [service],
    pay_from: ['later'],
  });
  await make.money(client.id, PRICE * 0.9);
  expect((await dealOf(at(7, '10:00'))).body).toEqual({
    specialist_id: anna,
    price_minor: PRICE * 0.9,
    lines: [service, { kind: 'fitting', basis_points: 1_000, minor: PRICE * -0.1 }],
    pay_from: ['later', 'wallet'],
  });
  expect((await dealOf(at(7, '10:15'))).body.pay_from).toEqual(['later']);
  const anybody = (await dealOf(at(7, '10:00'), '')).body;
  const made = await book(at(7, '10:00'), { specialist_id: undefined, most_minor: anybody.price_minor });
  expect([made.status, made.body.specialist_id, made.body.price_minor]).toEqual([
    201,
    anybody.specialist_id,
    anybody.price_minor,
  ]);
});

test('a start that nobody can book has no price, and others’ prices are not shown', async () => {
  const alone = await make.service();
  const only = await make.specialist([alone], { schedule: OPEN });
  await make.booking({ client: await make.client(), specialist: only, service: alone, at: at(7, '10:00') });
  const at10 = `/api/clients/${client.id}/deal?service_id=${alone}&starts_at=${at(7, '10:00')}`;
  expect((await client.ask('GET', at10)).status).toBe(409);
  expect((await dealOf(at(-1, '10:00'))).status).toBe(422);
  expect((await dealOf(at(7, '10:00'), '', await personOf(api, 'client'))).status).toBe(404);
});

test.each([
  ['more than was said, where a start that fits would cost less', 10, '10:15', 0.9, 409],
  ['as much as was said', 10, '10:30', 0.9, 201],
  ['less than was said', 10, '10:30', 1, 201],
  ['more than was said, where nothing is given for a start that fits', 0, '10:30', 0.9, 409],
  ['as much as was said, where nothing is given', 0, '10:30', 1, 201],
])('a start that costs %s is booked or not', async (_, fitting_percent, time, said, status) => {
  await api.ask('PUT', '/api/booking-rules', { body: { fitting_percent } });
  expect((await book(at(8, time), { most_minor: PRICE * said })).status).toBe(status);
  expect((await api.get(`/bookings?client_id=${client.id}`)).body.items).toHaveLength(status === 201 ? 1 : 0);
});

test.each([
  [-1, 422],
  [100.01, 422],
  [12.345, 422],
  [12.34, 200],
  [0, 200],
  [100, 200],
])('a discount of %p per cent: %i', async (fitting_percent, status) => {
  expect((await api.ask('PUT', '/api/booking-rules', { body: { fitting_percent } })).status).toBe(status);
  if (status === 200) expect((await api.get('/api/booking-rules')).body).toMatchObject({ fitting_percent });
});

test('clients neither see nor change the rule', async () => {
  expect((await client.ask('GET', '/api/booking-rules')).status).toBe(403);
  expect((await client.ask('PUT', '/api/booking-rules', { fitting_percent: 50 })).status).toBe(403);
});
