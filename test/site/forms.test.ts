import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { tokenHash } from '../../workers/sign-in/tokens.ts';
import { at } from '../bookings/salon.ts';
import { inDays } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { formsOf, moscow, smallSite, startsOn } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  api = await testApi({
    settings: { RATE_LIMIT_PER_MINUTE: '100000', SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'hello@studio.example' },
  });
  shop = await smallSite(api);
});
afterAll(() => api.close());

/** A day of which no hour is over yet, so that it has all its starts. */
const wholeDay = () => `/?service=${shop.service}&day=${inDays(2)}`;

test('service, who and when are one page, whose state is its address', async () => {
  const { get } = formsOf(api);
  const first = await get('/');
  expect(first.status).toBe(200);
  expect(first.text).toContain(`href="/?service=${shop.service}"`);
  const page = await get(`/?service=${shop.service}&who=${shop.master}`);
  expect(page.text).toContain('Ten years of scissors.');
  expect(startsOn(page).length).toBeGreaterThan(0);
  expect(page.text).toMatch(/[A-Z]\w+,? \d+ \w+: \d+ free times/);
});

test('a short link shows its service or its person at once, and says to previews what it is', async () => {
  const { get } = formsOf(api);
  const about = ({ text }: { text: string }) =>
    Object.fromEntries(
      [...text.matchAll(/<meta property="og:(\w+)" content="([^"]*)">/g)].map(([, name, words]) => [name, words]),
    );
  const service = await get(`/s/${shop.service}-haircut`);
  expect([service.status, startsOn(service).length > 0]).toEqual([200, true]);
  expect(about(service)).toMatchObject({
    type: 'website',
    title: 'Haircut',
    description: 'With a wash',
    url: expect.stringMatching(new RegExp(`^http://.*/s/${shop.service}-haircut$`)),
  });
  const person = await get(`/s/p${shop.master}-anna`);
  expect([person.status, person.text.includes(`href="/?service=${shop.service}&amp;who=${shop.master}"`)]).toEqual([200, true]);
  expect(about(person)).toMatchObject({ description: 'Ten years of scissors.' });
  expect((await get(`/s/${shop.service}-haircut?lang=uk`)).text).toContain('<html lang="uk">');
  for (const nothing of ['/s/x', '/s/', '/s/12345678901']) expect([nothing, (await get(nothing)).status]).toEqual([nothing, 404]);
});

test('the first free start is said and leads to its day, where it is the first of all; nothing where nothing is free', async () => {
  const service = await shop.make.service();
  const day = inDays(3);
  const weekday = (new Date(day).getUTCDay() + 6) % 7;
  const master = await shop.make.specialist([service], { schedule: { [weekday]: [['10:30', '12:00']] } });
  const { get } = formsOf(api);
  const firstOn = async (query: string) => {
    const { text } = await get(`/?service=${service}${query}`);
    return (
      /<a data-key="first" href="([^"]+)">([^<]+)<\/a>/
        .exec(text)
        ?.slice(1)
        .map((part) => part.replaceAll('&amp;', '&')) ?? null
    );
  };
  const there = `/?service=${service}&day=${day}`;
  for (const query of ['', `&day=${inDays(1)}`, `&day=${inDays(17)}`])
    expect([query, await firstOn(query)]).toEqual([query, [there, `First free: ${moscow.moment(at(3, '10:30'))}`]]);
  expect(startsOn(await get(there))[0]).toBe(at(3, '10:30'));
  await shop.make.booking({ client: await shop.make.client(), specialist: master, service, at: at(3, '10:30'), minutes: 90 });
  expect(await firstOn('')).toEqual([`/?service=${service}&day=${inDays(10)}`, `First free: ${moscow.moment(at(10, '10:30'))}`]);
  await api.db.query(sql.unsafe`update specialists set work_schedule = '{}' where id = ${master}`);
  expect(await firstOn('')).toBeNull();
  expect((await get(`/?service=${service}`)).text).toContain('There is no free time at the moment.');
});

test('a machine is answered as before', async () => {
  expect((await fetch(`${api.url}/`, { headers: { Accept: 'application/json' } })).headers.get('content-type')).toContain('json');
  expect((await api.get('/')).status).toBe(404);
});

test('a form without our origin, or without a token of ours, does nothing', async () => {
  const { get, post, tokenOf } = formsOf(api);
  const page = await get(wholeDay());
  const fields = { service: String(shop.service), start: String(startsOn(page).at(-1)), form: tokenOf(page) };
  const refused = async (given: Record<string, string>, headers: Record<string, string> = {}) =>
    (await post('/hold', given, headers)).status;
  expect(await refused(fields, { Origin: 'https://elsewhere.example' })).toBe(403);
  expect(await refused(fields, { Origin: 'null' })).toBe(403);
  expect(await refused({ ...fields, form: '' })).toBe(403);
  expect(await refused({ ...fields, form: `${fields.form}x` })).toBe(403);
  const bare = await fetch(`${api.url}/hold`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Accept: 'text/html' },
    body: new URLSearchParams(fields),
  });
  expect(bare.status).toBe(403);
  expect(await api.db.exists(sql.unsafe`select from site_holds`)).toBe(false);
  expect(await refused(fields)).toBe(303);
});

test('a held slot is nobody else’s until it is let go', async () => {
  const { get, post, tokenOf } = formsOf(api);
  const page = await get(wholeDay());
  const start = String(startsOn(page).at(-2));
  const fields = { service: String(shop.service), start, form: tokenOf(page) };
  const held = await post('/hold', fields);
  expect(held.status).toBe(303);
  const again = await post('/hold', fields);
  expect(again.status).toBe(409);
  expect(again.text).toContain('Somebody has just taken that time');
  expect(startsOn(again)).not.toContain(start);
  const client = await shop.make.client();
  const byApi = await api.post('/bookings', {
    client_id: client,
    service_id: shop.service,
    specialist_id: shop.master,
    starts_at: start,
  });
  expect(byApi.status).toBe(409);
  await api.db.query(
    sql.unsafe`update bookings set held_until = now() - interval '1 second' where starts_at = ${start}::timestamptz`,
  );
  expect((await post('/hold', fields)).status).toBe(303);
});

const sessionOf = async (client: number) => {
  const token = `site-${client}-${'x'.repeat(30)}`;
  await api.db.query(sql.unsafe`
    insert into sessions (token_hash, user_id, opened_by, expires_at) values (${sql.binary(tokenHash(token))}, ${client}, 'password', now() + interval '1 hour')`);
  return `sf_session=${token}`;
};

test('discounts stand line by line, and whoever is known books with one press', async () => {
  const client = await shop.make.client();
  await api.db.query(sql.unsafe`insert into client_discounts (client_id, kind, percent) values (${client}, 'percent', 10)`);
  const { get, post, tokenOf } = formsOf(api, { Cookie: await sessionOf(client) });
  const page = await get(wholeDay());
  const held = await post('/hold', { service: String(shop.service), start: String(startsOn(page)[3]), form: tokenOf(page) });
  const path = String(held.headers.get('location'));
  const deal = await get(path);
  expect(deal.text).toContain('Your discount of 10 %');
  expect(deal.text).toMatch(/-RUB.250|−RUB.250|-?RUB.250/);
  expect(deal.text).toMatch(/Book \w+ [\d:]+ for RUB.2,250/);
  const booked = await post(path, { form: tokenOf(deal), pay: 'later' });
  expect(booked.status).toBe(303);
  const done = await get(String(booked.headers.get('location')));
  expect(done.text).toContain('You are booked');
  expect(done.text).toContain('<dt>Where</dt><dd>Centre, 1 Main Street</dd>');
  expect((await post(path, { form: tokenOf(deal), pay: 'later' })).headers.get('location')).toBe(booked.headers.get('location'));
  const mine = await api.db.any(
    sql.type(
      z.object({ status: z.string(), price_minor: z.int() }),
    )`select status, price_minor from bookings where client_id = ${client}`,
  );
  expect(mine).toEqual([{ status: 'CONFIRMED', price_minor: 225_000 }]);
});

test('a slot that was lost meanwhile: 409, the free starts stand in place and nothing typed is lost', async () => {
  const { get, post, tokenOf } = formsOf(api);
  const page = await get(wholeDay());
  const start = String(startsOn(page).at(-5));
  const held = await post('/hold', { service: String(shop.service), start, form: tokenOf(page) });
  const path = String(held.headers.get('location'));
  await api.db.query(
    sql.unsafe`update bookings set held_until = now() - interval '1 second' where starts_at = ${start}::timestamptz`,
  );
  const other = await shop.make.client();
  expect((await api.post('/bookings', { client_id: other, service_id: shop.service, starts_at: start })).status).toBe(201);
  const typed = { first_name: 'Olga <b>', phone: '+79160000001', email: 'olga@home.example', consent: 'yes' };
  const lost = await post(path, { ...typed, form: tokenOf(page) });
  expect(lost.status).toBe(409);
  expect(lost.text).toContain('All you typed is still here');
  expect(lost.text).toContain('value="Olga &lt;b&gt;"');
  expect(lost.text).toContain('value="olga@home.example"');
  expect(startsOn(lost).length).toBeGreaterThan(0);
  expect(startsOn(lost)).not.toContain(start);
});

test('a newcomer whose hold is over has the slot again before a code is asked for, and the page says so', async () => {
  const { get, post, tokenOf } = formsOf(api);
  const page = await get(wholeDay());
  const start = String(startsOn(page).at(-9));
  const path = String(
    (await post('/hold', { service: String(shop.service), start, form: tokenOf(page) })).headers.get('location'),
  );
  await api.db.query(
    sql.unsafe`update bookings set held_until = now() - interval '1 second' where starts_at = ${start}::timestamptz`,
  );
  expect((await get(path)).text).toContain('We no longer hold this time');
  const missing = await post(path, { form: tokenOf(page), first_name: 'Olga', consent: 'yes' });
  expect([missing.status, missing.text.includes('We hold this time for you until')]).toEqual([422, true]);
  expect(startsOn(await get(wholeDay()))).not.toContain(start);
});

test('200 visitors take the same slot: one holds and books it, 199 see free starts, of which one books another', async () => {
  const { get, post, tokenOf } = formsOf(api);
  const page = await get(wholeDay());
  const start = String(startsOn(page)[8]);
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => post('/hold', { service: String(shop.service), start, form: tokenOf(page) })),
  );
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  const lost = answers.filter(({ status }) => status === 409);
  expect(lost).toHaveLength(199);
  for (const one of lost) {
    expect(startsOn(one).length).toBeGreaterThan(0);
    expect(startsOn(one)).not.toContain(start);
  }
  const book = async (path: string) => {
    const client = await personOf(api, 'client');
    const own = formsOf(api, { Cookie: client.cookie });
    const done = await own.post(path, { form: own.tokenOf(await own.get(path)), pay: 'later' });
    expect([done.status, done.headers.get('location')]).toEqual([303, path.replace('/book/', '/booked/')]);
    return (await api.get(`/bookings?client_id=${client.id}`)).body.items;
  };
  const pathOf = (held?: { headers: Headers }) => String(held?.headers.get('location'));
  expect(await book(pathOf(answers.find(({ status }) => status === 303)))).toMatchObject([
    { starts_at: start, status: 'CONFIRMED' },
  ]);
  const other = String(startsOn(lost[0] ?? page).at(-7));
  const held = await post('/hold', { service: String(shop.service), start: other, form: tokenOf(page) });
  expect(await book(pathOf(held))).toMatchObject([{ starts_at: other, status: 'CONFIRMED' }]);
  // Of all that were made at that start one is left.
  const kept = await api.db.any(
    sql.type(z.object({ starts_at: z.string() }))`
      select starts_at from bookings where starts_at = ${start}::timestamptz and status <> 'CANCELLED'`,
  );
  expect(kept).toEqual([{ starts_at: start }]);
}, 60_000);

test('starts that leave no gap of no use have a mark, with anybody only those that are so with each one', async () => {
  const hours = { schedule: Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((day) => [day, [['10:00', '14:00']]])) };
  const service = await shop.make.service({ minutes: 60 });
  const one = await shop.make.specialist([service], hours);
  await shop.make.specialist([service], hours);
  const [client, start] = [await shop.make.client(), at(3, '12:30')];
  await shop.make.booking({ client, specialist: one, service, at: start });
  const { get } = formsOf(api);
  const marked = async (query: string) => {
    const { text } = await get(`/?service=${service}${query}&day=${start.slice(0, 10)}`);
    return [...text.matchAll(/value="(\S+)" class="fits" aria-label="(\d\d:\d\d), .*?: book it, fits our day best"/g)].map(
      ([, , time]) => time,
    );
  };
  expect(await marked(`&who=${one}`)).toEqual(['10:00', '11:30']);
  expect(await marked('')).toEqual(['10:00', '11:30', '11:45', '12:00', '13:00']);
  // The first three stand above all others, which stay in their order; a day of few starts needs no such row.
  const rows = async (query: string) => {
    const { text } = await get(`/?service=${service}${query}&day=${start.slice(0, 10)}`);
    return ['best', 'starts'].map((list) =>
      [...(new RegExp(`<ul class="${list}"[^>]*>(.*?)</ul>`, 's').exec(text)?.[1] ?? '').matchAll(/>(\d\d:\d\d)</g)].map(
        ([, time]) => time,
      ),
    );
  };
  const all = startsOn(await get(`/?service=${service}&day=${start.slice(0, 10)}`)).slice(3);
  expect(all).toHaveLength(13);
  expect(all).toEqual(all.toSorted());
  expect(await rows('')).toEqual([['10:00', '11:30', '11:45'], all.map((at) => moscow.time(at))]);
  await shop.make.booking({ client, specialist: one, service, at: at(3, '11:00'), minutes: 15 });
  expect([await marked(`&who=${one}`), await rows(`&who=${one}`)]).toEqual([['10:00'], [[], ['10:00', '11:15', '11:30']]]);
});
