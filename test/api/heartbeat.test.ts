import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { beatWhileHealthy } from '../../api/app/heartbeat.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import { log } from '../../queues/log/log.ts';
import { sql } from '../../sql/database/database.ts';
import { noteHeartbeat } from '../../sql/schedule/beats.ts';
import { leaseHolder, takeLease } from '../../sql/schedule/leases.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

const TIMES = { everyMs: 20, timeoutMs: 200, leaseSeconds: 5 };
let api: TestApi;
const outside = { asked: 0, mode: 'answers' as 'answers' | 'refuses' | 'is silent' };
const server = createServer((request, response) => {
  outside.asked += 1;
  if (outside.mode === 'is silent') return;
  response.writeHead(outside.mode === 'answers' ? 200 : 500).end(request.url);
});
let url = '';
let warned: unknown[][];

beforeAll(async () => {
  api = await testApi();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/secret-uuid`;
});
beforeEach(async () => {
  Object.assign(outside, { asked: 0, mode: 'answers' });
  warned = [];
  jest.spyOn(log, 'warn').mockImplementation((...words: unknown[]) => void warned.push(words));
  await takeLease(api.db, 'scheduler', 'test', 600);
  for (const noun of nouns) await noteHeartbeat(api.db, noun, 'host');
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await api.close();
});

/** Beats until something is so; `processes` of them at once. */
async function beatUntil(isSo: () => unknown, processes = 1) {
  const ended = new AbortController();
  const lives = Array.from({ length: processes }, () => beatWhileHealthy(api.fleet, url, ended.signal, TIMES));
  await eventually(async () => isSo());
  ended.abort();
  await Promise.all(lives);
}
const saysUnhealthy = () => warned.some(([, words]) => String(words).includes('not healthy'));

test('a healthy fleet is heard again and again, and gives its lease back at the end', async () => {
  await beatUntil(() => outside.asked >= 3);
  expect(await leaseHolder(api.db, 'heartbeat')).toBeNull();
});

test('a fleet that is not healthy is silent', async () => {
  await api.db.query(sql.unsafe`delete from leases where name = 'scheduler'`);
  await beatUntil(saysUnhealthy);
  expect(outside.asked).toBe(0);
});

test('a condition that is only shown does not stop the heartbeat', async () => {
  await api.db.query(sql.unsafe`update worker_beats set skew_ms = 60000`);
  await beatUntil(() => outside.asked >= 1);
});

test('while one process holds the lease, no other one is heard', async () => {
  await takeLease(api.db, 'heartbeat', 'another', 600);
  const looks = jest.spyOn(api.fleet.backend, 'ping');
  const ended = new AbortController();
  const life = beatWhileHealthy(api.fleet, url, ended.signal, TIMES);
  await api.get('/health/ready');
  await eventually(async () => looks.mock.calls.length >= 1);
  ended.abort();
  await life;
  expect(outside.asked).toBe(0);
  expect(looks).toHaveBeenCalledTimes(1);
  await api.db.query(sql.unsafe`delete from leases where name = 'heartbeat'`);
});

test.each(['refuses', 'is silent'] as const)('an outside that %s stops nothing, and its address is not said', async (mode) => {
  outside.mode = mode;
  await beatUntil(() => outside.asked >= 2);
  expect(warned.length).toBeGreaterThan(0);
  expect(JSON.stringify(warned)).not.toContain('secret-uuid');
});
