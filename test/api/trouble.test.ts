import { once } from 'node:events';
import { request as ask } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createApiServer } from '../../api/app/server.ts';
import { createTurnQueue } from '../../api/http/fair-share.ts';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Reply, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let other: string;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '10000' } });
  other = await api.key('records:read');
});
afterAll(() => api.close());

/** A row held in another session, for as long as it takes. */
async function holding<T>(statement: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: api.database.url });
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  return work().finally(() => client.end());
}

describe('a row is locked elsewhere', () => {
  const lock = () => `select from training_types where id = ${id} for update`;
  let id: number;
  beforeAll(async () => {
    id = (await api.post('/api/training-types', { name: 'Йога', max_participants: 10, duration_minutes: 60 })).body.id;
  });
  const change = () => api.patch(`/api/training-types/${id}`, { max_participants: 11 });
  const over = (replies: Promise<Reply>[]) => Promise.race(replies).then(() => 'over');

  test('requests that need it are told so in bounded time, and no others wait, with the same key or another', async () => {
    await holding(lock(), async () => {
      const waiting = Array.from({ length: 6 }, change);
      const bystanders = [api.get('/api/students'), api.get('/api/students', { key: other }), api.get('/health/ready')];
      const first = await Promise.race([Promise.all(bystanders), over(waiting)]);
      expect(first).toMatchObject([{ status: 200 }, { status: 200 }, { body: { parts: { database: 'up' } } }]);
      for (const { status, headers, body } of await Promise.all(waiting)) {
        expect([status, headers.get('retry-after')]).toEqual([503, '5']);
        expect(body.detail).toContain('nothing was done');
      }
    });
    expect(await change()).toMatchObject({ status: 200, body: { max_participants: 11 } });
  });

  test('sixty who need it with one key leave connections to the others, and all are answered', async () => {
    await holding(lock(), async () => {
      const waiting = Array.from({ length: 60 }, change);
      const bystanders = [api.get('/api/students', { key: other }), api.get('/health/ready')];
      const first = await Promise.race([Promise.all(bystanders), over(waiting)]);
      expect(first).toMatchObject([{ status: 200 }, { body: { parts: { database: 'up' } } }]);
      expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([503]));
    });
  });

  test('twenty who need it, each with a key of its own, leave connections to whoever asks for something else', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => api.key('records:write')));
    await holding(lock(), async () => {
      const waiting = keys.map((key) => api.patch(`/api/training-types/${id}`, { max_participants: 11 }, { key }));
      const first = await Promise.race([api.get('/api/students', { key: other }), over(waiting)]);
      expect(first).toMatchObject({ status: 200 });
      expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([503]));
    });
  });

  test('with an Idempotency-Key the refusal is not kept', async () => {
    const post = () => api.post('/api/rooms', { name: 'Зал', location_id: location }, { headers: { 'Idempotency-Key': 'room' } });
    const location = (await api.post('/api/locations', { name: 'Дом' })).body.id;
    const refused = await holding(`select from locations where id = ${location} for update`, post);
    expect(refused).toMatchObject({ status: 503 });
    expect(await post()).toMatchObject({ status: 201 });
  });
});

test('of one key only so many requests are answered at once', async () => {
  const key = await api.key('run:generation');
  const refused: Reply[] = [];
  const asked = Array.from({ length: 300 }, async (_, n) => {
    const headers = { Prefer: 'wait=60', 'X-Request-Id': `at-once-${n}` };
    const reply = await api.post('/real-trainings/generate-next-week', {}, { key, headers });
    if (reply.status === 429) refused.push(reply);
    return reply;
  });
  // The others are answered for as long as the run is not over.
  await eventually(() => refused.length >= 300 - 256);
  const result = {
    message: 'done',
    created_count: 0,
    trainings: [],
    period: { start: '2026-11-23', end: '2026-11-29' },
    students_added: 0,
    warnings: [],
    conflicts: [],
  };
  await api.db.query(sql.unsafe`
    update automated_process_history set status = 'success', result = ${sql.json(result)}, completed_at = now()
    where completed_at is null`);
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(256);
  expect(refused).toHaveLength(300 - 256);
  expect(refused[0]).toMatchObject({ body: { detail: expect.stringContaining('being answered right now') } });
  expect(refused[0]?.headers.get('retry-after')).toBe('1');
});

describe('connections are shared out', () => {
  test('a caller holds at most as many as are left; who has none goes first', async () => {
    const line = createTurnQueue(6, 60_000);
    const [one, two] = ['1', '2'];
    const own = [await line.enter(one, 'trainings'), await line.enter(one, 'trainings'), await line.enter(one, 'trainings')];
    let fourth = false;
    const waiting = line.enter(one, 'trainings').then((leave) => {
      fourth = true;
      return leave;
    });
    const others = [await line.enter(two, 'trainings'), await line.enter(two, 'trainings')];
    expect(fourth).toBe(false);
    others[0]?.();
    own[0]?.();
    own[1]?.();
    await waiting;
    expect(fourth).toBe(true);
  });

  test('a kind of request holds at most three quarters, however many ask for it; other kinds go past those who wait', async () => {
    const line = createTurnQueue(8, 60_000);
    const reports = await Promise.all(['1', '2', '3', '4', '5', '6'].map((caller) => line.enter(caller, 'reports')));
    const order: string[] = [];
    const seventh = line.enter('7', 'reports').then((leave) => {
      order.push('7 reports');
      return leave;
    });
    const others = [await line.enter('8', 'bookings'), await line.enter('9', 'bookings')];
    order.push('bookings');
    reports[0]?.();
    await seventh;
    expect(order).toEqual(['bookings', '7 reports']);
    for (const leave of [...reports.slice(1), ...others, await seventh]) leave();
    // All were given back.
    await expect(
      Promise.all(['1', '2', '3', '4', '5', '6'].map((caller) => line.enter(caller, 'reports'))),
    ).resolves.toHaveLength(6);
  });

  test('where there is one connection, every kind may have it', async () => {
    const line = createTurnQueue(1, 60_000);
    (await line.enter('1', 'reports'))();
    await expect(line.enter('1', 'bookings')).resolves.toEqual(expect.any(Function));
  });

  test('a request that waits too long is told to come again', async () => {
    const line = createTurnQueue(1, 1);
    const leave = await line.enter('1', 'trainings');
    await expect(line.enter('2', 'trainings')).rejects.toMatchObject({ status: 503 });
    leave();
    await expect(line.enter('2', 'trainings')).resolves.toEqual(expect.any(Function));
  });
});

describe('a request without a key', () => {
  const port = () => (api.server.address() as AddressInfo).port;

  /** Sends a head that announces a large body, and nothing of it; the status that comes back. */
  const announce = async (path: string, headers: Record<string, string> = {}) => {
    const asking = ask({ port: port(), path, method: 'POST', headers: { ...headers, 'Content-Length': '1000000' } });
    asking.on('error', () => undefined);
    asking.flushHeaders();
    const [response] = await once(asking, 'response');
    asking.destroy();
    return response.statusCode;
  };

  test('is refused before the body is read; where no webhook is set up there is nothing', async () => {
    expect(await announce('/telegram/webhook')).toBe(404);
    expect(await announce('/api/students')).toBe(401);
    expect(await announce('/api/students', { 'X-API-Key': 'a guess' })).toBe(401);
  });

  test('nor does Telegram’s secret have to be guessed through a body', async () => {
    const secret = 'a_secret_that_only_Telegram_knows';
    const settings = { TELEGRAM_WEBHOOK_URL: 'https://studio.example/telegram/webhook', TELEGRAM_WEBHOOK_SECRET: secret };
    const hooked = await testApi({ settings });
    const bad = { raw: '{"a": 1, "a": 2', headers: { 'Content-Type': 'application/json' } };
    const bring = (shown: string) =>
      hooked.post('/telegram/webhook', undefined, {
        ...bad,
        headers: { ...bad.headers, 'X-Telegram-Bot-Api-Secret-Token': shown },
      });
    expect(await bring('wrong')).toMatchObject({ status: 401 });
    expect(await bring(secret)).toMatchObject({ status: 422 });
    await hooked.close();
  });

  test('cannot keep a request half sent', () => {
    const server = createApiServer(api.fleet);
    expect([server.requestTimeout, server.headersTimeout, server.maxConnections]).toEqual([30_000, 15_000, 2_000]);
  });

  test('cannot take all connections from one address, unless a proxy stands there', async () => {
    for (const [proxy, answered] of [
      [undefined, false],
      [1, true],
    ] as const) {
      const server = createApiServer({ ...api.fleet, settings: { ...api.fleet.settings, trustProxy: proxy } });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      // Sockets that are as good as open, from one address.
      for (let n = 0; n < 1_000; n += 1) server.emit('connection', idleSocket());
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      await once(socket, 'close');
      expect(text.includes('"up"')).toBe(answered);
      server.closeAllConnections();
      server.close();
    }
  });
});

/** A connection that is open, as far as the server is concerned. */
function idleSocket() {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' });
  return socket;
}
