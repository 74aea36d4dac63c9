import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { at, inHours } from '../bookings/salon.ts';
import { inDays } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { bare, formsOf, moment, moscow, smallSite, yoga } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
  await yoga(api, shop.make);
});
afterAll(() => api.close());

const as = (person: TestPerson) => formsOf(api, { Cookie: person.cookie });
/** The rows of a list that a heading stands over, as text. */
const rowsOf = ({ text }: { text: string }, heading: string) =>
  [
    ...(new RegExp(`<section aria-labelledby="${heading}">(.*?)</section>`, 's').exec(text)?.[1] ?? '').matchAll(
      /<li[^>]*>(.*?)<\/li>/gs,
    ),
  ].map(([, row]) => bare(String(row)));

/** A place in a class, as it stands when the class is over. */
async function place(person: TestPerson, start: string, status: string, more: { excused?: boolean; minutes?: number } = {}) {
  const training = await shop.make.training({ trainer: shop.master, at: start, minutes: more.minutes });
  await api.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, status, excused_at)
    values (${training}, ${person.id}, ${status}, case when ${more.excused ?? false} then now() end)`);
}

test('visits that are over say what became of them, the latest first, with how often one came and did not', async () => {
  const [person, stranger] = [await personOf(api, 'client'), await personOf(api, 'client')];
  await place(person, at(-4, '18:00'), 'PRESENT');
  await place(person, at(-3, '18:00'), 'ABSENT');
  await place(person, at(-2, '18:00'), 'ABSENT', { excused: true });
  await place(person, at(-1, '18:00'), 'CANCELLED_SAFE');
  await place(person, at(-400, '18:00'), 'PRESENT');
  await place(person, inHours(2), 'REGISTERED');
  await place(stranger, at(-5, '18:00'), 'PRESENT');
  const booked = (start: string, status: string) =>
    shop.make.booking({ client: person.id, specialist: shop.master, service: shop.service, at: start }).then((id) =>
      api.db.query(sql.unsafe`
        update bookings set status = ${status}, confirmed_at = created_at, cancelled_at = case when ${status} = 'CANCELLED' then now() end where id = ${id}`),
    );
  await booked(at(-6, '10:00'), 'COMPLETED');
  await booked(at(-5, '10:00'), 'NO_SHOW');
  await booked(at(-7, '10:00'), 'CANCELLED');
  await booked(at(-120, '10:00'), 'COMPLETED');
  await booked(at(2, '10:00'), 'CONFIRMED');
  const page = await as(person).get('/cabinet/visits');
  expect(bare(page.text)).toContain('In the last year: came 1, missed 1.');
  expect(rowsOf(page, 'classes')).toEqual([
    expect.stringMatching(`^${moment(at(-1, '18:00'))} Yoga Anna cancelled in time$`),
    expect.stringMatching(`^${moment(at(-2, '18:00'))} Yoga Anna excused$`),
    expect.stringMatching(`^${moment(at(-3, '18:00'))} Yoga Anna missed$`),
    expect.stringMatching(`^${moment(at(-4, '18:00'))} Yoga Anna was there$`),
  ]);
  expect(rowsOf(page, 'bookings')).toEqual([
    `${moment(at(-5, '10:00'))} Haircut Anna missed`,
    `${moment(at(-6, '10:00'))} Haircut Anna visited`,
    `${moment(at(-7, '10:00'))} Haircut Anna cancelled`,
  ]);
  expect(page.text).not.toContain('Older');
  const other = await as(stranger).get('/cabinet/visits');
  expect([rowsOf(other, 'classes').length, rowsOf(other, 'bookings')]).toEqual([1, []]);
});

test('of many visits the older ones are a page further, each of them once', async () => {
  const person = await personOf(api, 'client');
  for (let n = 0; n < 53; n += 1) await place(person, at(-2 - n, '07:00'), 'PRESENT', { minutes: 30 });
  const { get } = as(person);
  const first = await get('/cabinet/visits');
  const older = String(/href="([^"]+)">Older</.exec(first.text)?.[1]).replaceAll('&amp;', '&');
  const second = await get(older);
  const [rows, rest] = [rowsOf(first, 'classes'), rowsOf(second, 'classes')];
  expect([rows.length, rest.length, new Set([...rows, ...rest]).size]).toEqual([50, 3, 53]);
  expect(rest.at(-1)).toContain(moment(at(-54, '07:00')));
  expect(second.text).not.toContain('>Older<');
});

test('a package stands in the cabinet with what is left of each service, until it is over', async () => {
  const person = await personOf(api, 'client');
  const composition = [{ service_id: shop.service, units: 10 }];
  const kind = await api.post('/api/service-packages', { name: 'Ten', composition, price_minor: 0, validity_days: 30 });
  const { get } = as(person);
  expect((await get('/cabinet')).text).not.toContain('id="packages"');
  const bought = await api.post(`/api/clients/${person.id}/packages`, { service_package_id: kind.body.id });
  const until = `until ${moscow.date(bought.body.end_date)}`;
  expect(rowsOf(await get('/cabinet'), 'packages')).toEqual([`Ten Haircut: 10 of 10 left ${until}`]);
  const wish = { client_id: person.id, service_id: shop.service, starts_at: at(3, '10:00'), pay_from: 'package' };
  const made = await api.post('/bookings', wish);
  expect(made.status).toBe(201);
  expect(rowsOf(await get('/cabinet'), 'packages')).toEqual([`Ten Haircut: 9 of 10 left ${until}`]);
  expect((await api.post(`/bookings/${made.body.id}/cancel`, { reason: 'ill', by: 'client' })).status).toBe(200);
  expect(rowsOf(await get('/cabinet'), 'packages')).toEqual([`Ten Haircut: 10 of 10 left ${until}`]);
  const ends = (day: string) =>
    api.db.query(sql.unsafe`
      update client_packages set start_date = ${inDays(-40)}::date, end_date = ${day}::date where id = ${bought.body.id}`);
  await ends(inDays(0));
  expect(rowsOf(await get('/cabinet'), 'packages')).toHaveLength(1);
  await ends(inDays(-1));
  expect((await get('/cabinet')).text).not.toContain('id="packages"');
});

test('a link for a calendar is shown once, is read by anybody who has it, and a new one makes it void', async () => {
  const person = await personOf(api, 'client');
  const { get, post, tokenOf } = as(person);
  const settings = await get('/cabinet/settings');
  expect(bare(settings.text)).toContain('Calendars read the link every few hours, so a change may take a while.');
  expect(settings.text).not.toContain('calendar-url');
  const linkOn = ({ text }: { text: string }) => String(/id="calendar-url" name="calendar-url" value="([^"]+)"/.exec(text)?.[1]);
  const made = await post('/cabinet/calendar', { form: tokenOf(settings) });
  const link = linkOn(made);
  expect(made.status).toBe(200);
  expect(made.text).toContain(`href="${link.replace(/^https?:/, 'webcal:')}"`);
  expect(bare(made.text)).toContain('It is shown this once.');
  const read = (url: string) => fetch(api.url + new URL(url).pathname);
  const feed = await read(link);
  expect([feed.status, (await feed.text()).startsWith('BEGIN:')]).toEqual([200, true]);
  expect((await get('/cabinet/settings')).text).not.toContain(link);
  expect((await post('/cabinet/calendar', { form: 'none of ours' })).status).toBe(403);
  const next = linkOn(await post('/cabinet/calendar', { form: tokenOf(settings) }));
  expect([next === link, (await read(link)).status, (await read(next)).status]).toEqual([false, 404, 200]);
});
