import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { at } from '../bookings/salon.ts';
import { type SmtpServer, smtpServer } from '../sign-in/smtp-server.ts';
import { eventually } from '../support/eventually.ts';
import { type Json, PATIENT, type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { bare, formsOf, linesOn, smallSite, startsOn } from './salon-site.ts';

let smtp: SmtpServer;
let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
/** Another service, which the master of the shop and a second one give. */
let colour: number;
let second: number;
beforeAll(async () => {
  smtp = await smtpServer();
  api = await testApi({
    settings: { RATE_LIMIT_PER_MINUTE: '100000', SMTP_URL: smtp.url, MAIL_FROM: 'hello@studio.example' },
    limits: PATIENT,
  });
  shop = await smallSite(api);
  colour = await shop.make.service({ price: 100_000, minutes: 30 });
  await api.db.query(sql.unsafe`update services set name = 'Colour' where id = ${colour}`);
  await api.db.query(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${shop.master}, ${colour})`);
  second = await shop.make.specialist([colour], { location: shop.location });
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(async () => {
  await api.close();
  await closeMail();
  smtp.close();
});

const wish = () => `${shop.service}.${colour}-${second}`;
const bookingsOf = async (id: number): Promise<Json[]> => (await api.get(`/bookings?client_id=${id}&limit=100`)).body.items;
const totalOn = ({ text }: { text: string }) => String(/name="total" value="(\d+)"/.exec(text)?.[1]);

/** Whoever it is holds a visit that begins then. */
async function holding(start: string, person?: TestPerson, parts = wish()) {
  const forms = formsOf(api, person ? { Cookie: person.cookie } : {});
  const form = forms.tokenOf(await forms.get(`/?service=${shop.service}`));
  const held = await forms.post('/visit', { form, parts, start });
  const path = String(held.headers.get('location'));
  return { ...forms, form, held, path, page: () => forms.get(path) };
}
const takenBy = async (specialist: number, start: string, minutes = 30) =>
  shop.make.booking({ client: (await personOf(api, 'client')).id, specialist, service: colour, at: start, minutes });

test('services are chosen by links, and each start of a day has room for all of them', async () => {
  const { get } = formsOf(api);
  expect((await get('/')).text).toContain('href="/visit"');
  expect((await get(`/?service=${shop.service}&who=${shop.master}`)).text).toContain(
    `/visit?parts=${shop.service}-${shop.master}"`,
  );
  const one = await get(`/visit?parts=${shop.service}`);
  expect(one.text).toContain(`href="/visit?parts=${shop.service}.${colour}"`);
  expect([startsOn(one), bare(one.text).includes('Add at least one more service')]).toEqual([[], true]);
  await takenBy(second, at(3, '11:00'));
  const day = at(3, '10:00').slice(0, 10);
  const starts = startsOn(await get(`/visit?parts=${wish()}&day=${day}`));
  // An hour first, then the half hour that the second master is free for.
  expect([starts.includes(at(3, '09:30')), starts.includes(at(3, '09:45'))]).toEqual([true, false]);
  expect([starts.includes(at(3, '10:15')), starts.includes(at(3, '10:30'))]).toEqual([false, true]);
  const anybody = startsOn(await get(`/visit?parts=${shop.service}.${colour}&day=${day}`));
  expect([anybody.includes(at(3, '10:00')), anybody.includes(at(3, '10:15'))]).toEqual([true, true]);
});

test('without services, or with some that are none, the choice stands there', async () => {
  const { get, post, tokenOf } = formsOf(api);
  for (const path of ['/visit', '/visit/', '/visit?parts=', '/visit?parts=999999', '/visit?parts=x&day=x']) {
    const page = await get(path);
    expect([path, page.status, page.text.includes(`href="/visit?parts=${shop.service}`)]).toEqual([path, 200, true]);
  }
  const form = tokenOf(await get(`/?service=${shop.service}`));
  for (const [fields, to] of [
    [{}, '/visit'],
    [{ parts: wish() }, `/visit?parts=${wish()}`],
    [{ parts: String(shop.service), start: at(3, '10:00') }, `/visit?parts=${shop.service}`],
  ] as const) {
    const answer = await post('/visit', { form, ...fields });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, to]);
  }
});

test('all are booked at once, each with its price, for the total; then cancelled one by one', async () => {
  const person = await personOf(api, 'client');
  await api.post('/api/client-discounts', { client_id: person.id, kind: 'percent', percent: 10 });
  const { page, post, get, form, path } = await holding(at(4, '10:00'), person);
  const shown = await page();
  expect(linesOn(shown)).toEqual([
    ['10:00 · Haircut, 60 min Anna', 'RUB 2,500 RUB 2,250'],
    [expect.stringMatching(/^11:00 · Colour, 30 min Мастер/), 'RUB 1,000 RUB 900'],
    ['Total', 'RUB 3,150'],
  ]);
  expect(bare(shown.text)).toMatch(/Book 2 services \w{3} 10:00 for RUB 3,150, free to cancel until/);
  expect(await bookingsOf(person.id)).toEqual([]);
  for (let times = 0; times < 2; times += 1)
    expect((await post(path, { form, total: totalOn(shown) })).headers.get('location')).toBe(path);
  const made = await bookingsOf(person.id);
  expect(made.map((one) => [one.starts_at, one.status, one.price_minor])).toEqual([
    [at(4, '10:00'), 'CONFIRMED', 225_000],
    [at(4, '11:00'), 'CONFIRMED', 90_000],
  ]);
  expect((await page()).text).toContain('You are booked');
  const cancel = `/cabinet/bookings/${made[0]?.id}`;
  expect((await get(cancel)).text).toContain('Cancel for free');
  expect((await post(`${cancel}/cancel`, { form, outcome: 'safe' })).status).toBe(303);
  expect((await bookingsOf(person.id)).map(({ status }) => status)).toEqual(['CANCELLED', 'CONFIRMED']);
  expect(linesOn(await page()).map(([, price]) => price)).toEqual(['cancelled', 'RUB 1,000 RUB 900', 'RUB 900']);
});

test('a package pays for its service, the rest is paid', async () => {
  const person = await personOf(api, 'client');
  const sold = { name: 'Two', composition: [{ service_id: colour, units: 2 }], price_minor: 100, validity_days: 60 };
  const bundle = (await api.post('/api/service-packages', sold)).body.id;
  expect((await api.post(`/api/clients/${person.id}/packages`, { service_package_id: bundle })).status).toBe(201);
  const { page, post, form, path } = await holding(at(5, '10:00'), person);
  const shown = await page();
  expect(linesOn(shown).map(([, price]) => price)).toEqual(['RUB 2,500', 'with your package', 'RUB 2,500']);
  expect((await post(path, { form, total: totalOn(shown) })).status).toBe(303);
  expect((await bookingsOf(person.id)).map((one) => one.pay_from)).toEqual(['later', 'package']);
});

test('a newcomer types who they are, gets a code, and has all of it', async () => {
  const { page, post, get, form, path } = await holding(at(6, '10:00'));
  expect(linesOn(await page()).at(-1)).toEqual(['Total', 'RUB 3,500']);
  const typed = { first_name: 'Olga', phone: '+79161230011', email: 'olga.visit@home.example', consent: 'yes' };
  const missing = await post(path, { form, ...typed, phone: '' });
  expect([missing.status, missing.text.includes('value="Olga"')]).toEqual([422, true]);
  const step = await post(`${path}?lang=en`, { form, ...typed });
  expect(step.text).toContain(`action="${path}/code?lang=en"`);
  const registration = String(/name="registration" value="([^"]+)"/.exec(step.text)?.[1]);
  const letter = () => smtp.letters.find(({ to }) => to === typed.email);
  await eventually(async () => letter() !== undefined, 10);
  const code = String(/Your code is (\d{6})/.exec(String(letter()?.text))?.[1]);
  const wrong = await post(`${path}/code`, {
    form,
    ...typed,
    registration,
    by: 'email',
    code: code === '111111' ? '222222' : '111111',
  });
  expect(wrong.text).toContain('The code is wrong');
  const booked = await post(`${path}/code`, { form, ...typed, registration, by: 'email', code });
  expect(booked.headers.get('location')).toBe(path);
  const done = await get(path);
  expect(done.text).toContain('You are booked');
  expect(linesOn(done).length).toBe(3);
});

test('where a part is lost nothing is booked, what is free stands in place and nothing typed is lost', async () => {
  const { post, form, path } = await holding(at(7, '10:00'));
  await api.db.query(
    sql.unsafe`update bookings set held_until = now() - interval '1 second' where status = 'PENDING' and starts_at >= ${at(7, '10:00')}::timestamptz`,
  );
  const other = await personOf(api, 'client');
  const taken = { client_id: other.id, service_id: colour, specialist_id: second, starts_at: at(7, '11:00') };
  expect((await api.post('/bookings', taken)).status).toBe(201);
  const typed = { first_name: 'Olga <b>', phone: '+79160000001', email: 'olga@home.example', consent: 'yes' };
  const lost = await post(path, { form, ...typed });
  expect([lost.status, lost.text.includes('All you typed is still here')]).toEqual([409, true]);
  expect(lost.text).toContain('value="Olga &lt;b&gt;"');
  expect([startsOn(lost).includes(at(7, '10:00')), startsOn(lost).includes(at(7, '10:30'))]).toEqual([false, true]);
  const chosen = await post(path, { form, ...typed, start: at(7, '10:30') });
  expect([chosen.status, chosen.text.includes('Last step: the code')]).toEqual([200, true]);
  expect(linesOn(chosen)[1]?.[0]).toContain('11:30');
});

test('somebody who is known is told what is free, and books that instead; not one part stays alone', async () => {
  const person = await personOf(api, 'client');
  const { post, page, form, path } = await holding(at(8, '10:00'), person);
  await api.db.query(
    sql.unsafe`update bookings set held_until = now() - interval '1 second' where status = 'PENDING' and starts_at >= ${at(8, '10:00')}::timestamptz`,
  );
  const other = await personOf(api, 'client');
  const taken = { client_id: other.id, service_id: colour, specialist_id: second, starts_at: at(8, '11:00') };
  expect((await api.post('/bookings', taken)).status).toBe(201);
  expect((await post(path, { form, total: '350000' })).status).toBe(409);
  expect([(await page()).status, await bookingsOf(person.id)]).toEqual([409, []]);
  expect((await post(path, { form, total: '350000', start: at(8, '12:00') })).status).toBe(303);
  expect((await bookingsOf(person.id)).map((one) => one.starts_at)).toEqual([at(8, '12:00'), at(8, '13:00')]);
});

test('a price that has risen is said anew', async () => {
  const person = await personOf(api, 'client');
  const { post, form, path } = await holding(at(9, '10:00'), person);
  const dear = await post(path, { form, total: '349999' });
  expect([dear.status, totalOn(dear), await bookingsOf(person.id)]).toEqual([409, '350000', []]);
  expect(dear.text).toContain('Meanwhile this has changed');
  expect((await post(path, { form, total: totalOn(dear) })).status).toBe(303);
});

test('of many who take the same visit at the same moment one holds it, the others see what is free', async () => {
  const { get, post, tokenOf } = formsOf(api);
  const form = tokenOf(await get(`/?service=${shop.service}`));
  const start = at(10, '10:00');
  await api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
  const answers = await Promise.all(Array.from({ length: 30 }, () => post('/visit', { form, parts: wish(), start })));
  expect(answers.filter(({ status }) => status === 303).length).toBe(1);
  const lost = answers.filter(({ status }) => status === 409);
  expect(lost.length).toBe(29);
  for (const one of lost) expect(startsOn(one)).not.toContain(start);
}, 60_000);

test('one network holds twelve services at a time', async () => {
  await api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
  const status = async (hour: number) => (await holding(at(11, `${hour}:00`))).held.status;
  const held = [];
  for (const hour of [10, 12, 14, 16, 18, 20, 22]) held.push(await status(hour));
  expect(held).toEqual([303, 303, 303, 303, 303, 303, 429]);
});

test('a guardian books a visit for a child; a token of no visit is nothing', async () => {
  await api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`);
  const child = await personOf(api, 'client');
  const parent = await personOf(api, 'guardian', { children: [child.id] });
  const { post, get, form, path } = await holding(at(12, '10:00'), parent);
  const shown = await get(`${path}?for=${child.id}`);
  expect((await post(`${path}?for=${child.id}`, { form, total: totalOn(shown) })).headers.get('location')).toBe(
    `${path}?for=${child.id}`,
  );
  expect([(await bookingsOf(child.id)).length, (await bookingsOf(parent.id)).length]).toEqual([2, 0]);
  for (const nothing of ['/visit/nothing', path.replace('/visit/', '/book/'), `${path}.0`])
    expect((await get(nothing)).status).toBe(404);
  expect((await get(`${path}?for=${(await personOf(api, 'client')).id}`)).status).toBe(404);
  expect((await post('/visit', { form, parts: String(shop.service), start: at(12, '15:00') })).status).toBe(303);
});
