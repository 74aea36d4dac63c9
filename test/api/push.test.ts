import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { pushService } from '../notifier/push-service.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf, type TestPerson } from '../support/people.ts';

let api: TestApi;
let push: Awaited<ReturnType<typeof pushService>>;
let reader: TestPerson;
let other: TestPerson;
beforeAll(async () => {
  api = await testApi({ settings: { PUBLIC_URL: 'https://studio.example', PUSH_LOOPBACK: 'yes' } });
  push = await pushService();
  [reader, other] = [await personOf(api, 'client'), await personOf(api, 'client')];
});
afterAll(async () => {
  push.close();
  await api.close();
});

const PATH = '/me/push-subscriptions';
const owners = (endpoint: string) =>
  api.db.anyFirst(sql.type(z.object({ user_id: z.int() }))`select user_id from push_subscriptions where endpoint = ${endpoint}`);

test('the key is the same for everybody and every time', async () => {
  const [mine, others] = [await reader.ask('GET', '/push/key'), await other.ask('GET', '/push/key')];
  expect(mine).toMatchObject({ status: 200, body: { public_key: expect.stringMatching(/^B[\w-]{86}$/) } });
  expect(others.body).toEqual(mine.body);
});

test('a browser subscribes, twice with the same end, and takes it back', async () => {
  const subscription = push.subscribe();
  const first = await reader.ask('POST', PATH, { ...subscription, expirationTime: null });
  expect(first).toMatchObject({ status: 201, body: { endpoint: subscription.endpoint } });
  expect((await reader.ask('POST', PATH, subscription)).body).toEqual(first.body);
  expect(await owners(subscription.endpoint)).toEqual([reader.id]);
  expect((await other.ask('DELETE', PATH, { endpoint: subscription.endpoint })).status).toBe(404);
  expect((await reader.ask('DELETE', PATH, { endpoint: subscription.endpoint })).status).toBe(204);
  expect((await reader.ask('DELETE', PATH, { endpoint: subscription.endpoint })).status).toBe(404);
  expect(await owners(subscription.endpoint)).toEqual([]);
});

test('a subscription moves to the person who signs in at the same browser, not to one who only knows its address', async () => {
  const subscription = push.subscribe();
  await reader.ask('POST', PATH, subscription);
  const foreign = { endpoint: subscription.endpoint, keys: push.subscribe().keys };
  expect((await other.ask('POST', PATH, foreign)).status).toBe(409);
  expect(await owners(subscription.endpoint)).toEqual([reader.id]);
  expect((await other.ask('POST', PATH, subscription)).status).toBe(201);
  expect(await owners(subscription.endpoint)).toEqual([other.id]);
});

test.each([
  ['endpoint', { endpoint: 'https://evil.example/x' }],
  ['endpoint', { endpoint: 'http://10.0.0.5/x' }],
  ['endpoint', { endpoint: 'http://169.254.169.254/latest/meta-data' }],
  ['endpoint', { endpoint: 'nonsense' }],
  ['keys', { keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) } }],
  ['keys.p256dh', { keys: { p256dh: '!', auth: 'A'.repeat(22) } }],
])('an address that is no push service’s is refused: %s %j', async (path, fields) => {
  const { status, body } = await reader.ask('POST', PATH, { ...push.subscribe(), ...fields });
  expect({ status, paths: body.errors.map((error: { path: string }) => error.path) }).toEqual({ status: 422, paths: [path] });
});

test('a person has twenty browsers at most: one more ends the oldest', async () => {
  const person = await personOf(api, 'client');
  const all = Array.from({ length: 21 }, () => push.subscribe());
  for (const subscription of all) expect((await person.ask('POST', PATH, subscription)).status).toBe(201);
  expect(await owners(all[0]!.endpoint)).toEqual([]);
  expect(await owners(all[1]!.endpoint)).toEqual([person.id]);
});
