import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database.ts';
import { freePort } from '../../sql/embedded.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/front-door.ts';

const KEY = 'a-secret-of-the-settings';
let database: TestDatabase;
let server: ChildProcess;
let url: string;
beforeAll(async () => {
  database = await testDatabase();
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    DATABASE_URL: database.url,
    PORT: port,
    API_KEYS: `desk:${KEY}:*`,
    LOG_LEVEL: 'silent',
    REDIS_URL: '',
  };
  server = spawn(process.execPath, ['api/server.ts'], { env, stdio: 'ignore' });
  await eventually(() => request(url, 'GET', '/health/live', {}).catch(() => undefined), 20);
});
afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  await database.close();
});

test('the real process takes the key of its settings and refuses what the data refuse', async () => {
  const post = () => request(url, 'POST', '/api/locations', { key: KEY, body: { name: 'Дом' } });
  expect(await post()).toMatchObject({ status: 201 });
  expect(await post()).toMatchObject({ status: 409, body: { detail: 'there is a location with this name already' } });
  const broken = await request(url, 'POST', '/api/rooms', { key: KEY, body: { name: 'Зал', location_id: 77 } });
  expect(broken).toMatchObject({ status: 422, body: { errors: [{ path: 'location_id' }] } });
});

test('a drain answers who waits, closes what is kept alive, and ends with 0', async () => {
  const waiting = request(url, 'POST', '/real-trainings/generate-next-week', { key: KEY, headers: { Prefer: 'wait=60' } });
  const asked = sql.type(z.object({ asked: z.boolean() }))`select count(*) > 0 as asked from automated_process_history`;
  await eventually(() => database.db.oneFirst(asked));
  const started = performance.now();
  server.kill('SIGTERM');
  expect(await waiting).toMatchObject({ status: 202, body: { status: 'queued' } });
  await eventually(() => server.exitCode !== null, 15);
  expect({ code: server.exitCode, soon: performance.now() - started < 8_000 }).toEqual({ code: 0, soon: true });
});
