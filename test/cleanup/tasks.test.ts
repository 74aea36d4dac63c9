import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { writeTasks } from '../../sql/tasks/tasks.ts';
import { emptyTables } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
beforeEach(() => emptyTables(api.db, 'admin_tasks'));
afterAll(() => api.close());

const titles = async (query = '') => (await api.get(`/api/tasks${query}`)).body.items.map((task: Json) => task.title);
const write = (title: string, more = {}) => api.post('/api/tasks', { title, ...more });

test('a task is written, read, done once, and keeps who did it first', async () => {
  const written = await write('Позвонить', { kind: 'call', details: { student_id: 7 }, dedupe_key: 'call:7' });
  expect(written).toMatchObject({
    status: 201,
    body: { id: 1, kind: 'call', title: 'Позвонить', details: { student_id: 7 }, done_at: null, done_by: null, hidden_at: null },
  });
  const done = await api.post('/api/tasks/1/done');
  expect(done).toMatchObject({ status: 200, body: { id: 1, done_at: expect.any(String), done_by: 'key-1' } });
  const other = await api.key('tasks:write');
  expect((await api.post('/api/tasks/1/done', {}, { key: other })).body).toEqual(done.body);
});

test('a task noted as done by mistake is open again, also one that was hidden since; a second time changes nothing', async () => {
  await write('Позвонить');
  await api.post('/api/tasks/1/done');
  await api.db.query(sql.unsafe`update admin_tasks set hidden_at = now() where id = 1`);
  const reopened = await api.post('/api/tasks/1/reopen');
  expect(reopened).toMatchObject({ status: 200, body: { done_at: null, done_by: null, hidden_at: null } });
  expect((await api.post('/api/tasks/1/reopen')).body).toEqual(reopened.body);
  expect(await titles('?status=open')).toEqual(['Позвонить']);
  expect(await api.post('/api/tasks/9/reopen')).toMatchObject({ status: 404 });
});

test('under a key a task is written once, also after it was done', async () => {
  await write('один', { dedupe_key: 'k' });
  await api.post('/api/tasks/1/done');
  expect(await write('два', { dedupe_key: 'k' })).toMatchObject({
    status: 409,
    body: { detail: 'there is a task with this dedupe_key already' },
  });
  const tasks = [
    { kind: 'a', title: 'три', dedupe: 'k' },
    { kind: 'a', title: 'четыре', dedupe: 'l' },
  ];
  expect(await writeTasks(api.db, tasks)).toBe(1);
  expect(await writeTasks(api.db, tasks)).toBe(0);
  expect(await titles()).toEqual(['четыре', 'один']);
});

test('a list is narrowed by status and kind, and shows hidden tasks only when asked to', async () => {
  for (const [title, kind] of [
    ['открыта', 'a'],
    ['сделана', 'a'],
    ['скрыта', 'b'],
  ])
    await write(title as string, { kind });
  for (const id of [2, 3]) await api.post(`/api/tasks/${id}/done`);
  await api.db.query(sql.unsafe`update admin_tasks set hidden_at = now() where id = 3`);
  expect(await titles()).toEqual(['сделана', 'открыта']);
  expect(await titles('?hidden=false')).toEqual(['сделана', 'открыта']);
  expect(await titles('?hidden=true')).toEqual(['скрыта', 'сделана', 'открыта']);
  expect(await titles('?status=open')).toEqual(['открыта']);
  expect(await titles('?status=done')).toEqual(['сделана']);
  expect(await titles('?status=done&hidden=true&kind=b')).toEqual(['скрыта']);
});

test('pages follow one another without a gap while tasks come in', async () => {
  for (const title of ['1', '2', '3', '4', '5']) await write(title);
  const first = (await api.get('/api/tasks?limit=2')).body;
  await write('6');
  const second = (await api.get(`/api/tasks?limit=2&cursor=${first.next_cursor}`)).body;
  const third = (await api.get(`/api/tasks?limit=2&cursor=${second.next_cursor}`)).body;
  const seen = [first, second, third].flatMap((page) => page.items.map((task: Json) => task.title));
  expect(seen).toEqual(['5', '4', '3', '2', '1']);
  expect(third.next_cursor).toBeNull();
});

test.each([
  ['POST', '/api/tasks', {}, 422, 'title'],
  ['POST', '/api/tasks', { title: ' ' }, 422, 'title'],
  ['POST', '/api/tasks', { title: 'x'.repeat(501) }, 422, 'title'],
  ['POST', '/api/tasks', { title: 'x', kind: 'Not a kind' }, 422, 'kind'],
  ['POST', '/api/tasks', { title: 'x', details: [] }, 422, 'details'],
  ['POST', '/api/tasks', { title: 'x', dedupe_key: '' }, 422, 'dedupe_key'],
  ['POST', '/api/tasks', { title: 'x', done_at: '2026-01-01' }, 422, 'done_at'],
  ['POST', '/api/tasks/1/done', { by: 'me' }, 422, 'by'],
  ['GET', '/api/tasks?status=hidden', undefined, 422, 'status'],
  ['GET', '/api/tasks?hidden=yes', undefined, 422, 'hidden'],
  ['GET', '/api/tasks?limit=201', undefined, 422, 'limit'],
  ['GET', '/api/tasks?cursor=abc', undefined, 422, 'cursor'],
] as const)('%s %s %j is a %i at %s', async (method, path, body, status, field) => {
  const answer = await api.ask(method, path, { body });
  expect({ status: answer.status, at: answer.body.errors?.[0]?.path }).toEqual({ status, at: field });
});

test('an unknown task is a 404, a key of another scope a 403, text with a NUL inside the details a 422', async () => {
  expect(await api.post('/api/tasks/77/done')).toMatchObject({ status: 404, body: { detail: 'there is no task 77' } });
  const reader = await api.key('tasks:read');
  expect(await api.get('/api/tasks', { key: reader })).toMatchObject({ status: 200 });
  expect(await api.post('/api/tasks', { title: 'x' }, { key: reader })).toMatchObject({ status: 403 });
  expect(await api.post('/api/tasks/1/done', {}, { key: reader })).toMatchObject({ status: 403 });
  expect(await api.get('/api/tasks', { key: await api.key('tasks:write') })).toMatchObject({ status: 403 });
  expect(await write('x', { details: { note: 'a\u0000b' } })).toMatchObject({ status: 422 });
});

test('with an Idempotency-Key a repeated task is one task', async () => {
  const headers = { 'Idempotency-Key': 'task-1' };
  const first = await api.post('/api/tasks', { title: 'раз' }, { headers });
  expect((await api.post('/api/tasks', { title: 'раз' }, { headers })).body).toEqual(first.body);
  expect(await titles()).toEqual(['раз']);
});
