import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { at, inHours } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { bare, formsOf, moment, smallSite, yoga } from './salon-site.ts';

const PRICE = 250_000;
let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
  await yoga(api, shop.make);
});
afterEach(async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

/** A part of the money page, as text: what is owed, the ledger, or the invoices that are settled. */
async function moneyOf(person: TestPerson, part: 'owed' | 'ledger' | 'invoices') {
  const page = await formsOf(api, { Cookie: person.cookie }).get('/cabinet/money');
  expect(page.status).toBe(200);
  return bare(new RegExp(`<section aria-labelledby="${part}">(.*?)</section>`, 's').exec(page.text)?.[1] ?? '');
}
async function booked(client: number, starts_at: string, pay_from = 'later'): Promise<number> {
  const wish = { client_id: client, service_id: shop.service, specialist_id: shop.master, starts_at, pay_from };
  const made = await api.post('/bookings', wish);
  expect(made.status).toBe(201);
  return made.body.id;
}

test('a fee for a late cancellation says of which class it is and why it is charged, owed and when it is paid', async () => {
  const [person, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const starts = inHours(4);
  const training = await shop.make.training({ trainer: shop.master, at: starts });
  await api.db.query(sql.unsafe`update real_trainings set price_minor = 50000 where id = ${training}`);
  expect((await api.post(`/real-trainings/${training}/students`, { student_id: person.id })).status).toBe(200);
  const given = await api.post(`/real-trainings/${training}/students/${person.id}/cancel`, { reason: 'ill' });
  expect(given.body).toMatchObject({ outcome: 'late', charged: { invoices: 1 } });
  const what = `Yoga, ${moment(starts)} Cancelled too late to be free: ${moment(given.body.cancelled_at)}`;
  expect(await moneyOf(person, 'owed')).toContain(`Late cancellation, RUB 500 ${what}`);
  await api.post(`/api/clients/${person.id}/payments`, { amount_minor: 50_000 });
  expect(await moneyOf(person, 'owed')).toContain('Everything is paid.');
  expect(await moneyOf(person, 'ledger')).toMatch(/Paid \d+ \w+ Yoga, /);
  expect(await moneyOf(person, 'ledger')).toContain(what);
  expect(await moneyOf(person, 'invoices')).toContain(what);
  for (const part of ['owed', 'ledger', 'invoices'] as const) expect(await moneyOf(stranger, part)).not.toContain('Yoga');
});

test('a visit says what and when it is; cancelled late or missed it says so, and for which child it is', async () => {
  const child = await personOf(api, 'client');
  const parent = await personOf(api, 'guardian', { children: [child.id] });
  await api.db.query(sql.unsafe`update students set payer_id = ${parent.id} where id = ${child.id}`);
  await api.db.query(sql.unsafe`update users set first_name = 'Mila' where id = ${child.id}`);
  const [ahead, late, missed] = [at(3, '10:00'), inHours(5), inHours(7)];
  await booked(child.id, ahead);
  const cancelled = await api.post(`/bookings/${await booked(parent.id, late)}/cancel`, { reason: 'ill', by: 'client' });
  const noShow = await booked(parent.id, missed);
  await api.db.query(sql.unsafe`update bookings set status = 'NO_SHOW' where id = ${noShow}`);
  const owed = await moneyOf(parent, 'owed');
  expect(owed).toContain(`Visit, RUB 2,500 Haircut, ${moment(ahead)} (Mila) due`);
  expect(owed).toContain(`Haircut, ${moment(late)} Cancelled too late to be free: ${moment(cancelled.body.cancelled_at)} due`);
  expect(owed).toContain(`Haircut, ${moment(missed)} Missed without cancelling due`);
});

test('a subscription and a package have their names, and what was given back says for what it had been paid', async () => {
  const person = await personOf(api, 'client');
  await shop.make.money(person.id, PRICE + 90_000);
  const start = at(4, '10:00');
  const id = await booked(person.id, start, 'wallet');
  expect((await api.post(`/bookings/${id}/cancel`, { reason: 'ill', by: 'client' })).status).toBe(200);
  const eight = await api.post('/api/subscriptions', {
    name: 'Eight',
    number_of_sessions: 8,
    price_minor: 50_000,
    validity_days: 30,
  });
  const composition = [{ service_id: shop.service, units: 10 }];
  const ten = await api.post('/api/service-packages', { name: 'Ten', composition, price_minor: 40_000, validity_days: 30 });
  const paid = { pay_from: 'wallet' };
  await api.post(`/api/students/${person.id}/subscriptions`, { subscription_id: eight.body.id, ...paid });
  await api.post(`/api/clients/${person.id}/packages`, { service_package_id: ten.body.id, ...paid });
  const day = '\\d+ \\w+';
  const visit = `Haircut, ${moment(start)}`;
  expect(await moneyOf(person, 'ledger')).toMatch(
    new RegExp(
      `Paid ${day} Ten -RUB 400 Paid ${day} Eight -RUB 500 Given back ${day} ${visit} \\+RUB 2,500 Paid ${day} ${visit} -RUB 2,500 Paid in ${day} Receipt \\+`,
    ),
  );
  expect(await moneyOf(person, 'invoices')).toMatch(
    new RegExp(
      `Package ${day}, paid Ten RUB 400 Subscription ${day}, paid Eight RUB 500 Visit ${day}, cancelled ${visit} RUB 2,500`,
    ),
  );
});
