import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { WebSocket } from 'ws';
import { openConnection } from '../../api/live/connection.ts';
import { openFeed, type Watcher } from '../../api/live/feed.ts';
import { openPresence } from '../../api/live/presence.ts';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { sql } from '../../sql/database/database.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { forgetChanges } from '../../sql/live/changes.ts';
import { at, salon } from '../bookings/salon.ts';
import { ownProcess } from '../faults/own-process.ts';
import { backendKinds, redisUrl } from '../support/backends.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { liveClient } from './client.ts';

const KEY = newSecret();

describe.each(backendKinds)('of two API processes, on %s,', (kind) => {
  let database: TestDatabase;
  let stays: Awaited<ReturnType<typeof process>>;
  beforeAll(async () => {
    database = await testDatabase();
    stays = await process();
  });
  afterAll(async () => {
    await stays.api.kill();
    await database.close();
  });

  async function process() {
    const port = String(await freePort());
    const patient = new URL(database.url);
    // What a test keeps waiting waits on a busy machine, too.
    patient.searchParams.set('options', '-c lock_timeout=60s');
    const api = await ownProcess('api/server.ts', {
      DATABASE_URL: patient.href,
      REDIS_URL: kind === 'redis' ? redisUrl() : '',
      PORT: port,
      API_KEYS: `live:${KEY}:*`,
      DRAIN_SECONDS: '60',
    });
    return { api, url: `http://127.0.0.1:${port}` };
  }
  const note = (title: string) => database.db.query(sql.unsafe`insert into admin_tasks (kind, title) values ('note', ${title})`);

  test('both tell of a change, whichever made it', async () => {
    const other = await process();
    const pages = await Promise.all([stays, other].map(({ url }) => liveClient(url, { key: KEY })));
    for (const page of pages) await page.watch(['tasks']);
    expect(await pages[0]!.ask('POST /api/tasks', { kind: 'note', title: 'Here' })).toMatchObject({ status: 201 });
    for (const page of pages) expect(await page.news()).toMatchObject({ changed: ['tasks'] });
    await Promise.all(pages.map((page) => page.close()));
    await other.api.kill();
  });

  test('one that is killed loses nothing: with the last upto the other one tells what happened meanwhile', async () => {
    const doomed = await process();
    const page = await liveClient(doomed.url, { key: KEY });
    const { upto } = await page.watch(['tasks', 'runs']);
    await note('before');
    const told = await page.news();
    await doomed.api.kill();
    expect((await page.closed).code).toBe(1006);
    const quiet = await liveClient(stays.url, { key: KEY });
    expect(await quiet.watch(['tasks', 'runs'], upto)).toMatchObject({ changed: expect.arrayContaining(['tasks']) });
    await note('meanwhile');
    const back = await liveClient(stays.url, { key: KEY });
    expect(await back.watch(['tasks', 'runs'], told.upto)).toMatchObject({ changed: expect.arrayContaining(['tasks']) });
    await Promise.all([quiet.close(), back.close()]);
  });

  test('one that drains answers what is under way, closes with 1012, and ends', async () => {
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const make = salon(database.db);
    const service_id = await make.service();
    const specialist_id = await make.specialist([service_id]);
    const client_id = await make.client();
    const drained = await process();
    const page = await liveClient(drained.url, { key: KEY });
    const { upto } = await page.watch(['tasks', `client:${client_id}`]);
    await holder.query('begin');
    await holder.query(`select lock_calendars(array[$1::int], '{}')`, [specialist_id]);
    const booking = page.ask('POST /bookings', { client_id, service_id, specialist_id, starts_at: at(2, '10:00') });
    const isStopped = `select from pg_stat_activity
      where datname = current_database() and application_name = 'api' and wait_event_type = 'Lock'`;
    await eventually(async () => (await holder.query(isStopped)).rowCount === 1);
    drained.api.signal('SIGINT');
    await eventually(() => drained.api.said('draining'));
    await holder.query('commit');
    await holder.end();
    expect(await booking).toMatchObject({ status: 201 });
    expect(await page.closed).toEqual({ code: 1012, reason: 'this process restarts; come back' });
    expect(await drained.api.exit()).toBe(0);
    const back = await liveClient(stays.url, { key: KEY });
    expect(await back.watch(['tasks', `client:${client_id}`], upto)).toMatchObject({
      changed: expect.arrayContaining([`client:${client_id}`]),
    });
    await back.close();
  });
});

describe('a reader who takes nothing', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  });
  afterAll(() => api.close());
  const sockets = () => new Promise<number>((resolve) => api.server.getConnections((_, count) => resolve(count)));

  test('harms nobody and is let go', async () => {
    await api.db.query(sql.unsafe`
      with person as (insert into users (first_name, last_name, notes) select 'Клиент', n, repeat('слово ', 500) from generate_series(1, 200) n returning id)
      insert into user_roles (user_id, role) select id, 'client' from person`);
    const owner = await personOf(api, 'owner');
    const [slow, good] = [
      await liveClient(api.url, { cookie: owner.cookie }),
      await liveClient(api.url, { cookie: owner.cookie }),
    ];
    await slow.watch(['tasks']);
    await good.watch(['tasks']);
    slow.socket.pause();
    for (let n = 0; n < 100; n += 1) slow.send({ id: `large-${n}`, op: 'GET /api/clients?limit=200' });
    for (let n = 0; n < 20; n += 1) {
      await api.db.query(sql.unsafe`insert into admin_tasks (kind, title) values ('note', ${`Task ${n}`})`);
      expect(await good.news()).toMatchObject({ changed: ['tasks'] });
      expect(await good.ask('GET /me')).toMatchObject({ status: 200 });
    }
    // It answers no ping: at the second one it is gone.
    await eventually(async () => (await sockets()) <= 1 || undefined);
    expect(await good.ask('GET /me')).toMatchObject({ status: 200 });
    slow.socket.terminate();
    await good.close();
  });
});

/** A connection over no network: what it is told, and what it sends. */
async function bareConnection(bufferedAmount: number) {
  const told: string[] = [];
  const outcome = { isTerminated: false, isOver: false };
  const socket = Object.assign(new EventEmitter(), {
    bufferedAmount,
    send: (text: string) => told.push(text),
    terminate: () => (outcome.isTerminated = true),
  }) as unknown as WebSocket;
  const watchers: Watcher[] = [];
  const theirs = new Set(['tasks', 'client:17']);
  const feed = { watch: (one: Watcher) => watchers.push(one), leave: () => undefined, upto: () => null };
  const house = {
    feed: feed as unknown as ReturnType<typeof openFeed>,
    presence: openPresence({ publish: () => undefined }),
    answer: async () => '',
    mayWatch: async (_: unknown, topics: readonly string[]) => new Set(topics.filter((topic) => theirs.has(topic))),
  };
  const caller = { id: '#1', name: 'test', scopes: ['*' as const], isStillLetIn: async () => true };
  const visit = { address: '', agent: '', token: null, isByCookie: false, device: null };
  const connection = openConnection(socket, { caller, visit }, house, () => (outcome.isOver = true));
  socket.emit('message', '{"watch":["tasks","client:17"]}', false);
  const watcher = await eventually(() => watchers[0]);
  return { connection, watcher, told, outcome, theirs };
}

test.each([
  ['256 KiB of news', 256 * 1_024, false],
  ['one byte more', 256 * 1_024 + 1, true],
])('a reader with %s waiting is let go: %#', async (_, bufferedAmount, isLetGo) => {
  const { watcher, told, outcome } = await bareConnection(bufferedAmount);
  watcher.tell({ changed: ['tasks'], upto: 1, by: null });
  expect({ ...outcome, told: told.length }).toEqual({ isTerminated: isLetGo, isOver: isLetGo, told: isLetGo ? 0 : 1 });
});

test('a row that is not theirs any more is watched no longer', async () => {
  const { connection, watcher, theirs } = await bareConnection(0);
  await connection.judge();
  expect([...watcher.topics]).toEqual(['tasks', 'client:17']);
  theirs.delete('client:17');
  await connection.judge();
  expect([...watcher.topics]).toEqual(['tasks']);
});

describe('old changes', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.close());
  const forget = async (size: number) => {
    const rows: number[] = [];
    for (let after: number | null = null, isLast = false; !isLast; ) {
      const gone: Awaited<ReturnType<typeof forgetChanges>> = await forgetChanges(database.db, { after, size });
      rows.push(gone.rows);
      after = gone.after;
      isLast = gone.rows < size;
    }
    return rows;
  };

  test('are deleted after an hour, in batches, twice with the same end; whoever comes back from before them has missed something', async () => {
    const told: object[] = [];
    const feed = openFeed(database.db, 'Europe/Moscow');
    const watch = async (since: number | null) => {
      const watcher: Watcher = { topics: new Set(['tasks']), joining: { since, refused: [] }, tell: (news) => told.push(news) };
      const before = told.length;
      feed.watch(watcher);
      await eventually(() => told.length > before);
      feed.leave(watcher);
      return told.at(-1) as { upto: number };
    };
    const { upto } = await watch(null);
    for (const age of ['61 minutes', '60 minutes 1 second', '59 minutes'])
      await database.db.query(sql.unsafe`insert into changes (topic, at) values ('tasks', now() - ${age}::interval)`);
    expect(await watch(upto)).toMatchObject({ changed: expect.arrayContaining(['tasks']) });
    expect(await forget(1)).toEqual([1, 1, 0]);
    expect(await forget(1)).toEqual([0]);
    expect(await watch(upto)).toMatchObject({ missed: true });
  });
});
