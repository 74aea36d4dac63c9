import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, addYears } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
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
  const details = { person_id: id, consent_id: body.id, erase_by: inDays(30) };
  expect(await tasks('open')).toEqual([details]);
  expect((await api.post(`/api/people/${id}/erase`)).status).toBe(200);
  expect(await tasks('open')).toEqual([]);
  expect(await tasks('done')).toEqual([details]);
});
