import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../api/routes/all.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

let api: TestApi;
let published: TestApi;
let owner: TestPerson;
let elsewhere: TestPerson;
beforeAll(async () => {
  api = await testApi();
  published = await testApi({ settings: { PUBLIC_URL: 'https://studio.example' } });
  [owner, elsewhere] = [await personOf(api, 'owner'), await personOf(published, 'owner')];
});
afterAll(() => Promise.all([api.close(), published.close()]));

const OTHER = 'this was asked by a page of another site';
const headersOf = (given: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

describe('a write by cookie', () => {
  test.each([
    ['of a program', undefined, undefined, true],
    ['of our page', 'own', 'same-origin', true],
    ['of our page, by plain http', 'own', undefined, true],
    ['typed in', undefined, 'none', true],
    ['of another site', 'https://evil.example', 'cross-site', false],
    ['of another site, by plain http', 'http://evil.example', undefined, false],
    ['of a sandboxed frame', 'null', 'cross-site', false],
    ['of a sandboxed frame, by plain http', 'null', undefined, false],
    ['of another port', 'http://127.0.0.1:1', 'same-site', false],
    ['of a subdomain', undefined, 'same-site', false],
    ['of another site without an origin', undefined, 'cross-site', false],
  ] as const)('%s', async (_, origin, site, isTaken) => {
    const headers = headersOf({ Origin: origin === 'own' ? api.url : origin, 'Sec-Fetch-Site': site });
    const answer = await owner.ask('PUT', '/api/sign-in-rules', { staff_totp: 'optional' }, headers);
    expect({ status: answer.status, detail: answer.body.detail }).toEqual(
      isTaken ? { status: 200, detail: undefined } : { status: 403, detail: OTHER },
    );
  });

  test('with PUBLIC_URL comes from there, whatever host it is sent to', async () => {
    const put = (origin: string) =>
      elsewhere.ask('PUT', '/api/sign-in-rules', { staff_totp: 'optional' }, { Origin: origin }).then(({ status }) => status);
    expect(await put('https://studio.example')).toBe(200);
    expect(await put(published.url)).toBe(403);
    expect(await put('http://studio.example')).toBe(403);
  });

  test.each(routes.filter(({ method }) => method !== 'get').map(({ method, path }) => [method.toUpperCase(), path]))(
    '%s %s',
    async (method, path) => {
      const at = (path as string).replaceAll(/\{\w+\}/g, '2147483647');
      const answer = await owner.ask(method as string, at, {}, { Origin: 'https://evil.example' });
      expect({ status: answer.status, detail: answer.body.detail }).toEqual({ status: 403, detail: OTHER });
    },
  );

  test('so is one without any session: nobody is signed in by another site', async () => {
    const body = { login: 'somebody', password: 'a password' };
    const headers = { Origin: 'https://evil.example' };
    expect((await api.post('/auth/sign-in', body, { key: null, headers })).body.detail).toBe(OTHER);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await api.post('/auth/sign-in', undefined, { key: null, raw: 'login=a&password=b', headers: form })).status).toBe(
      415,
    );
  });

  test('a key or a bearer’s token is no cookie: a page of another site has neither', async () => {
    const headers = { Origin: 'https://evil.example' };
    expect((await api.ask('PUT', '/api/sign-in-rules', { body: { staff_totp: 'optional' }, headers })).status).toBe(200);
    const bearer = { ...headers, Authorization: `Bearer ${owner.token}` };
    expect(
      (await api.ask('PUT', '/api/sign-in-rules', { key: null, body: { staff_totp: 'optional' }, headers: bearer })).status,
    ).toBe(200);
  });
});

describe('Bull Board by cookie', () => {
  const QUEUES = '/queues/api/queues';
  test.each([
    ['our page', { 'Sec-Fetch-Site': 'same-origin' }, 200],
    ['an address that was typed in', { 'Sec-Fetch-Site': 'none' }, 200],
    ['a link of another site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['another host of ours', { 'Sec-Fetch-Site': 'same-site' }, 403],
    ['a link of another site, by plain http', { Referer: 'http://evil.example/page' }, 403],
    ['a page with an unreadable referer', { Referer: 'about:client' }, 403],
  ])('is shown to %s: %j -> %i', async (_, headers, status) => {
    expect((await owner.ask('GET', QUEUES, undefined, headers as Record<string, string>)).status).toBe(status);
  });

  test('takes no order of another site', async () => {
    const answer = await owner.ask('PUT', '/queues/api/queues/generation/pause', undefined, { Origin: 'https://evil.example' });
    expect({ status: answer.status, detail: answer.body.detail }).toEqual({ status: 403, detail: OTHER });
    expect((await owner.ask('PUT', '/queues/api/queues/generation/pause', undefined, { Origin: api.url })).status).toBe(200);
    expect((await owner.ask('PUT', '/queues/api/queues/generation/resume', undefined, { Origin: api.url })).status).toBe(200);
  });

  test.each(['trainer', 'client'] as const)('is not for a %s', async (role) => {
    expect((await (await personOf(api, role)).ask('GET', QUEUES)).status).toBe(403);
  });
});
