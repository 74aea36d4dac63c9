import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { liveClient, refusedUpgrade } from './client.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const HOST = () => new URL(api.url).host;

describe('a socket is opened', () => {
  test('by a cookie, a key, a bearer token, a JWT or a ticket', async () => {
    const person = await personOf(api, 'client');
    const { access_token } = (await person.ask('POST', '/auth/token')).body;
    const { ticket, expires_in } = (await person.ask('POST', '/live/ticket')).body;
    expect(expires_in).toBe(60);
    const key = await api.key('records:read');
    const ways = [
      { cookie: person.cookie },
      { key },
      { headers: { Authorization: `Bearer ${person.token}` } },
      { headers: { Authorization: `Bearer ${access_token}` } },
      { ticket },
    ];
    for (const way of ways) {
      const page = await liveClient(api.url, way);
      const { status, body } = await page.ask('GET /me');
      expect(status === 200 ? body.user.id : status).toBe(way.key ? 403 : person.id);
      await page.close();
    }
  });

  test('nobody else, and the refusal is an answer of HTTP', async () => {
    expect(await refusedUpgrade(api.url, {})).toMatchObject({
      status: 401,
      headers: { 'content-type': expect.stringContaining('application/problem+json'), connection: 'close' },
      body: { title: 'Unauthorized', instance: '/live' },
    });
    expect((await refusedUpgrade(api.url, { key: 'a guess' })).status).toBe(401);
    expect((await refusedUpgrade(api.url, { cookie: `sf_session=${'x'.repeat(43)}` })).status).toBe(401);
    expect((await refusedUpgrade(api.url, { ticket: 'x'.repeat(43) })).status).toBe(401);
  });

  test('not from a page of another site, with whatever', async () => {
    const person = await personOf(api, 'owner');
    const { ticket } = (await person.ask('POST', '/live/ticket')).body;
    const elsewhere = { Origin: 'https://elsewhere.example' };
    expect(await refusedUpgrade(api.url, { cookie: person.cookie, headers: elsewhere })).toMatchObject({ status: 403 });
    expect(await refusedUpgrade(api.url, { ticket, headers: elsewhere })).toMatchObject({ status: 403 });
    expect(await refusedUpgrade(api.url, { cookie: person.cookie, headers: { 'Sec-Fetch-Site': 'cross-site' } })).toMatchObject({
      status: 403,
    });
    const own = await liveClient(api.url, { cookie: person.cookie, headers: { Origin: `http://${HOST()}` } });
    await own.close();
  });

  test('not with a session that must set up a second factor first', async () => {
    const { id } = await personOf(api, 'admin');
    const visit = { agent: '', address: '' };
    const { token } = await openSession(api.db, { id, roles: ['admin'], isLimited: true }, 'password', visit, new Date());
    expect(await refusedUpgrade(api.url, { cookie: `sf_session=${token}` })).toMatchObject({ status: 403 });
  });

  test('a ticket opens one socket, within a minute, as long as its session lives', async () => {
    const person = await personOf(api, 'client');
    const ticket = async () => (await person.ask('POST', '/live/ticket')).body.ticket as string;
    const used = await ticket();
    const both = await Promise.all([refusedUpgrade(api.url, { ticket: used }), refusedUpgrade(api.url, { ticket: used })]);
    expect(both.map(({ status }) => status).sort()).toEqual([101, 401]);
    const old = await ticket();
    await api.db.query(sql.unsafe`update live_tickets set expires_at = now()`);
    expect((await refusedUpgrade(api.url, { ticket: old })).status).toBe(401);
    const ended = await ticket();
    await api.db.query(sql.unsafe`delete from sessions where user_id = ${person.id}`);
    expect((await refusedUpgrade(api.url, { ticket: ended })).status).toBe(401);
    expect(await api.post('/live/ticket', {})).toMatchObject({ status: 403 });
  });

  test('asked for as a plain page, it says that it is a socket', async () => {
    const reply = await api.get('/live');
    expect({ status: reply.status, upgrade: reply.headers.get('upgrade') }).toEqual({ status: 426, upgrade: 'websocket' });
    expect(await api.post('/live', {})).toMatchObject({ status: 405 });
  });

  test('an upgrade to another protocol on another path is answered as without it', async () => {
    const asked = httpRequest(`${api.url}/health/live`, { headers: { Connection: 'Upgrade', Upgrade: 'h2c' } }).end();
    const [response] = await once(asked, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  test('one person has 20 sockets, and a place again when one is closed', async () => {
    const person = await personOf(api, 'client');
    const open = () => liveClient(api.url, { cookie: person.cookie });
    const pages = await Promise.all(Array.from({ length: 20 }, open));
    expect(await refusedUpgrade(api.url, { cookie: person.cookie })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '10' },
      body: { detail: '20 sockets of yours are open already' },
    });
    const other = await personOf(api, 'client');
    await (await liveClient(api.url, { cookie: other.cookie })).close();
    await pages[0]!.close();
    const again = await eventually(async () =>
      (await refusedUpgrade(api.url, { cookie: person.cookie })).status === 101 ? true : undefined,
    );
    expect(again).toBe(true);
    await Promise.all(pages.slice(1).map((page) => page.close()));
  });
});

describe('a socket is closed', () => {
  /** Milliseconds from an end to the close. */
  async function closing(page: Awaited<ReturnType<typeof liveClient>>, end: () => Promise<unknown>) {
    await end();
    return page.closed;
  }

  test('with 4401 when its session is ended elsewhere', async () => {
    const person = await personOf(api, 'trainer');
    const page = await liveClient(api.url, { cookie: person.cookie });
    const stays = await personOf(api, 'trainer');
    const other = await liveClient(api.url, { cookie: stays.cookie });
    await page.watch(['tasks']);
    const closed = await closing(page, () => api.db.query(sql.unsafe`delete from sessions where user_id = ${person.id}`));
    expect(closed).toEqual({ code: 4401, reason: 'the session has ended' });
    expect(await other.ask('GET /me')).toMatchObject({ status: 200 });
    await other.close();
  });

  test.each(['a role is taken away', 'the person leaves', 'the session is over'])('with 4401 when %s', async (end) => {
    const person = await personOf(api, 'admin');
    const page = await liveClient(api.url, { cookie: person.cookie });
    const ends: Record<string, ReturnType<typeof sql.unsafe>> = {
      'a role is taken away': sql.unsafe`delete from user_roles where user_id = ${person.id}`,
      'the person leaves': sql.unsafe`update users set is_active = false where id = ${person.id}`,
      'the session is over': sql.unsafe`update sessions set expires_at = now() where user_id = ${person.id}`,
    };
    expect(await closing(page, () => api.db.query(ends[end]!))).toMatchObject({ code: 4401 });
  });

  test('with 4401 when its key is revoked', async () => {
    const key = await api.key('*');
    const page = await liveClient(api.url, { key });
    expect(await page.ask('GET /api/tasks')).toMatchObject({ status: 200 });
    const last = sql.type(z.object({ id: z.int() }))`select max(id) as id from api_keys`;
    const id = await api.db.oneFirst(last);
    expect(
      await closing(page, () => api.db.query(sql.unsafe`update api_keys set expires_at = now() where id = ${id}`)),
    ).toMatchObject({
      code: 4401,
    });
  });

  test('being looked at does not keep a session alive', async () => {
    const person = await personOf(api, 'client');
    const page = await liveClient(api.url, { cookie: person.cookie });
    await api.db.query(sql.unsafe`update sessions set seen_at = now() - interval '1 hour' where user_id = ${person.id}`);
    const seen = sql.type(z.object({ seen: z.boolean() }))`
      select bool_or(seen_at > now() - interval '30 minutes') as seen from sessions where user_id = ${person.id}`;
    await page.watch(['tasks']);
    // Another's end shows that sessions were looked at meanwhile.
    const other = await personOf(api, 'client');
    const gone = await liveClient(api.url, { cookie: other.cookie });
    await closing(gone, () => api.db.query(sql.unsafe`delete from sessions where user_id = ${other.id}`));
    expect(await api.db.oneFirst(seen)).toBe(false);
    await page.close();
  });

  test('with 1003 for bytes, 1009 for more than can be read, 4429 for too many messages', async () => {
    const person = await personOf(api, 'client');
    const open = () => liveClient(api.url, { cookie: person.cookie });
    const [bytes, huge, eager] = [await open(), await open(), await open()];
    bytes.socket.send(Buffer.from('{}'));
    expect((await bytes.closed).code).toBe(1003);
    huge.send(`"${'x'.repeat(300_000)}"`);
    expect((await huge.closed).code).toBe(1009);
    for (let n = 0; n < 1_201; n += 1) eager.send('{}');
    expect((await eager.closed).code).toBe(4429);
  });
});
