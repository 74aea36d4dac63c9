import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { at, inHours } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { formsOf, smallSite, startsOn } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
let client: TestPerson;
let stranger: TestPerson;
let parent: TestPerson;
let child: TestPerson;
beforeAll(async () => {
  api = await testApi({
    settings: { RATE_LIMIT_PER_MINUTE: '100000', SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'hello@studio.example' },
  });
  shop = await smallSite(api);
  await shop.make.type();
  [client, stranger, child] = [await personOf(api, 'client'), await personOf(api, 'client'), await personOf(api, 'client')];
  parent = await personOf(api, 'guardian', { children: [child.id] });
  await api.db.query(sql.unsafe`update users set first_name = 'Mila' where id = ${child.id}`);
});
afterAll(() => api.close());

const as = (person: TestPerson) => formsOf(api, { Cookie: person.cookie });
const booked = async (person: TestPerson, starts_at: string, pay_from = 'later') => {
  const made = await api.post('/bookings', {
    client_id: person.id,
    service_id: shop.service,
    specialist_id: shop.master,
    starts_at,
    pay_from,
  });
  expect(made.status).toBe(201);
  return Number(made.body.id);
};
const bookingNow = async (id: number) => (await api.get(`/bookings/${id}`)).body;
const outcomeOn = (page: { text: string }) => String(/name="outcome" value="(\w+)"/.exec(page.text)?.[1]);

test('a class says where it is: to visitors, in the cabinet, and to an app', async () => {
  const room = await shop.make.roomAt(shop.location);
  await api.db.query(sql.unsafe`update rooms set name = 'Blue hall' where id = ${room}`);
  const training = await shop.make.training({ trainer: shop.master, room, at: at(9, '18:00') });
  const where = 'Centre, 1 Main Street, Blue hall';
  expect((await formsOf(api).get(`/classes/${training}`)).text).toContain(`<dt>Where</dt><dd>${where}</dd>`);
  expect((await api.post(`/real-trainings/${training}/students`, { student_id: client.id })).status).toBe(200);
  expect((await as(client).get(`/cabinet/classes/${training}`)).text).toContain(`<dt>Where</dt><dd>${where}</dd>`);
  const terms = await client.ask('GET', `/real-trainings/${training}/students/${client.id}/terms`);
  expect(terms.body).toMatchObject({ place: where, room: 'Blue hall' });
});

test('nobody sees the cabinet before signing in, and comes back to the same page afterwards', async () => {
  const { get } = formsOf(api);
  const answer = await get('/cabinet/money');
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `/enter?next=${encodeURIComponent('/cabinet/money')}`]);
  const enter = await get('/enter?next=/cabinet/money');
  expect(enter.text).toContain(`action="/enter?next=${encodeURIComponent('/cabinet/money')}"`);
  expect(enter.text).toContain('No password? Sign in with a code');
  expect((await get('/enter?next=/cabinet//evil.example')).text).toContain('action="/enter"');
});

test('visits to come, the balance, and subscriptions stand on one page', async () => {
  const { get } = as(client);
  const id = await booked(client, at(3, '09:00'));
  await shop.make.money(client.id, 123_400);
  const type = await api.db.oneFirst(
    sql.type(z.object({ id: z.int() }))`
      insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Eight', 5000, 8, 30) returning id`,
  );
  expect(
    (await api.post(`/api/students/${client.id}/subscriptions`, { subscription_id: type, is_auto_renew: true })).status,
  ).toBe(201);
  const page = await get('/cabinet');
  expect(page.text).toMatch(/Balance: RUB.1,234/);
  expect(page.text).toContain(`href="/cabinet/bookings/${id}"`);
  expect(page.text).toContain('Haircut');
  expect(page.text).toContain('8 sessions left, 30 days left');
  expect(page.text).toMatch(/Renews on \d+ \w+ for RUB.50/);
  expect((await get(`/cabinet/bookings/${id}`)).text).toContain('<dt>Where</dt><dd>Centre, 1 Main Street</dd>');
});

test('a booking is cancelled for free until twelve hours before, and what that means is said before', async () => {
  const { get, post, tokenOf } = as(client);
  await shop.make.money(client.id, 250_000);
  const id = await booked(client, at(4, '09:00'), 'wallet');
  const path = `/cabinet/bookings/${id}`;
  const page = await get(path);
  expect(page.text).toMatch(/You can cancel for free until/);
  expect(page.text).toMatch(/RUB.2,500 go back to your balance/);
  const form = { form: tokenOf(page), outcome: outcomeOn(page) };
  for (let times = 0; times < 2; times += 1) expect((await post(`${path}/cancel`, form)).headers.get('location')).toBe(path);
  expect(await bookingNow(id)).toMatchObject({ status: 'CANCELLED', invoice: { status: 'CANCELLED' } });
  expect((await get(path)).text).not.toContain('/cancel"');
});

test('a late cancellation says what is kept, and one that has become late meanwhile is not done unsaid', async () => {
  const { get, post, tokenOf } = as(client);
  const id = await booked(client, inHours(5));
  const path = `/cabinet/bookings/${id}`;
  const page = await get(path);
  expect(page.text).toContain('it can no longer be cancelled for free');
  expect(page.text).toMatch(/RUB.2,500 are still to be paid/);
  const unsaid = await post(`${path}/cancel`, { form: tokenOf(page), outcome: 'safe' });
  expect([unsaid.status, (await bookingNow(id)).status]).toEqual([409, 'CONFIRMED']);
  expect(unsaid.text).toContain('Please read once more');
  expect((await post(`${path}/cancel`, { form: tokenOf(page), outcome: outcomeOn(page) })).status).toBe(303);
  expect(await bookingNow(id)).toMatchObject({ status: 'CANCELLED', invoice: { status: 'UNPAID' } });
});

test('a booking moves to a free start, over its own old time too, and never onto another’s', async () => {
  const { get, post, tokenOf } = as(client);
  const id = await booked(client, at(5, '10:00'));
  const path = `/cabinet/bookings/${id}/move`;
  const page = await get(path);
  expect(startsOn(page)).toContain(at(5, '10:30'));
  expect(startsOn(page)).not.toContain(at(5, '10:00'));
  const form = tokenOf(page);
  await booked(stranger, at(5, '12:00'));
  const lost = await post(path, { form, start: at(5, '12:00') });
  expect([lost.status, (await bookingNow(id)).starts_at]).toEqual([409, at(5, '10:00')]);
  expect(startsOn(lost)).not.toContain(at(5, '12:00'));
  for (let times = 0; times < 2; times += 1) expect((await post(path, { form, start: at(5, '10:30') })).status).toBe(303);
  expect(await bookingNow(id)).toMatchObject({ starts_at: at(5, '10:30'), moves: 1 });
});

test('before it moves, the chosen start says until when it can be cancelled for free, or that it cannot', async () => {
  const { get, post, tokenOf } = as(client);
  const id = await booked(client, at(8, '10:00'));
  const path = `/cabinet/bookings/${id}/move`;
  const chosen = async (start: string, day = start.slice(0, 10)) => get(`${path}?day=${day}&start=${encodeURIComponent(start)}`);
  const free = await chosen(at(8, '11:00'));
  expect(free.text).toContain('You can cancel for free until');
  expect(free.text).not.toContain('Moved there, it can no longer');
  expect((await bookingNow(id)).starts_at).toBe(at(8, '10:00'));
  const form = tokenOf(free);
  expect(free.text).toMatch(new RegExp(`<button name="start" value="${at(8, '11:00')}">Move to `));
  await booked(stranger, at(8, '15:00'));
  const gone = await chosen(at(8, '15:00'));
  expect(gone.text).toContain('role="alert"');
  expect(gone.text).not.toContain('Move to ');
  expect((await post(path, { form, start: at(8, '11:00') })).status).toBe(303);
  expect((await bookingNow(id)).starts_at).toBe(at(8, '11:00'));
  // Moved late, it can never be cancelled for free, however far away the new start is.
  const late = await booked(client, inHours(5));
  const far = `/cabinet/bookings/${late}/move?day=${at(9, '11:00').slice(0, 10)}&start=${encodeURIComponent(at(9, '11:00'))}`;
  for (const [lang, words] of [
    ['en', 'Moved there, it can no longer be cancelled for free.'],
    ['ru', 'После переноса на это время отменить бесплатно будет уже нельзя.'],
    ['uk', 'Після перенесення на цей час скасувати безкоштовно вже не можна буде.'],
  ])
    expect((await get(`${far}&lang=${lang}`)).text).toContain(words);
  await get('/cabinet?lang=en');
});

test('a payment in the ledger leads to its receipt', async () => {
  const { payment } = (await api.post('/api/payments', { payer_id: client.id, amount_minor: 4_200 })).body;
  const { text } = await as(client).get('/cabinet/money');
  expect(text).toContain(`href="/api/payments/${payment.id}/receipt.svg?locale=en" target="_blank"`);
  const receipt = await client.ask('GET', `/api/payments/${payment.id}/receipt.svg?locale=en`);
  expect([receipt.status, receipt.text.includes(`Receipt No. ${payment.id}`)]).toEqual([200, true]);
});

test('a place in a class is given up with its consequence said', async () => {
  const { get, post, tokenOf } = as(client);
  const training = await shop.make.training({ trainer: shop.master, at: at(6, '18:00') });
  const late = await shop.make.training({ trainer: shop.master, at: inHours(4) });
  for (const one of [training, late])
    expect((await api.post(`/real-trainings/${one}/students`, { student_id: client.id })).status).toBe(200);
  const path = `/cabinet/classes/${training}`;
  expect((await get('/cabinet')).text).toContain(`href="${path}"`);
  const page = await get(path);
  expect(page.text).toContain('giving up the place is free');
  expect((await post(`${path}/leave`, { form: tokenOf(page), outcome: 'safe' })).status).toBe(303);
  expect((await get(path)).text).toContain('cancelled in time');
  const warned = await get(`/cabinet/classes/${late}`);
  expect(warned.text).toContain('the class will be charged all the same');
  expect((await post(`/cabinet/classes/${late}/leave`, { form: tokenOf(warned), outcome: 'safe' })).status).toBe(409);
  expect((await post(`/cabinet/classes/${late}/leave`, { form: tokenOf(warned), outcome: 'late' })).status).toBe(303);
  expect((await get(`/cabinet/classes/${late}`)).text).toContain('missed');
});

test('others’ rows are not there', async () => {
  const id = await booked(client, at(7, '09:00'));
  const { get, post, tokenOf } = as(stranger);
  const form = tokenOf(await get('/cabinet'));
  const training = await shop.make.training({ trainer: shop.master, at: at(7, '18:00') });
  await api.post(`/real-trainings/${training}/students`, { student_id: client.id });
  const invoice = (await bookingNow(id)).invoice.id;
  for (const path of [
    `/cabinet?of=${client.id}`,
    `/cabinet?of=${child.id}`,
    '/cabinet?of=x',
    `/cabinet/bookings/${id}`,
    `/cabinet/bookings/${id}/move`,
    `/cabinet/classes/${training}`,
    '/cabinet/bookings/0',
  ])
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  for (const path of [
    `/cabinet/bookings/${id}/cancel`,
    `/cabinet/classes/${training}/leave`,
    `/cabinet/invoices/${invoice}/pay`,
    '/cabinet/devices/1/end',
  ])
    expect([path, (await post(path, { form, outcome: 'safe', start: at(7, '11:00') })).status]).toEqual([path, 404]);
  expect((await bookingNow(id)).status).toBe('CONFIRMED');
});

test('a guardian switches to a child, sees its bookings alone and cancels one', async () => {
  const id = await booked(child, at(8, '09:00'));
  const { get, post, tokenOf } = as(parent);
  expect((await get('/cabinet')).text).toContain(`href="/cabinet?of=${child.id}"`);
  expect((await get('/cabinet')).text).not.toContain(`/cabinet/bookings/${id}`);
  const page = await get(`/cabinet?of=${child.id}`);
  expect(page.text).toContain(`href="/cabinet/bookings/${id}?of=${child.id}"`);
  expect((await get(`/cabinet/bookings/${id}`)).status).toBe(404);
  const path = `/cabinet/bookings/${id}/cancel?of=${child.id}`;
  expect((await post(path, { form: tokenOf(page), outcome: 'safe' })).status).toBe(303);
  expect((await bookingNow(id)).status).toBe('CANCELLED');
});

test('an invoice is paid from the wallet once, and not where the balance lacks something', async () => {
  const id = await booked(stranger, at(9, '09:00'));
  const { get, post, tokenOf } = as(stranger);
  const invoice = (await bookingNow(id)).invoice.id;
  const path = `/cabinet/invoices/${invoice}/pay`;
  await shop.make.money(stranger.id, 249_999);
  const poor = await get('/cabinet/money');
  expect(poor.text).toMatch(/The balance lacks RUB.0.01/);
  const form = tokenOf(poor);
  expect((await post(path, { form })).status).toBe(409);
  await shop.make.money(stranger.id, 1);
  expect((await get('/cabinet/money')).text).toMatch(/Pay RUB.2,500 from the balance/);
  for (let times = 0; times < 2; times += 1) expect((await post(path, { form })).status).toBe(303);
  expect((await bookingNow(id)).invoice.status).toBe('PAID');
  const wallet = (await api.get(`/api/people/${stranger.id}/wallet`)).body;
  expect([wallet.balance_minor, wallet.items[0].amount_minor]).toEqual([0, -250_000]);
});

test('messages and quiet hours are kept as they were chosen, and a device is signed out', async () => {
  const { get, post, tokenOf } = as(parent);
  const page = await get('/cabinet/settings');
  const fields = { form: tokenOf(page), quiet: 'own', from: '23:00', until: '07:30', 'kind-booking': 'yes' };
  expect((await post('/cabinet/notifications', fields)).status).toBe(303);
  const kept = (await api.get(`/api/people/${parent.id}/notifications`)).body;
  expect(kept).toMatchObject({ quiet_hours: '23:00-07:30', kinds: { booking: true, subscription: false, trainer_day: true } });
  expect((await post('/cabinet/notifications', { ...fields, from: '' })).status).toBe(422);
  const other = await api.db.oneFirst(
    sql.type(z.object({ id: z.int() }))`
      insert into sessions (token_hash, user_id, opened_by, expires_at) values (sha256('another'), ${parent.id}, 'password', now() + interval '1 hour') returning id`,
  );
  expect((await get('/cabinet/settings')).text).toContain(`/cabinet/devices/${other}/end`);
  expect((await post(`/cabinet/devices/${other}/end`, { form: fields.form })).status).toBe(303);
  expect((await get('/cabinet/settings')).text).not.toContain(`/cabinet/devices/${other}/end`);
});

test('one asks to have one’s own or a child’s data corrected or erased, and sees by when there is an answer', async () => {
  const { get, post, tokenOf } = as(parent);
  const page = await get('/cabinet/settings');
  expect(page.text).toContain('Correct something about me');
  const fields = { form: tokenOf(page) };
  const path = '/cabinet/data-requests';
  expect((await post(path, fields)).text).toContain('Choose what you ask for');
  expect((await post(path, { ...fields, kind: 'show' })).status).toBe(422);
  expect((await post(path, { ...fields, kind: 'correct', note: ' ' })).status).toBe(422);
  const of = `?of=${child.id}`;
  expect((await post(`${path}${of}`, { ...fields, kind: 'correct', note: 'Mila with one l' })).headers.get('location')).toBe(
    `/cabinet/settings${of}`,
  );
  const [asked] = (await api.get(`/api/people/${child.id}/data-requests`)).body.items;
  expect(asked).toMatchObject({ kind: 'correct', note: 'Mila with one l' });
  expect((await get(`/cabinet/settings${of}`)).text).toContain('You get an answer by');
  expect((await get('/cabinet/settings')).text).not.toContain('You get an answer by');
  await api.post(`/api/tasks/${asked.id}/done`, { answer: 'it is right now' });
  expect((await get(`/cabinet/settings${of}`)).text).toContain('it is right now');
  expect((await post(`${path}?of=${client.id}`, { ...fields, kind: 'erase' })).status).toBe(404);
});

test('a client’s link to join leads into the cabinet, a trainer’s to the console', async () => {
  const linkOf = async (role: string) =>
    new URL((await api.post('/api/invitations', { login: `${role}@home.example`, role })).body.url).search;
  const { get, post, tokenOf } = formsOf(api);
  const trainer = await linkOf('trainer');
  expect((await get(`/join${trainer}`)).headers.get('location')).toBe(`/console/join${trainer}`);
  const link = await linkOf('client');
  const page = await get(`/join${link}`);
  expect(page.text).toContain('Choose a password');
  const fields = { form: tokenOf(page), token: String(new URLSearchParams(link).get('token')) };
  expect((await post('/join', { ...fields, password: 'short' })).status).toBe(422);
  const joined = await post('/join', { ...fields, password: 'a long password' });
  expect([joined.status, joined.headers.get('location')]).toEqual([303, '/cabinet']);
  const cookie = String(joined.headers.getSetCookie().find((one) => one.startsWith('sf_session='))).split(';', 1)[0];
  expect((await formsOf(api, { Cookie: String(cookie) }).get('/cabinet')).status).toBe(200);
  expect((await post('/join', { ...fields, password: 'a long password' })).status).toBe(404);
});

test('the worker of messages is a script of ours, and the cabinet keeps what the browser gave', async () => {
  const worker = await fetch(`${api.url}/push-worker.js`);
  expect([worker.status, worker.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
  expect((await client.ask('GET', '/push/key')).body).toEqual({ public_key: expect.stringMatching(/^B[\w-]{86}$/) });
  expect((await fetch(`${api.url}/push-worker.js`, { method: 'POST' })).status).toBe(405);
  expect((await as(client).get('/cabinet/settings')).text).toContain('data-push="off"');
});
