import { afterAll, beforeAll, expect, test } from '@jest/globals';
import ICAL from 'ical.js';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { ALWAYS, at } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';
import { formsOf, smallSite } from './salon-site.ts';

let api: TestApi;
let shop: Awaited<ReturnType<typeof smallSite>>;
let client: TestPerson;
let child: TestPerson;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  shop = await smallSite(api);
  await shop.make.type();
  child = await personOf(api, 'client');
  client = await personOf(api, 'guardian', { children: [child.id] });
  await api.db.query(sql.unsafe`update users set first_name = 'Mila', locale = 'en' where id in (${child.id}, ${client.id})`);
});
afterAll(() => api.close());

const linkOf = async (person: TestPerson) => {
  const made = await person.ask('POST', '/me/calendar-link');
  expect(made.status).toBe(201);
  return api.url + new URL(made.body.url).pathname;
};
async function feedOf(link: string) {
  const answer = await fetch(link);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
  const calendar = new ICAL.Component(ICAL.parse(await answer.text()));
  const events = calendar.getAllSubcomponents('vevent').map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid,
      sequence: event.sequence,
      starts: event.startDate.toJSDate().toISOString(),
      title: event.summary,
      about: event.description,
      status: String(component.getFirstPropertyValue('status')),
    };
  });
  return { etag: String(answer.headers.get('etag')), events };
}
const booked = async (person: TestPerson, starts_at: string) =>
  Number(
    (await api.post('/bookings', { client_id: person.id, service_id: shop.service, specialist_id: shop.master, starts_at })).body
      .id,
  );

test('a subscriber sees a change and a cancellation of the same entry', async () => {
  const link = await linkOf(client);
  const id = await booked(client, at(3, '10:00'));
  const first = await feedOf(link);
  expect(first.events).toMatchObject([
    { sequence: 0, starts: at(3, '10:00'), title: 'Haircut', about: 'With Anna', status: 'CONFIRMED' },
  ]);
  expect(await feedOf(link)).toEqual(first);
  const again = await fetch(link, { headers: { 'If-None-Match': first.etag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
  const uid = first.events[0]?.uid;
  expect((await api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '12:00') })).status).toBe(200);
  const moved = await feedOf(link);
  expect(moved.events).toMatchObject([{ uid, sequence: 1, starts: at(3, '12:00'), status: 'CONFIRMED' }]);
  expect(moved.etag).not.toBe(first.etag);
  expect((await api.post(`/bookings/${id}/cancel`, { reason: 'ill' })).status).toBe(200);
  const cancelled = await feedOf(link);
  expect(cancelled.events).toMatchObject([{ uid, sequence: 2, starts: at(3, '12:00'), status: 'CANCELLED' }]);
  expect((await feedOf(link)).etag).toBe(cancelled.etag);
});

test('a guardian sees the classes of a child by name, a trainer what they give, and nobody what is another’s', async () => {
  const training = await shop.make.training({ trainer: shop.master, at: at(4, '18:00') });
  expect((await api.post(`/real-trainings/${training}/students`, { student_id: child.id })).status).toBe(200);
  const ofClient = await feedOf(await linkOf(client));
  expect(ofClient.events.filter(({ starts }) => starts === at(4, '18:00'))).toMatchObject([
    { title: expect.stringContaining('(Mila)'), status: 'CONFIRMED' },
  ]);
  const trainer = await personOf(api, 'trainer');
  const own = await shop.make.training({ trainer: trainer.id, at: at(5, '18:00') });
  const link = await linkOf(trainer);
  expect((await feedOf(link)).events).toMatchObject([{ starts: at(5, '18:00'), sequence: 0, status: 'CONFIRMED' }]);
  expect((await api.post(`/real-trainings/${own}/cancel`, { reason: 'ill', by: 'studio' })).status).toBe(200);
  expect((await feedOf(link)).events).toMatchObject([{ starts: at(5, '18:00'), sequence: 1, status: 'CANCELLED' }]);
  expect((await feedOf(await linkOf(await personOf(api, 'client')))).events).toEqual([]);
});

test('a late cancellation of a place is cancelled in the feed, too', async () => {
  const own = await personOf(api, 'client');
  const link = await linkOf(own);
  const training = await shop.make.training({ trainer: shop.master, at: new Date(Date.now() + 5 * 3_600_000).toISOString() });
  await api.post(`/real-trainings/${training}/students`, { student_id: own.id });
  expect((await feedOf(link)).events).toMatchObject([{ sequence: 0, status: 'CONFIRMED' }]);
  await api.post(`/real-trainings/${training}/students/${own.id}/cancel`, { reason: 'ill' });
  expect((await feedOf(link)).events).toMatchObject([{ sequence: 1, status: 'CANCELLED' }]);
});

test('a place on the waitlist is tentative, and confirmed once it is a place', async () => {
  const [first, next] = [await personOf(api, 'client'), await personOf(api, 'client')];
  const training = await shop.make.training({ trainer: shop.master, at: at(6, '18:00') });
  await api.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${training}`);
  const path = `/real-trainings/${training}`;
  expect((await api.post(`${path}/students`, { student_id: first.id })).status).toBe(200);
  expect((await api.post(`${path}/waitlist`, { student_id: next.id })).status).toBeLessThan(300);
  const link = await linkOf(next);
  expect((await feedOf(link)).events).toMatchObject([{ starts: at(6, '18:00'), sequence: 0, status: 'TENTATIVE' }]);
  expect((await api.post(`${path}/students/${first.id}/cancel`, { reason: 'ill' })).status).toBe(200);
  expect((await feedOf(link)).events).toMatchObject([{ starts: at(6, '18:00'), sequence: 1, status: 'CONFIRMED' }]);
});

test('a start that the site holds is in nobody’s feed: neither of who gives it, nor of who holds it until it is booked', async () => {
  const [giver, client] = [await personOf(api, 'trainer'), await personOf(api, 'client')];
  await api.db.query(sql.unsafe`update specialists set work_schedule = ${sql.jsonb(ALWAYS)} where id = ${giver.id}`);
  await api.db.query(
    sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${giver.id}, ${shop.service})`,
  );
  const { get, post, tokenOf } = formsOf(api, { Cookie: client.cookie });
  const wish = { service: String(shop.service), who: String(giver.id), start: at(7, '10:00') };
  const form = tokenOf(await get(`/?service=${shop.service}`));
  const path = String((await post('/hold', { form, ...wish })).headers.get('location'));
  expect(path).toMatch(/^\/book\//);
  const held = await api.get(`/bookings?status=PENDING&specialist_id=${giver.id}`);
  expect(held.body.items).toMatchObject([{ starts_at: wish.start, client_id: giver.id }]);
  const links = [await linkOf(giver), await linkOf(client)];
  for (const link of links) expect((await feedOf(link)).events).toEqual([]);
  expect((await post(path, { form, pay: 'later' })).status).toBe(303);
  for (const link of links)
    expect((await feedOf(link)).events).toMatchObject([{ starts: wish.start, sequence: 0, status: 'CONFIRMED' }]);
});

test('a new link makes the one before void; of the token only the hash is kept', async () => {
  const person = await personOf(api, 'client');
  const [first, second] = [await linkOf(person), await linkOf(person)];
  expect((await fetch(first)).status).toBe(404);
  expect((await fetch(second)).status).toBe(200);
  const token = String(/([\w-]{43})\.ics$/.exec(second)?.[1]);
  const kept = await api.db.any(
    sql.type(z.object({ hash: z.string() }))`
      select encode(token_hash, 'hex') as hash from calendar_links where user_id = ${person.id}`,
  );
  expect(kept).toHaveLength(1);
  expect(JSON.stringify(kept)).not.toContain(Buffer.from(token).toString('hex'));
  await api.db.query(sql.unsafe`update users set is_active = false where id = ${person.id}`);
  expect((await fetch(second)).status).toBe(404);
  expect((await fetch(second, { method: 'POST' })).status).toBe(405);
});

test('an address that guesses is stopped, and each guess is a 404', async () => {
  const statuses = new Set<number>();
  for (let tries = 0; tries < 40; tries += 1) statuses.add((await fetch(`${api.url}/calendar/${'x'.repeat(43)}.ics`)).status);
  expect([...statuses]).toEqual([404, 429]);
});
