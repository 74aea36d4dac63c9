import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKey, newSecret, revokeKey } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

test.each([
  ['GET', '/api/students', 200],
  ['GET', '/api/students/77', 404],
  ['POST', '/api/locations', 422],
  ['GET', '/openapi.json', 200],
  ['GET', '/metrics', 200],
  ['GET', '/queues/api/queues', 200],
  ['GET', '/nowhere', 404],
])('%s %s is kept by nobody on the way', async (method, path, status) => {
  const answer = await api.ask(method, path, method === 'POST' ? { body: {} } : {});
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store']);
});

test('without a key neither, and files that are the same for everybody may be kept', async () => {
  expect((await api.get('/api/students', { key: null })).headers.get('cache-control')).toBe('no-store');
  expect((await api.get('/docs/swagger-ui.css')).headers.get('cache-control')).toContain('public');
});

describe('a key that is not let in any more', () => {
  const stream = async (key: string) => {
    const specialist = await salon(api.db).specialist([]);
    const response = await fetch(`${api.url}/slots/stream?specialist_id=${specialist}`, { headers: { 'X-API-Key': key } });
    expect(response.status).toBe(200);
    let isOver = false;
    const read = async () => {
      for await (const _ of response.body!);
    };
    void read()
      .catch(() => undefined)
      .finally(() => (isOver = true));
    return () => isOver;
  };
  const ends: [string, (name: string) => Promise<unknown>][] = [
    ['was revoked', (name) => revokeKey(api.db, name)],
    ['has expired', (name) => api.db.query(sql.unsafe`update api_keys set expires_at = now() where name = ${name}`)],
    ['has lost the scope', (name) => api.db.query(sql.unsafe`update api_keys set scopes = '{metrics}' where name = ${name}`)],
    [
      'got another secret',
      (name) => api.db.query(sql.unsafe`update api_keys set key_hash = sha256('another') where name = ${name}`),
    ],
  ];
  test.each(ends)('because it %s has its stream ended', async (how, end) => {
    const [secret, name] = [newSecret(), how.replaceAll(' ', '-')];
    await createKey(api.db, { name, secret, scopes: ['slots:read'] });
    const [ended, other] = [await stream(secret), await stream(api.all)];
    await end(name);
    await eventually(ended, 5);
    expect(other()).toBe(false);
  });

  test('gives its name to another key, which does not find the answers of the first', async () => {
    const asking = (key: string) => ({ key, headers: { 'Idempotency-Key': 'same' } });
    const [first, second] = [newSecret(), newSecret()];
    await createKey(api.db, { name: 'desk', secret: first, scopes: ['records:write'] });
    expect(await api.post('/api/locations', { name: 'One' }, asking(first))).toMatchObject({ status: 201 });
    await revokeKey(api.db, 'desk');
    await createKey(api.db, { name: 'desk', secret: second, scopes: ['records:write'] });
    expect(await api.post('/api/locations', { name: 'Two' }, asking(second))).toMatchObject({
      status: 201,
      body: { name: 'Two' },
    });
  });
});
