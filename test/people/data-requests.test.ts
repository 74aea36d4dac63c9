import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addWeekdays } from '../../queues/time/weekdays.ts';
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

const note = (id: number, kind: string, more: Json = {}) => api.post(`/api/people/${id}/data-requests`, { kind, ...more });
const list = async (id: number) => (await api.get(`/api/people/${id}/data-requests`)).body.items as Json[];
const file = (id: number, request: number) => api.post(`/api/people/${id}/data-requests/${request}/file`);
const finish = (task: number, body: Json = {}) => api.post(`/api/tasks/${task}/done`, body);
const task = async (id: number) => (await api.get(`/api/tasks/${id}`)).body as Json;
const named = (id: number, first: string, last: string) =>
  api.db.query(sql.unsafe`update users set first_name = ${first}, last_name = ${last} where id = ${id}`);

test.each([
  ['a Friday', '2026-11-27', '2026-12-11'],
  ['a Saturday', '2026-11-28', '2026-12-11'],
  ['a Sunday', '2026-11-29', '2026-12-11'],
  ['a Monday', '2026-11-30', '2026-12-14'],
])('ten weekdays after %s: %s -> %s, holidays or not', (_what, day, due) => expect(addWeekdays(day, 10)).toBe(due));

test('a request is a task with its deadline; asked again, the first deadline stays', async () => {
  const id = await make.student();
  await named(id, 'Аглая', 'Просилова');
  const asked = await note(id, 'show', { asked_on: inDays(-5), note: 'по почте' });
  expect(asked).toMatchObject({
    status: 201,
    body: { kind: 'show', asked_on: inDays(-5), due_on: addWeekdays(inDays(-5), 10), note: 'по почте', done_at: null },
  });
  expect((await note(id, 'show')).body).toEqual(asked.body);
  expect(await task(asked.body.id)).toMatchObject({
    kind: 'data_show',
    title: `Аглая Просилова: просьба показать свои данные. Передайте файл не позднее ${asked.body.due_on}`,
    details: { person_id: id, asked_on: inDays(-5), due_on: asked.body.due_on, note: 'по почте' },
    created_by: 'key-1',
  });
  const other = await note(id, 'correct', { note: 'ы'.repeat(500) });
  // However much was said, the list of tasks knows when it is due.
  const { items } = (await api.get('/api/tasks?kind=data_correct&limit=1')).body as Json;
  expect(items).toMatchObject([{ id: other.body.id, details: { due_on: other.body.due_on } }]);
  expect((await note(id, 'erase', { note: 'ы'.repeat(501) })).status).toBe(422);
  expect(other.body.due_on).toBe(addWeekdays(today(), 10));
  expect((await list(id)).map(({ kind }) => kind)).toEqual(['show', 'correct']);
  expect(await note(id, 'show', { asked_on: inDays(1) })).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'asked_on' }] },
  });
  expect((await note(2_147_483_647, 'show')).status).toBe(404);
  expect((await api.get('/api/people/2147483647/data-requests')).status).toBe(404);
});

test('to see the data is answered by the file, once; it is kept by no key of a request', async () => {
  const id = await make.student();
  const { body } = await note(id, 'show');
  expect(await file(id, body.id)).toMatchObject({ status: 200, body: { person_id: id, tables: { users: [{ id }] } } });
  const [first] = await list(id);
  expect(first).toMatchObject({ id: body.id, done_at: expect.any(String), answer: null });
  expect((await file(id, body.id)).status).toBe(200);
  expect(await list(id)).toEqual([first]);
  const next = await note(id, 'show');
  expect(next.body.id).not.toBe(body.id);
  const other = await note(id, 'correct');
  expect((await file(id, other.body.id)).status).toBe(409);
  expect((await file(await make.student(), next.body.id)).status).toBe(404);
  expect((await file(id, 2_147_483_647)).status).toBe(404);
  const url = `/api/people/${id}/data-requests/${next.body.id}/file`;
  expect((await api.post(url, undefined, { key: await api.key('records:write') })).status).toBe(403);
  expect((await api.post(url, undefined, { headers: { 'Idempotency-Key': 'once' } })).status).toBe(422);
  expect((await list(id)).filter(({ done_at }) => done_at === null)).toHaveLength(2);
});

test('by hand it is done with a word of what was answered; reopened it waits again, unless a newer one does', async () => {
  const id = await make.student();
  const { body } = await note(id, 'correct', { note: 'фамилия с ошибкой' });
  expect(await finish(body.id)).toMatchObject({ status: 422, body: { errors: [{ path: 'answer' }] } });
  expect((await finish(body.id, { answer: '' })).status).toBe(422);
  expect((await finish(body.id, { answer: 'исправлено' })).status).toBe(200);
  // Done already: nothing changes, whatever is said.
  expect((await finish(body.id)).body.details.answer).toBe('исправлено');
  expect((await finish(body.id, { answer: 'иначе' })).body.details.answer).toBe('исправлено');
  expect(await list(id)).toMatchObject([{ answer: 'исправлено', note: 'фамилия с ошибкой' }]);
  expect((await api.post(`/api/tasks/${body.id}/reopen`)).body).toMatchObject({ done_at: null });
  expect(await list(id)).toMatchObject([{ done_at: null, answer: null }]);
  await finish(body.id, { answer: 'исправлено' });
  const newer = await note(id, 'correct');
  expect((await api.post(`/api/tasks/${body.id}/reopen`)).body.done_at).toEqual(expect.any(String));
  expect((await list(id)).map((one) => [one.id, one.done_at === null])).toEqual([
    [newer.body.id, true],
    [body.id, false],
  ]);
  const plain = await api.post('/api/tasks', { title: 'x' });
  expect((await finish(plain.body.id)).status).toBe(200);
});

test('a request to keep nothing withdraws the consent, too: one task, due in 30 days', async () => {
  const consentOf = async (id: number, kind: string) =>
    (await api.post(`/api/people/${id}/consents`, { kind, text_version: '1' })).body.id as number;
  const [first, second] = [await make.student(), await make.student()];
  const [kept] = [await consentOf(first, 'photos'), await consentOf(first, 'processing')];
  expect((await note(first, 'stop')).body).toMatchObject({ kind: 'stop', due_on: inDays(30) });
  const consents = (await api.get(`/api/people/${first}/consents`)).body.items as Json[];
  expect(consents.filter(({ is_valid }) => is_valid).map(({ id }) => id)).toEqual([kept]);
  const given = await consentOf(second, 'processing');
  await api.post(`/api/people/${second}/consents/${given}/withdraw`);
  const [withdrawn] = await list(second);
  expect(withdrawn).toMatchObject({ kind: 'stop', asked_on: today(), due_on: inDays(30) });
  expect((await note(second, 'stop', { asked_on: inDays(-9) })).body.id).toBe(withdrawn?.id);
  for (const id of [first, second]) expect(await list(id)).toHaveLength(1);
});

test('one asks for oneself and for one’s child, as of today, and nobody else does', async () => {
  const [child, stranger] = [await make.student(), await make.student()];
  const parent = await personOf(api, 'guardian', { children: [child] });
  const ask = (id: number, body: Json = { kind: 'correct', note: 'опечатка' }) =>
    parent.ask('POST', `/api/people/${id}/data-requests`, body);
  expect([(await ask(parent.id)).status, (await ask(child)).status, (await ask(stranger)).status]).toEqual([201, 201, 404]);
  expect((await ask(child, { kind: 'show', asked_on: inDays(-30) })).status).toBe(403);
  expect((await parent.ask('GET', `/api/people/${child}/data-requests`)).body.items).toMatchObject([{ note: 'опечатка' }]);
  expect((await parent.ask('GET', `/api/people/${stranger}/data-requests`)).status).toBe(404);
  const { body } = await note(parent.id, 'show');
  expect((await parent.ask('POST', `/api/people/${parent.id}/data-requests/${body.id}/file`)).status).toBe(403);
});

const done = z.object({
  kind: z.string(),
  title: z.string(),
  details: z.record(z.string(), z.unknown()),
  done_by: z.string().nullable(),
});
const tasksOf = (id: number) =>
  api.db.any(sql.type(done)`select kind, title, details, done_by from admin_tasks where user_id = ${id} order by id`);

test('erasing answers what is open, and leaves no word of it', async () => {
  const id = await make.student();
  await named(id, 'Евлампия', 'Стёртова');
  const { body } = await note(id, 'show', { note: 'сокровенное' });
  await file(id, body.id);
  for (const kind of ['show', 'correct', 'erase', 'stop']) await note(id, kind, { note: 'сокровенное' });
  expect((await api.get(`/api/people/${id}/data`)).body.tables.admin_tasks[0].details.note).toBe('сокровенное');
  expect((await api.post(`/api/people/${id}/erase`)).status).toBe(200);
  expect((await tasksOf(id)).map(({ title, details, done_by }) => [title, details, done_by])).toEqual([
    ['-', {}, 'key-1'],
    ...Array.from({ length: 4 }, () => ['-', {}, 'erasure']),
  ]);
  expect(await list(id)).toEqual([]);
  expect(await note(id, 'show')).toMatchObject({ status: 409, body: { detail: `person ${id} was erased` } });
});

test('merged, both requests are the kept one’s; of two alike the earlier deadline stays', async () => {
  const [kept, gone] = [await make.student(), await make.student()];
  const early = await note(gone, 'show', { asked_on: inDays(-6) });
  const late = await note(kept, 'show');
  const own = await note(kept, 'erase', { asked_on: inDays(-6) });
  const later = await note(gone, 'erase');
  const alone = await note(gone, 'correct');
  expect((await api.post(`/api/clients/${kept}/merge`, { other_id: gone })).status).toBe(200);
  const all = await list(kept);
  expect(
    all
      .filter(({ done_at }) => done_at === null)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual([early, own, alone].map(({ body }) => body.id).toSorted());
  expect(
    all
      .filter(({ done_at }) => done_at !== null)
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual([late, later].map(({ body }) => body.id).toSorted());
  expect((await task(alone.body.id)).details.person_id).toBe(kept);
  expect(await note(gone, 'show')).toMatchObject({ status: 409, body: { merged_into: kept } });
});
