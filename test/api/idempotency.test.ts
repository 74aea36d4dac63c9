import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from '../../api/http/idempotency.ts';
import type { Context } from '../../api/http/route.ts';
import { findAnswer, tryIdempotencyLock } from '../../sql/auth/idempotency.ts';
import { sql } from '../../sql/database/database.ts';
import { monday } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { rowCounts } from '../support/row-counts.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const TRIGGER = '/real-trainings/generate-next-week';
const TYPE = { name: 'Йога', max_participants: 10, duration_minutes: 60 };
let last = 0;
function newKey() {
  last += 1;
  return { headers: { 'Idempotency-Key': `k-${last}` } };
}
const keyOf = ({ headers }: ReturnType<typeof newKey>) => headers['Idempotency-Key'];

const cases: [string, string, object, object, number][] = [
  ['a record', '/api/training-types', TYPE, { ...TYPE, name: 'Дзюдо' }, 201],
  ['a trigger', TRIGGER, { week_start: monday() }, { week_start: monday(1) }, 202],
];
describe.each(cases)('%s', (_, path, body, other, status) => {
  test('the same key and body get the same answer, and it is done once', async () => {
    const key = newKey();
    const first = await api.post(path, body, key);
    expect(first.status).toBe(status);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const before = await rowCounts(api.db);
    const second = await api.post(path, Object.fromEntries(Object.entries(body).reverse()), key);
    expect(second).toMatchObject({ status, text: first.text });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(await rowCounts(api.db)).toEqual(before);
  });

  test('the same key with another body is refused', async () => {
    const key = newKey();
    await api.post(path, other, key);
    const before = await rowCounts(api.db);
    const refused = await api.post(path, { ...other, ...('name' in other ? { name: 'Бокс' } : { again: true }) }, key);
    expect(refused).toMatchObject({ status: 422, body: { detail: 'this Idempotency-Key was used for another request' } });
    expect(await rowCounts(api.db)).toEqual(before);
  });
});

test('a waiting trigger stores the result it waited for', async () => {
  const key = newKey();
  const waiting = { headers: { ...key.headers, Prefer: 'wait=20' } };
  const week = { week_start: monday(2) };
  await api.startWorker();
  const first = await api.post(TRIGGER, week, waiting);
  expect(first).toMatchObject({ status: 200, body: { created_count: 0 } });
  expect(await api.post(TRIGGER, week, waiting)).toMatchObject({ status: 200, text: first.text });
});

test('a key belongs to its route as well', async () => {
  const key = newKey();
  await api.post('/api/locations', { name: 'Север' }, key);
  expect(await api.post('/api/training-types', TYPE, key)).toMatchObject({ status: 422 });
});

test('a twin that comes while the first is being answered is told so', async () => {
  const key = newKey();
  await api.db.transaction(async (transaction) => {
    expect(await tryIdempotencyLock(transaction, { caller: '#1', key: keyOf(key) })).toBe(true);
    const twin = await api.post('/api/locations', { name: 'Юг' }, key);
    expect(twin).toMatchObject({
      status: 409,
      body: { detail: 'a request with this Idempotency-Key is being answered right now' },
    });
  });
  expect(await api.post('/api/locations', { name: 'Юг' }, key)).toMatchObject({ status: 201 });
});

test('of many twins at once one acts', async () => {
  const key = newKey();
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.post('/api/locations', { name: 'Запад' }, key)));
  expect(answers.filter((answer) => answer.status === 201 && !answer.headers.has('idempotent-replayed'))).toHaveLength(1);
  for (const { status } of answers) expect([201, 409]).toContain(status);
});

test('a crash between the effect and the answer leaves neither', async () => {
  const key = newKey();
  const before = await rowCounts(api.db);
  const context = { fleet: api.fleet, caller: { id: 1, name: 'key-1', scopes: [] } } as unknown as Context;
  const crash = once(keyOf(key), { method: 'POST', path: '/api/locations' }, {}, context, async ({ db }) => {
    await db.query(sql.unsafe`insert into locations (name) values ('Восток')`);
    throw new Error('crash');
  });
  await expect(crash).rejects.toThrow('crash');
  expect(await rowCounts(api.db)).toEqual(before);
  expect(await api.post('/api/locations', { name: 'Восток' }, key)).toMatchObject({ status: 201 });
});

test('a refusal is not kept: the mended request may use the key', async () => {
  const key = newKey();
  await api.post('/api/locations', { name: 'Центр' });
  expect(await api.post('/api/locations', { name: 'Центр' }, key)).toMatchObject({ status: 409 });
  expect(await findAnswer(api.db, { caller: '#1', key: keyOf(key) })).toBeNull();
  expect(await api.post('/api/locations', { name: 'Центр-2' }, key)).toMatchObject({ status: 201 });
});

test('the keys of two callers do not meet', async () => {
  const key = newKey();
  const [one, two] = [await api.key('records:write'), await api.key('records:write')];
  expect(await api.post('/api/locations', { name: 'Лес' }, { ...key, key: one })).toMatchObject({ status: 201 });
  const other = await api.post('/api/locations', { name: 'Поле' }, { ...key, key: two });
  expect(other).toMatchObject({ status: 201, body: { name: 'Поле' } });
});

test.each([
  ['23:59', 'the answer is still there', 201, 'true'],
  ['24:01', 'the key is new again', 201, null],
])('after %s hours %s', async (age, _, status, replayed) => {
  const key = newKey();
  const first = await api.post('/api/locations', { name: `Сад ${age}` }, key);
  await api.db.query(sql.unsafe`update idempotency_keys set created_at = now() - ${age}::interval where key = ${keyOf(key)}`);
  const again = await api.post('/api/locations', { name: replayed ? `Сад ${age}` : `Парк ${age}` }, key);
  expect(again.status).toBe(status);
  expect(again.headers.get('idempotent-replayed')).toBe(replayed);
  expect(again.body.id === first.body.id).toBe(replayed === 'true');
});

test('many dry runs with keys at once do not starve each other of connections', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => api.post(TRIGGER, { week_start: monday(3), dry_run: true }, newKey())),
  );
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
});
