import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import { sql } from '../../sql/database/database.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { at } from '../bookings/salon.ts';
import { account, asking, cookieOf, PASSWORD, signIn } from '../sign-in/account.ts';
import { type SmtpServer, smtpServer } from '../sign-in/smtp-server.ts';
import { eventually } from '../support/eventually.ts';
import { PATIENT, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { formsOf, smallSite } from './salon-site.ts';

let smtp: SmtpServer;
let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
let colour: number;
let visitor: ReturnType<typeof formsOf>;
beforeAll(async () => {
  smtp = await smtpServer();
  api = await testApi({
    settings: { RATE_LIMIT_PER_MINUTE: '100000', SMTP_URL: smtp.url, MAIL_FROM: 'hello@studio.example' },
    limits: PATIENT,
  });
  shop = await smallSite(api);
  visitor = formsOf(api);
  await shop.make.type();
  colour = await shop.make.service({ minutes: 30 });
  await api.db.query(sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${shop.master}, ${colour})`);
});
beforeEach(() => api.db.query(sql.unsafe`update site_holds set network = 'elsewhere'`));
afterAll(async () => {
  await api.close();
  await closeMail();
  smtp.close();
});

/** What stands in a hidden field of a page. */
const hidden = (page: { text: string }, name: string) =>
  String(new RegExp(`type="hidden" name="${name}" value="([^"]*)"`).exec(page.text)?.[1]);
const placeOf = ({ status, headers }: { status: number; headers: Headers }) => [status, headers.get('location')];
const signedIn = (answer: { headers: Headers }) => formsOf(api, { Cookie: cookieOf(answer, 'sf_session') });

async function held(path: '/hold' | '/visit', fields: Record<string, string>) {
  const form = visitor.tokenOf(await visitor.get(`/?service=${shop.service}`));
  return String((await visitor.post(path, { form, ...fields })).headers.get('location'));
}
const heldStart = (start: string) => held('/hold', { service: String(shop.service), start });
const heldVisit = (start: string) => held('/visit', { parts: `${shop.service}.${colour}`, start });
const someClass = async () => `/classes/${await shop.make.training({ trainer: shop.master, at: at(6, '18:00') })}`;
/** Where the link of a page leads by which one signs in and comes back. */
const enterOf = async (path: string) => String(/href="(\/enter\?next=[^"]+)"/.exec((await visitor.get(path)).text)?.[1]);
const withNext = (path: string, next: string, more = '') => `${path}?next=${encodeURIComponent(next)}${more}`;
const addressesOn = ({ text }: { text: string }, sign: RegExp) =>
  [...text.matchAll(sign)].map(([, address]) => String(address).replaceAll('&amp;', '&'));
/** Where the forms of a page are sent by which one comes in. */
const formsOn = (page: { text: string }) => addressesOn(page, /action="(\/enter[^"]*)"/g);
/** Those of the first step, a password or a request for a code, and those of the code, each of which goes on to a path. */
const first = (next: string, more?: string) => ['/enter', '/enter/code'].map((path) => withNext(path, next, more));
const second = (next: string) => ['/enter/code/code', '/enter/code'].map((path) => withNext(path, next));
/** A page of the same in Ukrainian, where its link leads. */
async function inUkrainian(page: { text: string }) {
  const [address = ''] = addressesOn(page, /hreflang="uk" href="([^"]+)"/g);
  return { address, page: await visitor.get(address) };
}

test.each([
  ['a held start', () => heldStart(at(3, '10:00')), 'You are booked'],
  ['a held visit', () => heldVisit(at(4, '10:00')), 'You are booked'],
  ['a class', someClass, 'You have a place in this class.'],
])('%s is still there after signing in by a password, and is taken with one press', async (what, begin, done) => {
  const login = `enter.${what.replaceAll(' ', '.')}`;
  await account(api, { login });
  const path = await begin();
  const enter = await visitor.get(await enterOf(path));
  expect(formsOn(enter)).toEqual(first(path));
  const to = withNext('/enter', path);
  const fields = { form: visitor.tokenOf(enter), login, password: PASSWORD };
  const wrong = await visitor.post(to, { ...fields, password: 'another one' });
  expect([wrong.status, formsOn(wrong), wrong.text.includes(`value="${login}"`)]).toEqual([401, first(path), true]);
  expect(wrong.text).toContain('The login or the password is wrong.');
  const other = await inUkrainian(wrong);
  expect([other.address, formsOn(other.page)]).toEqual([`${to}&lang=uk`, first(path, '&lang=uk')]);
  expect((await visitor.post(to, { ...fields, password: '' })).status).toBe(422);
  const entered = await visitor.post(to, fields);
  expect(placeOf(entered)).toEqual([303, path]);
  const { get, post, tokenOf } = signedIn(entered);
  const there = await get(path);
  expect([there.status, there.text.includes('name="first_name"')]).toEqual([200, false]);
  const taken = await post(path, { form: tokenOf(there), pay: 'later', act: 'join' });
  expect(taken.status).toBe(303);
  expect((await get(String(taken.headers.get('location')))).text).toContain(done);
  expect(placeOf(await get(`/enter?next=${path}`))).toEqual([303, path]);
});

test('a person with a second factor is asked for its code, and comes back all the same', async () => {
  const login = 'enter.second';
  const id = await account(api, { login });
  const ask = asking(api, cookieOf(await signIn(api, login), 'sf_session'));
  const { secret } = (await ask('POST', '/me/totp')).body;
  const codeNow = () => generate({ secret });
  expect((await ask('POST', '/me/totp/confirm', { code: await codeNow() })).status).toBe(200);
  await api.db.query(sql.unsafe`update totp_secrets set last_step = null where user_id = ${id}`);
  const path = await heldVisit(at(5, '10:00'));
  const enter = await visitor.get(await enterOf(path));
  const [to = ''] = formsOn(enter);
  const fields = { form: visitor.tokenOf(enter), login, password: PASSWORD };
  const asked = await visitor.post(to, fields);
  expect([asked.status, formsOn(asked), asked.text.includes('name="code"')]).toEqual([401, first(path), true]);
  expect(asked.text).toContain('The code of your app is needed, too.');
  const wrong = await visitor.post(to, { ...fields, code: 'none' });
  expect([wrong.status, formsOn(wrong), wrong.text.includes('name="code"')]).toEqual([401, first(path), true]);
  const entered = await visitor.post(to, { ...fields, code: await codeNow() });
  expect(placeOf(entered)).toEqual([303, path]);
  expect((await signedIn(entered).get(path)).text).not.toContain('name="first_name"');
});

let newcomers = 0;
/** Asks for a code as somebody new: the page that asks for it, what its form sends and where, and the code. */
async function askedForCode(path: string) {
  newcomers += 1;
  const enter = await visitor.get(path);
  const email = `newcomer${newcomers}@home.example`;
  const typed = { first_name: 'Olga', phone: `+7916777000${newcomers}`, email, consent: 'yes' };
  const given = { form: visitor.tokenOf(enter), ...typed };
  const step = await visitor.post(String(formsOn(enter)[1]), given);
  const letter = () => smtp.letters.find(({ to }) => to === email);
  await eventually(async () => letter() !== undefined, 10);
  const code = String(/Your code is (\d{6})/.exec(String(letter()?.text))?.[1]);
  const fields = { ...given, registration: hidden(step, 'registration'), by: 'email' };
  const [to = '', before = ''] = formsOn(step);
  return { step, to, before, fields, code };
}

test('by a code, too, what was held is still there: also after a wrong code, and after typing something else', async () => {
  const path = await heldStart(at(6, '10:00'));
  const { step, to, before, fields, code } = await askedForCode(withNext('/enter', path));
  expect([step.status, formsOn(step)]).toEqual([200, second(path)]);
  const wrong = await visitor.post(to, { ...fields, code: code === '111111' ? '222222' : '111111' });
  expect([wrong.status, formsOn(wrong), wrong.text.includes('The code is wrong')]).toEqual([422, second(path), true]);
  // In another language one begins anew, and what was held is still there.
  for (const page of [step, wrong]) {
    const other = await inUkrainian(page);
    expect(other.address).toBe(withNext('/enter', path, '&lang=uk'));
    expect([other.page.status, formsOn(other.page)]).toEqual([200, first(path, '&lang=uk')]);
  }
  const back = await visitor.post(before, { ...fields, back: 'yes' });
  expect([formsOn(back), back.text.includes('value="Olga"')]).toEqual([first(path), true]);
  const entered = await visitor.post(to, { ...fields, code });
  expect(placeOf(entered)).toEqual([303, path]);
  const { get, post, tokenOf } = signedIn(entered);
  const booked = await post(path, { form: tokenOf(await get(path)), pay: 'later' });
  expect(placeOf(booked)).toEqual([303, path.replace('/book/', '/booked/')]);
  const again = await visitor.post(to, { ...fields, code });
  expect([again.status, formsOn(again), again.text.includes('That code is over')]).toEqual([410, first(path), true]);
});

test('a visitor without a page to return to lands on the first page by a password, in the cabinet by a code', async () => {
  const login = 'enter.nowhere';
  await account(api, { login });
  const form = visitor.tokenOf(await visitor.get('/enter'));
  expect(placeOf(await visitor.post('/enter', { form, login, password: PASSWORD }))).toEqual([303, '/']);
  const { to, fields, code } = await askedForCode('/enter');
  expect(to).toBe('/enter/code/code');
  expect(placeOf(await visitor.post(to, { ...fields, code }))).toEqual([303, '/cabinet']);
});

test.each([
  'https://evil.example/',
  '//evil.example/visit/x',
  '/\\evil.example',
  '/cabinet//evil.example',
  '/visit/../console',
  '/console',
  '/visit/x/y',
])('nobody is led to %s', async (next) => {
  const login = 'enter.foreign';
  if (!(await api.db.exists(sql.unsafe`select from users where login = ${login}`))) await account(api, { login });
  const enter = await visitor.get(withNext('/enter', next));
  expect(formsOn(enter)).toEqual(['/enter', '/enter/code']);
  const fields = { form: visitor.tokenOf(enter), next, login, password: PASSWORD };
  expect(placeOf(await visitor.post(withNext('/enter', next), fields))).toEqual([303, '/']);
});

test('a code’s form cannot lead elsewhere either', async () => {
  const { fields, code } = await askedForCode('/enter?next=/classes/1');
  const evil = 'https://evil.example/';
  const entered = await visitor.post(withNext('/enter/code/code', evil), { ...fields, code, next: evil });
  expect(placeOf(entered)).toEqual([303, '/cabinet']);
});

test('signing out ends the session; without a form of ours it does not', async () => {
  const { cookie } = await personOf(api, 'client');
  const { get, post, tokenOf } = formsOf(api, { Cookie: cookie });
  const form = tokenOf(await get('/cabinet'));
  expect((await post('/leave', {})).status).toBe(403);
  expect((await get('/cabinet')).status).toBe(200);
  const left = await post('/leave', { form });
  expect([...placeOf(left), left.headers.getSetCookie().some((line) => /^sf_session=;/.test(line))]).toEqual([303, '/', true]);
  expect(placeOf(await get('/cabinet'))).toEqual([303, withNext('/enter', '/cabinet')]);
});

test('five wrong passwords rest an account, also for the right one, and the page says so', async () => {
  const login = 'enter.guessed';
  await account(api, { login });
  const fields = { form: visitor.tokenOf(await visitor.get('/enter')), login };
  const to = withNext('/enter', '/cabinet');
  for (let tries = 0; tries < 5; tries += 1)
    expect((await visitor.post(to, { ...fields, password: `guess ${tries}` })).status).toBe(401);
  const rested = await visitor.post(to, { ...fields, password: PASSWORD });
  expect([rested.status, formsOn(rested), rested.text.includes('Too many tries')]).toEqual([429, first('/cabinet'), true]);
});
