import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { backendKinds, redisUrl, testBackend } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { request, type TestApi, testApi } from '../support/front-door.ts';
import { at, salon } from './salon.ts';

const KEY = newSecret();

/** An API process of its own that is going to be killed. */
async function doomedApi(environment: NodeJS.ProcessEnv) {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const env = { ...process.env, PORT: port, API_KEYS: `doomed:${KEY}:*`, LOG_LEVEL: 'silent', ...environment };
  const child: ChildProcess = spawn(process.execPath, ['api/server.ts'], { env, stdio: 'ignore' });
  await eventually(() => request(url, 'GET', '/health/live', {}).catch(() => undefined));
  return {
    /** Asks without waiting: there will be no answer. */
    book: (body: object) => void request(url, 'POST', '/bookings', { key: KEY, body }).catch(() => undefined),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe.each(backendKinds)('an API process killed in the middle, on %s', (kind) => {
  let api: TestApi;
  let make: ReturnType<typeof salon>;
  let doomed: Awaited<ReturnType<typeof doomedApi>>;
  let holder: pg.Client;
  let watcher: pg.Client;
  const start = async () =>
    doomedApi({
      DATABASE_URL: api.database.url,
      REDIS_URL: kind === 'redis' ? redisUrl() : '',
      STUDIO_BOOKING_HOLD_SECONDS: '3',
    });
  beforeAll(async () => {
    api = await testApi({ backend: (url) => testBackend(kind, url) });
    make = salon(api.db);
    holder = new pg.Client({ connectionString: api.database.url });
    watcher = new pg.Client({ connectionString: api.database.url });
    await Promise.all([holder.connect(), watcher.connect()]);
  });
  afterAll(async () => {
    await doomed.kill();
    await Promise.all([holder.end(), watcher.end()]);
    await api.close();
  });

  async function scene() {
    const service_id = await make.service({ price: 1_000 });
    const specialist_id = await make.specialist([service_id]);
    const wish = { service_id, specialist_id, starts_at: at(2, '10:00') };
    return { dead: { ...wish, client_id: await make.client() }, alive: { ...wish, client_id: await make.client() } };
  }
  const waiting = `select pid from pg_stat_activity
    where datname = current_database() and application_name = 'api' and wait_event_type = 'Lock'`;
  const stuck = () => eventually(async () => (await watcher.query(waiting)).rows[0]?.pid as number | undefined);
  /** Once nobody is in the way: the lock of who died expires after five seconds. */
  const soon = (wish: object) =>
    eventually(async () => {
      const reply = await api.post('/bookings', wish);
      return reply.status === 201 ? reply.body : undefined;
    });
  /** The session of a process that is gone, as the server ends it once it notices. */
  const endSession = async (pid: number) => {
    await watcher.query('select pg_terminate_backend($1)', [pid]);
    await eventually(async () => (await watcher.query('select from pg_stat_activity where pid = $1', [pid])).rowCount === 0);
  };

  test('between insert and confirmation: its hold keeps the slot until it expires, and is never confirmed', async () => {
    doomed = await start();
    const { dead, alive } = await scene();
    await make.money(dead.client_id, 5_000);
    await holder.query('begin');
    await holder.query('select from wallets where user_id = $1 for update', [dead.client_id]);
    doomed.book({ ...dead, pay_from: 'wallet' });
    const pid = await stuck();
    await doomed.kill();
    await endSession(pid);
    await holder.query('rollback');
    const [held] = (await api.get(`/bookings?client_id=${dead.client_id}`)).body.items;
    expect(held).toMatchObject({ status: 'PENDING', invoice: null });
    expect(await api.post('/bookings', alive)).toMatchObject({ status: 409 });
    const left = Date.parse(held.held_until) - Date.now();
    expect(left).toBeLessThan(3_000);
    expect(await soon(alive)).toMatchObject({ status: 'CONFIRMED' });
    expect((await api.get(`/bookings/${held.id}`)).body).toMatchObject({
      status: 'CANCELLED',
      cancellation_reason: 'not confirmed in time',
      invoice: null,
    });
    expect((await api.get('/api/audit')).body.findings).toEqual([]);
  });

  test('between lock and insert: the slot is free again when the lock expires', async () => {
    doomed = await start();
    const { dead, alive } = await scene();
    await holder.query('begin');
    await holder.query(`select lock_calendars(array[$1::int], '{}')`, [dead.specialist_id]);
    doomed.book(dead);
    const pid = await stuck();
    await doomed.kill();
    await endSession(pid);
    await holder.query('rollback');
    expect(await api.post('/bookings', alive)).toMatchObject({
      status: 409,
      body: { detail: 'somebody is booking this slot right now' },
    });
    expect(await soon(alive)).toMatchObject({ status: 'CONFIRMED' });
    expect((await api.get(`/bookings?client_id=${dead.client_id}`)).body.items).toEqual([]);
  });
});
