import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../api/routes/all.ts';
import { inHours } from '../bookings/salon.ts';
import { breach } from '../support/contract.ts';
import { today } from '../support/days.ts';
import type { Json } from '../support/front-door.ts';
import { part } from '../support/nightly-only.ts';
import { type PersonRole, personOf, type TestPerson } from '../support/people.ts';
import { rightsWorld } from '../support/rights-world.ts';
import { swaggerExample } from '../support/swagger-example.ts';
import { type LiveClient, liveClient } from './client.ts';

const TODAY = `day:${today()}`;
let world: Awaited<ReturnType<typeof rightsWorld>>;
let document: Json;
let page: LiveClient;
let owner: TestPerson;
beforeAll(async () => {
  world = await rightsWorld({ RATE_LIMIT_PER_MINUTE: '100000' });
  document = (await world.api.get('/openapi.json')).body;
  owner = await personOf(world.api, 'owner');
  page = await liveClient(world.api.url, { key: world.api.all });
});
afterAll(async () => {
  await page.close();
  await world.close();
});

describe('a request over the socket', () => {
  test('is answered with the body and the headers of HTTP', async () => {
    const { id, ...answer } = await page.ask('GET /real-trainings?limit=1');
    const http = await world.api.get('/real-trainings?limit=1');
    expect(id).toEqual(expect.any(Number));
    expect(answer).toEqual({ status: 200, body: http.body });
    const made = await page.ask('POST /real-trainings/generate-next-week', {});
    expect(made).toMatchObject({ status: 202, headers: { location: `/process-history/${made.body.run_id}` } });
  });

  test('with an Idempotency-Key is done once, whichever way it comes', async () => {
    const key = randomUUID();
    const body = { kind: 'note', title: 'Once' };
    const first = await page.ask('POST /api/tasks', body, { 'Idempotency-Key': key });
    expect(first.status).toBe(201);
    const over = await page.ask('POST /api/tasks', body, { 'idempotency-key': key });
    expect(over).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    const http = await world.api.post('/api/tasks', body, { headers: { 'Idempotency-Key': key } });
    expect({ status: http.status, body: http.body }).toEqual({ status: 201, body: first.body });
  });

  test('waits where it prefers to, and others are answered meanwhile', async () => {
    const waiting = page.ask('POST /real-trainings/generate-next-week', { again: true }, { prefer: 'wait=30' });
    expect(await page.ask('GET /api/company')).toMatchObject({ id: expect.any(Number) });
    const run = (await world.api.get('/process-history?limit=1')).body.items[0];
    expect(run.status).toBe('queued');
    await world.api.startWorker();
    expect(await waiting).toMatchObject({ status: 200, headers: { 'preference-applied': 'wait' } });
  });

  const refused: [string, Json, number, object][] = [
    ['another path', { op: 'GET /nowhere' }, 404, { detail: 'there is nothing at /nowhere; see /docs' }],
    ['another method', { op: 'DELETE /real-trainings' }, 405, { detail: 'DELETE is not possible here; accepted: GET, POST' }],
    ['a stream', { op: 'GET /slots/stream?specialist_id=1' }, 406, { detail: expect.stringContaining('ask by HTTP') }],
    ['what is no operation', { op: 'real-trainings' }, 422, { errors: [{ path: 'op', message: expect.any(String) }] }],
    ['an address that is no text', { op: 'GET /api/tasks/%ff' }, 400, {}],
    [
      'a field nobody knows',
      { op: 'POST /api/tasks', body: { kind: 'note', title: 'x', more: 1 } },
      422,
      { errors: [{ path: 'more' }] },
    ],
    ['a body that is no object', { op: 'POST /api/tasks', body: 'x' }, 400, { detail: 'the body is not valid JSON' }],
    ['no body', { op: 'POST /api/tasks' }, 422, {}],
    ['a query nobody knows', { op: 'GET /api/tasks?colour=red' }, 422, { errors: [{ path: 'colour' }] }],
    ['a header that is no text', { op: 'GET /me', headers: { prefer: 7 } }, 422, {}],
  ];
  test.each(refused)('that names %s is refused as a problem', async (_, asked, status, body) => {
    page.send({ id: 'x', ...asked });
    expect(await page.take((message) => message.id === 'x')).toMatchObject({
      status,
      body: { status, type: 'about:blank', ...body },
    });
  });

  test('as JSON with a name twice, too deep or too large is refused as by HTTP', async () => {
    const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const ask = async (body: string) => {
      page.send(`{"id":"odd","op":"POST /api/tasks","body":${body}}`);
      const answer = await page.take((message) => message.id === 'odd');
      const http = await world.api.post('/api/tasks', undefined, { raw: body, headers: { 'Content-Type': 'application/json' } });
      expect({ status: answer.status, detail: answer.body.detail }).toEqual({ status: http.status, detail: http.body.detail });
      return answer.status;
    };
    expect(await ask('{"kind":"note","title":"x","title":"y"}')).toBe(422);
    expect(await ask(`{"kind":"note","title":"x","details":${deep(31)}}`)).not.toBe(413);
    expect(await ask(`{"kind":"note","title":"x","details":${deep(32)}}`)).toBe(422);
    expect(await ask(`{"kind":"note","title":"${'x'.repeat(110_000)}"}`)).toBe(413);
    page.send('{"id": 1,');
    expect(await page.take((message) => message.id === null)).toMatchObject({ status: 400 });
    page.send('[]');
    expect(await page.take((message) => message.id === null)).toMatchObject({ status: 422 });
  });

  test('never brings a cookie to where scripts can read it', async () => {
    const person = await personOf(world.api, 'client');
    const own = await liveClient(world.api.url, { cookie: person.cookie });
    const answer = await own.ask('POST /auth/sign-out');
    expect(answer).toMatchObject({ status: 204, body: null });
    expect(answer.headers).toBeUndefined();
    expect((await own.closed).code).toBe(4401);
  });

  test('counts against the same limits a minute as one by HTTP', async () => {
    const small = await rightsWorld({ RATE_LIMIT_PER_MINUTE: '3' });
    const person = await personOf(small.api, 'client');
    expect((await person.ask('GET', '/me')).status).toBe(200);
    const own = await liveClient(small.api.url, { cookie: person.cookie });
    expect((await own.ask('GET /me')).status).toBe(200);
    const over = await own.ask('GET /me');
    expect(over).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } });
    expect((await person.ask('GET', '/me')).status).toBe(429);
    await own.close();
    await small.close();
  });

  test('of which there are too many at once is refused, and none is lost', async () => {
    for (let n = 0; n < 60; n += 1) page.send({ id: `many-${n}`, op: 'GET /api/tasks' });
    const answers = [];
    for (let n = 0; n < 60; n += 1) answers.push(await page.take((message) => message.id === `many-${n}`));
    const statuses = answers.map(({ status }) => status as number);
    expect(statuses.slice(0, 16)).toEqual(Array(16).fill(200));
    expect(statuses).toContain(429);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });
});

/** Everything but streams and what would end the asker's own session; reads first, so that both ways find the same. */
const operations = routes
  .filter(({ produces, path, file }) => !produces && !file && !/^\/(auth|me|live)/.test(path))
  .map(({ method, path }) => [method, path] as const)
  .toSorted(([one], [other]) => Number(one !== 'get') - Number(other !== 'get'));

function bodyFor(method: string, path: string): object | undefined {
  const schema = document.paths[path][method].requestBody?.content['application/json'].schema;
  return schema && swaggerExample(schema, document);
}

/** What both ways are asked is the same request, and nothing that the first one does must change the second one's answer. */
const ROLES: readonly PersonRole[] = ['admin', 'trainer', 'client'];
/** By day each operation is asked by one of the roles. */
describe.each(ROLES.map((role, n) => [role, n] as const))('for a signed-in %s', (role, n) => {
  let person: TestPerson;
  let own: LiveClient;
  beforeAll(async () => {
    person = await personOf(world.api, role);
    own = await liveClient(world.api.url, { cookie: person.cookie });
  });
  afterAll(() => own.close());

  test.each(part(operations, Math.ceil(operations.length / ROLES.length), n))(
    '%s %s is answered over the socket as by HTTP',
    async (method, path) => {
      const ids = path.includes('{') ? [world.child, world.begun, 2_147_483_647] : [0];
      for (const id of new Set(ids)) {
        const at = path.replaceAll(/\{\w+\}/g, String(id));
        // A body that is refused changes nothing; the ways must agree on why.
        const bodies =
          method === 'get'
            ? [undefined]
            : [{ nobody_knows: 1 }, undefined, ...(id > 2_000_000_000 ? [bodyFor(method, path)] : [])];
        for (const body of bodies) {
          const asked = method.toUpperCase();
          const first = await own.ask(`${asked} ${at}`, body);
          const http = await person.ask(asked, at, body);
          // What can be done once was done by the first: the next one over the socket finds what HTTP has found.
          const live = first.status === http.status ? first : await own.ask(`${asked} ${at}`, body);
          expect({ body, status: live.status, detail: live.body?.detail }).toEqual({
            body,
            status: http.status,
            detail: http.body?.detail,
          });
          const wrong = breach(asked, at, live.status, live.status === 204 ? undefined : live.body);
          expect(wrong).toBeUndefined();
        }
      }
    },
  );
});

test('a file cannot come over the socket, and it is said which way it can', async () => {
  const person = await personOf(world.api, 'admin');
  const own = await liveClient(world.api.url, { cookie: person.cookie });
  const withFiles = routes.filter(({ file }) => file);
  expect(withFiles.length).toBeGreaterThan(0);
  for (const { method, path } of withFiles)
    expect(await own.ask(`${method.toUpperCase()} ${path}`, { text: 'a' })).toMatchObject({
      status: 415,
      body: { detail: 'a file cannot come this way: send it by HTTP' },
    });
  await own.close();
});

test('others’ rows are 404 over the socket, and told to nobody as a topic', async () => {
  const person = await personOf(world.api, 'client');
  const trainer = await personOf(world.api, 'trainer');
  const training = await world.make.training({ trainer: world.specialist, at: inHours(200) });
  const own = await liveClient(world.api.url, { cookie: person.cookie });
  for (const at of [`/api/students/${world.child}`, `/real-trainings/${training}`, `/bookings/${world.begun}`])
    expect(await own.ask(`GET ${at}`)).toMatchObject({ status: 404 });
  const wanted = [
    `client:${person.id}`,
    `client:${world.child}`,
    `training:${training}`,
    'tasks',
    'runs',
    'day:2026-02-30',
    'nobody',
    'client:0',
  ];
  expect((await own.watch([...wanted, TODAY])).refused).toEqual(wanted.slice(1));
  const staff = await liveClient(world.api.url, { cookie: owner.cookie });
  expect((await staff.watch([...wanted, TODAY, 'client:2147483647'])).refused).toEqual([
    'day:2026-02-30',
    'nobody',
    'client:0',
    'client:2147483647',
  ]);
  const other = await liveClient(world.api.url, { cookie: trainer.cookie });
  expect((await other.watch([`training:${training}`, `client:${trainer.id}`, 'runs'])).refused).toEqual([
    `training:${training}`,
    'runs',
  ]);
  const poor = await liveClient(world.api.url, { key: await world.api.key('tasks:read') });
  expect((await poor.watch(['tasks', 'runs', TODAY])).refused).toEqual(['runs', TODAY]);
  await Promise.all([own, staff, other, poor].map((one) => one.close()));
});

test('a guardian watches a child as long as the child is theirs', async () => {
  const guardian = await personOf(world.api, 'guardian', { children: [world.child] });
  const own = await liveClient(world.api.url, { cookie: guardian.cookie });
  expect(await own.watch([`client:${world.child}`])).not.toHaveProperty('refused');
  expect(await own.ask(`GET /api/students/${world.child}`)).toMatchObject({ status: 200 });
  await own.close();
});
