import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { newSecret, syncSettingKeys } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/front-door.ts';
import { stopwatch } from '../support/stopwatch.ts';

const [KEY, GONE] = [newSecret(), newSecret()];
let database: TestDatabase;
let server: ChildProcess;
let url: string;
beforeAll(async () => {
  database = await testDatabase();
  await syncSettingKeys(database.db, [{ name: 'gone', secret: GONE, scopes: ['*'] }]);
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    PORT: port,
    API_KEYS: `desk:${KEY}:*`,
    LOG_LEVEL: 'silent',
    REDIS_URL: '',
    DRAIN_SECONDS: '120',
  };
  server = spawn(process.execPath, ['api/server.ts'], { env, stdio: 'ignore' });
  await eventually(() => request(url, 'GET', '/health/live', {}).catch(() => undefined));
});
afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  await database.close();
});

test('a start revokes the key that is not in its setting any more', async () => {
  expect(await request(url, 'GET', '/process-history', { key: KEY })).toMatchObject({ status: 200 });
  expect(await request(url, 'GET', '/process-history', { key: GONE })).toMatchObject({ status: 401 });
});

test('the real process takes the key of its settings and refuses what the data refuse', async () => {
  const post = () => request(url, 'POST', '/api/locations', { key: KEY, body: { name: 'Дом' } });
  expect(await post()).toMatchObject({ status: 201 });
  expect(await post()).toMatchObject({ status: 409, body: { detail: 'there is a location with this name already' } });
  const broken = await request(url, 'POST', '/api/rooms', { key: KEY, body: { name: 'Зал', location_id: 77 } });
  expect(broken).toMatchObject({ status: 422, body: { errors: [{ path: 'location_id' }] } });
});

/** Asks over a connection that is kept for the next question. */
async function asker() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    async ask() {
      const [response] = (await once(get(`${url}/health/live`, { agent }), 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      return { status: response.statusCode, connection: response.headers.connection };
    },
    close: () => agent.destroy(),
  };
}

/** Whether somebody takes new connections there. */
async function isListening() {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('a drain answers who waits and who asks on a kept connection, closes it then, and ends with 0', async () => {
  const kept = await asker();
  expect(await kept.ask()).toEqual({ status: 200, connection: 'keep-alive' });
  const waiting = request(url, 'POST', '/real-trainings/generate-next-week', { key: KEY, headers: { Prefer: 'wait=60' } });
  const asked = sql.type(z.object({ asked: z.boolean() }))`select count(*) > 0 as asked from automated_process_history`;
  await eventually(() => database.db.oneFirst(asked));
  const ran = stopwatch();
  server.kill('SIGTERM');
  await eventually(async () => !(await isListening()));
  expect(await kept.ask()).toEqual({ status: 200, connection: 'close' });
  kept.close();
  expect(await waiting).toMatchObject({ status: 202, body: { status: 'queued' } });
  await eventually(() => server.exitCode !== null);
  expect(server.exitCode).toBe(0);
  // Not what was asked to be waited for.
  expect(ran()).toBeLessThan(60_000);
});
