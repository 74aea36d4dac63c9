import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { redisUrl } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { ownFleet } from '../support/fleet.ts';

jest.setTimeout(240_000);

let database: TestDatabase;
let fleet: Awaited<ReturnType<typeof ownFleet>>;
beforeAll(async () => {
  database = await testDatabase();
  const redis = process.env.TEST_REDIS_URL ? { REDIS_URL: redisUrl() } : {};
  fleet = await ownFleet({ DATABASE_URL: database.url, ...redis });
});
afterAll(async () => {
  await fleet.end();
  await database.close();
});

test('a fleet on a database of its owner’s loads no demo, and does its work', async () => {
  const { code, stdout, stderr } = await fleet.npm('start');
  expect({ code, stderr, demo: /demo|generation,/.test(stdout.replace(/Starting .*/, '')) }).toEqual({
    code: 0,
    stderr: '',
    demo: false,
  });
  expect(Object.keys(await fleet.pids())).not.toContain('postgres');
  expect((await fleet.ask('GET', '/api/students')).body.items).toEqual([]);
  const night = await fleet.ask('POST', '/real-trainings/process-daily-operations', undefined, { Prefer: 'wait=30' });
  expect(night).toMatchObject({ status: 200, body: { message: 'Ежедневный процессинг завершен' } });
  expect((await fleet.npm('audit')).stdout).toBe('all square\n');
});
