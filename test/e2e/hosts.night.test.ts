import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { ownFleet } from '../support/fleet.ts';
import { request } from '../support/front-door.ts';
import { ownRedis } from '../support/own-servers.ts';

/*
 * Hosts are loopback addresses here, each with a data folder, a PM2 and an API of its own, so that this runs without rights over
 * the machine's network. Two fleets with two builds of the pages take minutes: it is played at night.
 */
jest.setTimeout(600_000);

const KEY = newSecret();
const FIRST = ['api', 'scheduler', 'generation'];
const SECOND = ['api', 'scheduler', 'unfreeze'];

type Host = Awaited<ReturnType<typeof ownFleet>> & { address: string };
let database: TestDatabase;
let redis: Awaited<ReturnType<typeof ownRedis>>;
let first: Host;
let second: Host;

async function host(ip: string, apps: readonly string[]): Promise<Host> {
  const fleet = await ownFleet({ HOST: ip, DATABASE_URL: database.url, REDIS_URL: redis.url, API_KEYS: `desk:${KEY}:*` });
  const { code, stderr } = await fleet.npm('start', ['--only', apps.join()]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { ...fleet, address: `http://${ip}:${fleet.port}` };
}

beforeAll(async () => {
  database = await testDatabase();
  redis = await ownRedis();
  first = await host('127.0.0.2', FIRST);
  second = await host('127.0.0.3', SECOND);
});
afterAll(async () => {
  await first?.end();
  await second?.end();
  await redis.close();
  await database.close();
});

const ask = (at: Host, method: string, path: string, body?: object) =>
  request(at.address, method, path, { key: KEY, body, headers: { Prefer: 'wait=60' } });

/** The process that holds the scheduler's lease now. */
const holder = async () => {
  const held = await database.db.maybeOneFirst(sql.type(z.object({ holder: z.string() }))`
    select holder from leases where name = 'scheduler' and expires_at > now()`);
  return held === null ? null : Number(held.split(':')[1]);
};

/** Everything of a host ends at once, the daemon first, so that nothing is started again. */
async function kill(at: Host) {
  const pids = await at.pids();
  process.kill(Number(readFileSync(join(at.dir, 'pm2', 'pm2.pid'), 'utf8')), 'SIGKILL');
  for (const pid of Object.values(pids)) process.kill(pid, 'SIGKILL');
}

test('each host runs what it was told to, and either API asks the workers of both', async () => {
  expect(Object.keys(await first.pids()).toSorted()).toEqual(FIRST.toSorted());
  expect(Object.keys(await second.pids()).toSorted()).toEqual(SECOND.toSorted());
  for (const [at, path] of [
    [second, '/real-trainings/generate-next-week'],
    [first, '/subscriptions/auto-unfreeze'],
  ] as const)
    expect(await ask(at, 'POST', path, {})).toMatchObject({ status: 200 });
});

test('when the host with the lease is killed, the other one takes it, and its API answers all the while', async () => {
  const leading = await eventually(holder);
  const [dead, alive] = Object.values(await first.pids()).includes(leading) ? [first, second] : [second, first];
  const next = (await alive.pids()).scheduler;
  const answers = new Set<number>();
  let isOver = false;
  const asking = (async () => {
    while (!isOver) answers.add((await ask(alive, 'GET', '/schedule')).status);
  })();
  await kill(dead);
  await eventually(async () => (await holder()) === next, 60);
  isOver = true;
  await asking;
  expect([...answers]).toEqual([200]);

  // What nobody here can do waits in the database for whoever can.
  const path = dead === first ? '/real-trainings/generate-next-week' : '/subscriptions/auto-unfreeze';
  const { status, body } = await request(alive.address, 'POST', path, { key: KEY, body: { again: true } });
  expect(status).toBe(202);
  const apps = dead === first ? FIRST : SECOND;
  expect((await dead.npm('start', ['--only', apps.join()])).code).toBe(0);
  const run = () => request(alive.address, 'GET', body.href, { key: KEY });
  await eventually(async () => ['success', 'partial'].includes((await run()).body.status), 60);
});
