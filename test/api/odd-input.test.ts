import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { refuseOddJson } from '../../api/http/strict-json.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const JSON_TYPE = { 'Content-Type': 'application/json' };
const raw = (text: string | Uint8Array, headers = {}) =>
  api.post('/api/tasks', undefined, { raw: text as string, headers: { ...JSON_TYPE, ...headers } });
const nested = (depth: number) => `{"title": "x", "details": ${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;

describe('a body that JSON.parse would take as something else', () => {
  test.each([
    ['a name twice', '{"title": "a", "title": "b"}', 'title'],
    ['a name twice, once with an escape', '{"title": "a", "t\\u0069tle": "b"}', 'title'],
    ['a name twice deep inside', '{"title": "a", "details": {"list": [1, {"x": 1, "x" : 2}]}}', 'x'],
  ])('%s is refused, naming it', async (_, text, path) => {
    expect(await raw(text)).toMatchObject({
      status: 422,
      body: { errors: [{ path, message: 'this name stands twice in one object' }] },
    });
  });

  test.each([
    ['{"a": {"x": 1}, "b": {"x": 1}, "c": ["x", "x"], "d": "\\"x\\": \\"x\\":", "x": "a", "\\\\": 1}'],
    ['{"a": "{\\"a\\": 1, \\"a\\": 2}"}'],
    ['not JSON at "all'],
  ])('%s is left alone', (text) => {
    expect(() => refuseOddJson(text)).not.toThrow();
  });

  test('bytes that are no UTF-8, and another character set', async () => {
    const bytes = Buffer.concat([Buffer.from('{"title": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(await raw(bytes)).toMatchObject({ status: 422, body: { detail: 'the body is not valid UTF-8' } });
    const wide = Buffer.from('{"title": "x"}', 'utf16le');
    expect(await raw(wide, { 'Content-Type': 'application/json; charset=utf-16' })).toMatchObject({ status: 415 });
  });
});

test.each([
  [31, 201],
  [32, 422],
  [3_000, 422],
  [15_000, 422],
])('a body nested %d levels deep inside one is answered with %d', async (depth, status) => {
  expect(await raw(nested(depth))).toMatchObject({ status });
});

describe('an answer is not many times what was asked', () => {
  const refusedFor = async (body: object) => {
    const asked = JSON.stringify(body);
    const answer = await raw(asked);
    return { answer, ratio: answer.text.length / (asked.length + 300) };
  };
  test.each([
    ['6,000 unknown fields', Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`f${n}`, 1])), 20],
    ['a long unknown name', { ['x'.repeat(90_000)]: 1 }, 2],
    ['many wrong details', { title: 'x', details: [], kind: 1, dedupe_key: [] }, 4],
  ])('%s', async (_, body, errors) => {
    const { answer, ratio } = await refusedFor(body);
    expect({ status: answer.status, errors: answer.body.errors.length, isSmall: ratio < 20 }).toEqual({
      status: 422,
      errors,
      isSmall: true,
    });
    if (errors === 20) expect(answer.body.detail).toContain('5981 more faults are not listed');
  });

  test('a list shows short details, and has no more characters than a page may have', async () => {
    const pad = (length: number) => ({ pad: 'x'.repeat(length) });
    const short = await api.post('/api/tasks', { title: 'short', details: pad(1_900) });
    const long = await api.post('/api/tasks', { title: 'long', details: pad(2_000) });
    const { body } = await api.get('/api/tasks?limit=2');
    expect(body.items.map(({ details }: { details: unknown }) => details)).toEqual([null, pad(1_900)]);
    expect((await api.get(`/api/tasks/${long.body.id}`)).body).toEqual(long.body);
    expect((await api.get(`/api/tasks/${short.body.id}`)).body).toEqual(short.body);
    expect(await api.get('/api/tasks/99999')).toMatchObject({ status: 404 });

    await api.db.query(sql.unsafe`
      insert into admin_tasks (kind, title, details) select 'heavy', repeat('ж', 490) || n, ${sql.jsonb(pad(1_900))}
      from generate_series(1, 250) n`);
    const ids: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await api.get(`/api/tasks?kind=heavy&limit=200${cursor && `&cursor=${cursor}`}`);
      expect(page.text.length).toBeLessThan(520_000);
      ids.push(...page.body.items.map(({ id }: { id: number }) => id));
      cursor = page.body.next_cursor;
    }
    expect(ids).toEqual([...new Set(ids)].sort((item, other) => other - item));
    expect(ids).toHaveLength(250);
  });
});

test('a wallet holds what can be counted exactly, and no kopeck more', async () => {
  const student = await studio(api.db).student();
  await api.db.query(sql.unsafe`
    insert into wallet_transactions (user_id, amount_minor, kind) values (${student}, ${Number.MAX_SAFE_INTEGER - 150}, 'adjustment')`);
  const pay = (amount_minor: number) => api.post(`/api/students/${student}/payments`, { amount_minor });
  expect(await pay(151)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('a wallet holds at most') } });
  expect(await pay(150)).toMatchObject({ status: 201, body: { balance_minor: Number.MAX_SAFE_INTEGER } });
  expect(await api.get(`/api/students/${student}/wallet`)).toMatchObject({
    status: 200,
    body: { balance_minor: Number.MAX_SAFE_INTEGER },
  });
});
