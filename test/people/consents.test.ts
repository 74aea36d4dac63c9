import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, addYears, startOfDay } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { askThoseOfAge } from '../../workers/cleanup/coming-of-age.ts';
import { inHours } from '../bookings/salon.ts';
import { inDays, today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());

const give = (id: number, kind: string, more: Json = {}) =>
  api.post(`/api/people/${id}/consents`, { kind, text_version: '2026-11', ...more });
const list = async (id: number) => (await api.get(`/api/people/${id}/consents`)).body.items as Json[];
const withdraw = (id: number, consent: number) => api.post(`/api/people/${id}/consents/${consent}/withdraw`);
const born = (id: number, day: string) => api.db.query(sql.unsafe`update users set birth_date = ${day}::date where id = ${id}`);
const waiting = (id: number) =>
  api.db.anyFirst(sql.type(z.object({ status: z.string() }))`select status from notifications where user_id = ${id} order by id`);

test('a consent is one document, given once; withdrawn and given again it is another', async () => {
  const id = await make.student();
  const first = await give(id, 'photos');
  expect(first).toMatchObject({ status: 201, body: { kind: 'photos', given_by: `person:${id}`, is_valid: true } });
  expect((await give(id, 'photos')).body).toEqual(first.body);
  expect((await withdraw(id, first.body.id)).body).toMatchObject({ is_valid: false });
  const at = (await withdraw(id, first.body.id)).body.withdrawn_at;
  expect((await list(id))[0]).toMatchObject({ withdrawn_at: at });
  expect((await give(id, 'photos')).body.id).not.toBe(first.body.id);
  expect(await list(id)).toHaveLength(2);
  expect((await withdraw(await make.student(), first.body.id)).status).toBe(404);
  expect((await give(2_147_483_647, 'photos')).status).toBe(404);
});

test('for a child a guardian consents until the day of being 18; then it is asked anew', async () => {
  const child = await make.student();
  await born(child, addDays(addYears(today(), -18), 1));
  expect((await give(child, 'processing')).status).toBe(409);
  const parent = await personOf(api, 'guardian', { children: [child] });
  expect((await give(child, 'processing', { given_by: child })).status).toBe(409);
  const given = await parent.ask('POST', `/api/people/${child}/consents`, { kind: 'processing', text_version: '2026-11' });
  expect(given).toMatchObject({ status: 201, body: { given_by: `person:${parent.id}`, is_valid: true } });
  await born(child, addYears(today(), -18));
  await api.db.query(sql.unsafe`update consents set given_at = now() - interval '2 days' where user_id = ${child}`);
  expect(await list(child)).toMatchObject([{ is_valid: false, withdrawn_at: null }]);
  expect((await give(child, 'processing', { given_by: parent.id })).status).toBe(409);
  expect((await give(child, 'processing')).body).toMatchObject({ given_by: `person:${child}`, is_valid: true });
});

test.each([
  ['00:10', true],
  ['23:50 the day before', false],
])('the 18th birthday begins at the studio’s midnight: what was given at %s counts as one’s own: %s', async (at, isOwn) => {
  const id = await make.student();
  await born(id, addYears(today(), -18));
  const midnight = startOfDay(today(), 'Europe/Moscow');
  const given = new Date(Date.parse(midnight) + (at === '00:10' ? 10 : -10) * 60_000).toISOString();
  await api.db.query(sql.unsafe`
    insert into consents (user_id, kind, text_version, given_by, given_at)
    values (${id}, 'photos', '2026-11', ${`person:${id}`}, ${given}::timestamptz)`);
  expect(await list(id)).toMatchObject([{ is_valid: isOwn }]);
});

test('somebody else’s consents are nobody’s business', async () => {
  const [stranger, client] = [await make.student(), await personOf(api, 'client')];
  expect((await client.ask('GET', `/api/people/${stranger}/consents`)).status).toBe(404);
  const wish = { kind: 'marketing', text_version: '2026-11' };
  expect((await client.ask('POST', `/api/people/${stranger}/consents`, wish)).status).toBe(404);
  const own = await client.ask('POST', `/api/people/${client.id}/consents`, wish);
  expect(own.status).toBe(201);
  expect((await client.ask('POST', `/api/people/${client.id}/consents/${own.body.id}/withdraw`)).status).toBe(200);
});

test('an offer needs a consent, and withdrawn it is sent no more; everything else still is', async () => {
  const id = await make.student();
  const write = (isMarketing: boolean) =>
    api.post(`/api/people/${id}/messages`, { text: 'Здравствуйте', is_marketing: isMarketing });
  expect((await write(true)).status).toBe(409);
  const { body } = await give(id, 'marketing');
  expect([(await write(true)).status, (await write(false)).status]).toEqual([202, 202]);
  expect(await waiting(id)).toEqual(['pending', 'pending']);
  await withdraw(id, body.id);
  expect(await waiting(id)).toEqual(['skipped', 'pending']);
  expect((await write(true)).status).toBe(409);
});

test('without a consent to keep data a task says by when to erase it, once; erasing does it', async () => {
  const id = await make.student();
  const { body } = await give(id, 'processing');
  const tasks = async (status: string) =>
    ((await api.get(`/api/tasks?kind=erase_person&status=${status}`)).body.items as Json[]).map(({ details }) => details);
  await withdraw(id, body.id);
  await withdraw(id, body.id);
  const details = { person_id: id, consent_id: body.id, asked_on: today(), due_on: inDays(30) };
  expect(await tasks('open')).toEqual([details]);
  expect((await api.post(`/api/people/${id}/erase`)).status).toBe(200);
  expect(await tasks('open')).toEqual([]);
  // What was erased says no more what it was.
  expect(await tasks('done')).toEqual([{}]);
  expect((await withdraw(id, body.id)).status).toBe(200);
  expect(await tasks('open')).toEqual([]);
});

/** The night's look at who came of age, in batches of one; the tasks of some people. */
async function tasksAtEighteen(date: string, ids: number[]) {
  if (!('batch' in askThoseOfAge)) throw new TypeError('it works in batches');
  const { batch } = askThoseOfAge;
  for (let twice = 0; twice < 2; twice += 1) {
    let [after, isLast]: [string | number | null, boolean] = [null, false];
    while (!isLast)
      ({ after, isLast } = await api.db.transaction((transaction) =>
        batch(transaction, { date, settings: api.fleet.settings } as never, after, 1),
      ));
  }
  const { items } = (await api.get('/api/tasks?kind=consent_at_18&limit=200')).body as Json;
  return items.map(({ details }: Json) => details).filter(({ person_id }: Json) => ids.includes(person_id));
}

test('a student who turns 18 is asked anew for what a guardian consented to: one task, from that day on, unless they consented since', async () => {
  const birthday = addYears(today(), -18);
  const [now, tomorrow, asked, gone] = [await make.student(), await make.student(), await make.student(), await make.student()];
  for (const child of [now, tomorrow, asked, gone]) {
    await born(child, addDays(birthday, 1));
    const parent = await personOf(api, 'guardian', { children: [child] });
    for (const kind of ['processing', 'photos']) expect((await give(child, kind, { given_by: parent.id })).status).toBe(201);
    await api.db.query(sql.unsafe`update consents set given_at = now() - interval '9 days' where user_id = ${child}`);
    if (child !== tomorrow) await born(child, birthday);
  }
  for (const kind of ['processing', 'photos']) expect((await give(asked, kind)).status).toBe(201);
  await api.db.query(sql.unsafe`update users set is_active = false where id = ${gone}`);
  const all = [now, tomorrow, asked, gone];
  expect(await tasksAtEighteen(today(), all)).toEqual([{ person_id: now, kinds: ['photos', 'processing'], since: today() }]);
  expect(await tasksAtEighteen(inDays(1), all)).toHaveLength(2);
});

test('a leak is two tasks, due 24 and 72 hours after it was found', async () => {
  const key = await api.key('tasks:write');
  const noted = await api.post('/api/leaks', { what: 'a laptop was stolen', found_at: inHours(-3) }, { key });
  expect(noted.status).toBe(201);
  const { found_at, notify_by, report_by } = noted.body;
  expect([Date.parse(notify_by) - Date.parse(found_at), Date.parse(report_by) - Date.parse(found_at)]).toEqual([
    24 * 3_600_000,
    72 * 3_600_000,
  ]);
  expect(Math.abs(Date.parse(inHours(-3)) - Date.parse(found_at))).toBeLessThan(3_600_000);
  const { items } = (await api.get('/api/tasks?limit=2')).body as Json;
  expect(items.map(({ kind, details }: Json) => [kind, details])).toEqual([
    ['leak_report', { what: 'a laptop was stolen', found_at, due_at: report_by }],
    ['leak_notify', { what: 'a laptop was stolen', found_at, due_at: notify_by }],
  ]);
  for (const wrong of [inHours(1), 'yesterday'])
    expect(await api.post('/api/leaks', { what: 'x', found_at: wrong })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'found_at' }] },
    });
  // The same leak noted twice is one; by default it was found now.
  await api.post('/api/leaks', { what: 'a laptop was stolen', found_at }, { key });
  const open = (await api.get('/api/tasks?kind=leak_notify')).body.items as Json[];
  expect(open).toHaveLength(1);
  expect(Date.now() - Date.parse((await api.post('/api/leaks', { what: 'x' }, { key })).body.found_at)).toBeLessThan(3_600_000);
  expect((await api.post('/api/leaks', { what: 'x' }, { key: await api.key('tasks:read') })).status).toBe(403);
});
