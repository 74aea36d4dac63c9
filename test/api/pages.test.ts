import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { enqueue } from '../../queues/backend/enqueue.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { basic, type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let reader: string;
let writer: string;
beforeAll(async () => {
  api = await testApi();
  reader = await api.key('dashboard');
  writer = await api.key('dashboard', 'dashboard:write');
});
afterAll(() => api.close());

function expectOwnSourcesOnly(headers: Headers) {
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src/);
}
const sources = (html: string) =>
  [...html.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)].map(([, source]) => source as string);

test('the docs page and all it loads come from here', async () => {
  const { status, headers, text } = await api.get('/docs');
  expect(status).toBe(200);
  expectOwnSourcesOnly(headers);
  expect(sources(text)).toContain('/docs/swagger-ui-bundle.js');
  for (const source of sources(text)) {
    const asset = await api.get(source);
    expect({ source, status: asset.status, isThere: asset.text.length > 50 }).toEqual({ source, status: 200, isThere: true });
    expectOwnSourcesOnly(asset.headers);
  }
  expect(text).not.toMatch(/<script(?![^>]*src=)/);
  expect((await api.get('/docs/start.js')).text).toContain("url: '/openapi.json'");
  expect((await api.get('/docs/package.json')).status).not.toBe(200);
});

describe('Bull Board', () => {
  test('its page and scripts load, and run no inline script', async () => {
    const { status, headers, text } = await api.get('/queues', { key: reader });
    expect(status).toBe(200);
    expectOwnSourcesOnly(headers);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(text).toContain('Studio Fleet');
    const scripts = sources(text).filter((source) => source.startsWith('static/'));
    expect(scripts.length).toBeGreaterThan(1);
    for (const script of scripts) expect((await api.get(`/queues/${script}`, { key: reader })).status).toBe(200);
    for (const [inline] of text.matchAll(/<script(?![^>]*src=)[^>]*>/g)) expect(inline).toContain('type="application/json"');
  });

  test('lists the queues, writable or not as the key is', async () => {
    await enqueue(api.fleet.backend, 'generation', 'canary', { rung_at: new Date().toISOString() }, { id: 'canary' });
    for (const [key, readOnlyMode] of [
      [reader, true],
      [writer, false],
    ] as const) {
      const { status, body } = await api.get('/queues/api/queues', { key });
      expect(status).toBe(200);
      expect(body.queues.map((queue: Json) => [queue.name, queue.readOnlyMode])).toEqual(
        nouns.map((noun) => [noun, readOnlyMode]),
      );
      expect(body.queues[0].counts).toMatchObject({ waiting: 1 });
    }
  });

  const { appRoutes } = createRequire(import.meta.url)('@bull-board/api/dist/routes.js');
  const orders: [string, string][] = appRoutes.api
    .filter((route: Json) => route.method !== 'get')
    .map((route: Json) => [route.method.toUpperCase(), `/queues${route.route}`]);
  const filled = (path: string) =>
    path
      .replace(':queueName', 'generation')
      .replace(':jobId', 'canary')
      .replace(':queueStatus', 'waiting')
      .replace(':schedulerId', 'x');

  test.each(orders)('a key that may only look cannot %s %s', async (method, path) => {
    const refused = await api.ask(method, filled(path), { key: reader, body: {} });
    expect(refused).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('lacks the scope "dashboard:write"') },
    });
  });

  test('a key with dashboard:write can pause, resume and clean; only from its own page', async () => {
    const queue = api.fleet.backend.queue('generation');
    const order = (path: string, site?: string) =>
      api.ask('PUT', `/queues/api/queues/generation/${path}`, { key: writer, headers: site ? { 'Sec-Fetch-Site': site } : {} });
    expect(await queue.isPaused()).toBe(false);
    for (const site of ['cross-site', 'same-site']) expect((await order('pause', site)).status).toBe(403);
    expect(await queue.isPaused()).toBe(false);
    expect((await order('pause', 'same-origin')).status).toBe(200);
    expect(await queue.isPaused()).toBe(true);
    expect((await order('resume')).status).toBe(200);
    expect(await queue.isPaused()).toBe(false);
    expect((await order('canary/clean')).status).toBeLessThan(300);
    expect(await queue.getJob('canary')).toBeUndefined();
  });

  describe('takes orders', () => {
    const pause = (headers: Record<string, string>) =>
      api.ask('PUT', '/queues/api/queues/generation/pause', { key: null, headers: { ...basic(writer), ...headers } });
    const host = () => new URL(api.url).host;

    test.each([
      ['another origin', { Origin: 'http://evil.example' }],
      ['the same host at another port', { Origin: 'http://127.0.0.1:1' }],
      ['an origin that is told to nobody', { Origin: 'null' }],
      ['a form of another site', { Origin: 'http://evil.example', 'Content-Type': 'text/plain' }],
      ['another site, as newer browsers say it', { 'Sec-Fetch-Site': 'cross-site' }],
    ])('from no page of %s', async (_, headers: Record<string, string>) => {
      expect(await pause(headers)).toMatchObject({ status: 403, body: { detail: expect.stringContaining('its own pages') } });
    });

    test('from its own page, and from a program that is no browser', async () => {
      expect((await pause({ Origin: `http://${host()}` })).status).toBe(200);
      expect((await pause({})).status).toBe(200);
      expect((await api.ask('PUT', '/queues/api/queues/generation/resume', { key: writer })).status).toBe(200);
    });

    const add = (raw: string, type = 'application/json') =>
      api.ask('POST', '/queues/api/queues/generation/add', { key: writer, raw, headers: { 'Content-Type': type } });
    test.each([
      ['a form', 'name=canary', 'application/x-www-form-urlencoded', 415],
      ['JSON that says it is text', '{"name": "canary"}', 'text/plain', 415],
      ['NUL in the data of a job', '{"name": "canary", "data": {"a": ["\\u0000"]}, "options": {}}', undefined, 422],
      ['NUL in a name', '{"name": "canary", "data": {"\\u0000": 1}, "options": {}}', undefined, 422],
      ['half a character', '{"name": "canary", "data": "\\ud800", "options": {}}', undefined, 422],
      ['what is no JSON', '{"name": ', undefined, 400],
    ])('but not as %s', async (_, raw, type, status) => {
      expect(await add(raw, type)).toMatchObject({ status, headers: expect.anything() });
    });

    test('as JSON', async () => {
      expect((await add('{"name": "canary", "data": {"rung_at": "x"}, "options": {"delay": 100000}}')).status).toBeLessThan(300);
    });
  });
});
