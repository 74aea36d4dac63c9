import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { z } from 'zod';
import { signJwt } from '../../api/auth/jwt.ts';
import { sql } from '../../sql/database/database.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { secretOf, tokenHash } from '../../workers/sign-in/tokens.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { account, asking, cookieOf, PASSWORD, signIn } from './account.ts';

let api: TestApi;
let other: TestApi;
beforeAll(async () => {
  api = await testApi();
  other = await testApi({ settings: { PUBLIC_URL: 'https://studio.example' } });
});
afterAll(() => Promise.all([api.close(), other.close()]));

const HOUR = 3_600_000;
const row = z.object({ seen_at: z.iso.datetime(), expires_at: z.iso.datetime() });
const sessionOf = (userId: number) =>
  api.db.one(sql.type(row)`select seen_at, expires_at from sessions where user_id = ${userId}`);
const age = (userId: number, ms: number) =>
  api.db.query(sql.unsafe`
    update sessions set seen_at = seen_at - make_interval(secs => ${ms / 1_000}), expires_at = expires_at - make_interval(secs => ${ms / 1_000})
    where user_id = ${userId}`);
const bearer = (token: string) => ({ key: null, headers: { Authorization: `Bearer ${token}` } });
/** Within a second: as long as `GET /me` is answered otherwise, it is asked again. */
const becomes = async (status: number, ask: () => Promise<{ status: number }>) => {
  const began = performance.now();
  await eventually(async () => (await ask()).status === status);
  return performance.now() - began;
};

describe('the cookie', () => {
  test('is HttpOnly and Lax, and Secure behind https; so is the one of the device', async () => {
    await account(api, { login: 'cookie.one' });
    await account(other, { login: 'cookie.one' });
    const [plain, secure] = [await signIn(api, 'cookie.one'), await signIn(other, 'cookie.one')];
    const month = 30 * 24 * 3_600;
    expect(plain.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        new RegExp(`^sf_session=[\\w-]{43}; Path=/; Max-Age=(${month}|${month - 1}); HttpOnly; SameSite=Lax$`),
      ),
      expect.stringMatching(/^sf_device=[\w.-]+; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/),
    ]);
    for (const line of secure.headers.getSetCookie()) expect(line).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
    expect(plain.headers.get('cache-control')).toBe('no-store');
  });

  test('the token lies nowhere in the database', async () => {
    await account(api, { login: 'hashed.one' });
    const token = cookieOf(await signIn(api, 'hashed.one'), 'sf_session').split('=')[1] as string;
    const rows = await api.db.anyFirst(
      sql.type(z.object({ row: z.string() }))`select row_to_json(sessions)::text as row from sessions`,
    );
    expect(rows.join()).not.toContain(token);
  });

  test('a session that the browser had before ends when somebody signs in there: nobody can have prepared it', async () => {
    await account(api, { login: 'fixed.one' });
    const first = cookieOf(await signIn(api, 'fixed.one'), 'sf_session');
    const second = cookieOf(await signIn(api, 'fixed.one', PASSWORD, { cookie: first }), 'sf_session');
    expect(second).not.toBe(first);
    expect((await asking(api, first)('GET', '/me')).status).toBe(401);
    expect((await asking(api, second)('GET', '/me')).status).toBe(200);
    const prepared = `sf_session=${'A'.repeat(43)}`;
    const third = cookieOf(await signIn(api, 'fixed.one', PASSWORD, { cookie: prepared }), 'sf_session');
    expect(third).not.toBe(prepared);
    expect((await asking(api, prepared)('GET', '/me')).status).toBe(401);
  });
});

test('signing out ends the session and takes the cookie away; a second time changes nothing', async () => {
  const client = await personOf(api, 'client');
  for (let n = 0; n < 2; n += 1) {
    const out = await client.ask('POST', '/auth/sign-out');
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()).toEqual([expect.stringMatching(/^sf_session=; Path=\/; Max-Age=0; /)]);
    expect((await client.ask('GET', '/me')).status).toBe(401);
  }
});

describe('my devices', () => {
  test('lists them, ends one and all others; what was ended elsewhere is out within a second', async () => {
    await account(api, { login: 'devices.one' });
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(async () => asking(api, cookieOf(await signIn(api, 'devices.one'), 'sf_session'))),
    );
    const { items } = (await one!('GET', '/me/sessions')).body;
    expect(items).toHaveLength(3);
    expect(items.filter((item: { is_this: boolean }) => item.is_this)).toHaveLength(1);
    const mine = (await two!('GET', '/me/sessions')).body.items.find((item: { is_this: boolean }) => item.is_this);
    expect((await one!('DELETE', `/me/sessions/${mine.id}`)).status).toBe(204);
    expect(await becomes(401, () => two!('GET', '/me'))).toBeLessThan(1_000);
    expect((await one!('DELETE', `/me/sessions/${mine.id}`)).status).toBe(404);
    expect((await one!('DELETE', '/me/sessions')).body).toEqual({ ended: 1 });
    expect(await becomes(401, () => three!('GET', '/me'))).toBeLessThan(1_000);
    expect((await one!('GET', '/me')).status).toBe(200);
  });

  test('are nobody else’s', async () => {
    const [mine, stranger] = [await personOf(api, 'client'), await personOf(api, 'owner')];
    const [session] = (await mine.ask('GET', '/me/sessions')).body.items;
    expect((await stranger.ask('DELETE', `/me/sessions/${session.id}`)).status).toBe(404);
    expect((await mine.ask('GET', '/me')).status).toBe(200);
  });

  test('are 50 at most: one more ends the one used longest ago', async () => {
    const id = await account(api, { login: 'many.one' });
    const visit = { agent: '', address: '' };
    for (let n = 0; n < 52; n += 1)
      await openSession(api.db, { id, roles: ['client'] }, 'password', visit, new Date(Date.now() - (100 - n) * 1_000));
    const times = await api.db.any(
      sql.type(row)`select seen_at, expires_at from sessions where user_id = ${id} order by seen_at`,
    );
    expect(times).toHaveLength(50);
    expect(Date.now() - Date.parse(times[0]!.seen_at)).toBeLessThan(99_000);
  });
});

describe('a session lasts', () => {
  test.each([
    ['client', 30 * 24 * HOUR],
    ['trainer', 12 * HOUR],
    ['admin', 12 * HOUR],
    ['owner', 12 * HOUR],
  ] as const)('of a %s %d ms from when it was used last', async (role, lasts) => {
    const person = await personOf(api, role);
    const opened = await sessionOf(person.id);
    expect(Date.parse(opened.expires_at) - Date.parse(opened.seen_at)).toBe(lasts);
    await age(person.id, lasts - 60_000);
    const renewed = await person.ask('GET', '/me');
    expect(renewed.status).toBe(200);
    // The browser keeps its cookie as long.
    const seconds = Number(/Max-Age=(\d+)/.exec(renewed.headers.getSetCookie().join())?.[1]);
    expect(Math.abs(seconds - lasts / 1_000)).toBeLessThan(5);
    await eventually(async () => Date.parse((await sessionOf(person.id)).expires_at) > Date.now() + lasts - 60_000);
    expect((await person.ask('GET', '/me')).status).toBe(200);
    await age(person.id, lasts + 1_000);
    await becomes(401, () => person.ask('GET', '/me'));
  });

  test('as long as its person has their roles: within a second', async () => {
    const trainer = await personOf(api, 'trainer');
    expect((await trainer.ask('GET', '/me')).status).toBe(200);
    await api.db.query(sql.unsafe`delete from user_roles where user_id = ${trainer.id}`);
    expect(await becomes(401, () => trainer.ask('GET', '/me'))).toBeLessThan(1_000);
  });

  test('and is active in the studio', async () => {
    const client = await personOf(api, 'client');
    await api.db.query(sql.unsafe`update users set is_active = false where id = ${client.id}`);
    await becomes(401, () => client.ask('GET', '/me'));
    await api.db.query(sql.unsafe`update users set is_active = true where id = ${client.id}`);
    expect((await client.ask('GET', '/me')).status).toBe(401);
  });

  test('of a client who begins to work here as long as those of staff', async () => {
    const client = await personOf(api, 'client');
    await api.db.query(sql.unsafe`insert into user_roles (user_id, role) values (${client.id}, 'trainer')`);
    expect(Date.parse((await sessionOf(client.id)).expires_at)).toBeLessThanOrEqual(Date.now() + 12 * HOUR + 1_000);
  });

  test('for a new password, which ends the others', async () => {
    await account(api, { login: 'changed.one' });
    const [here, there] = [
      cookieOf(await signIn(api, 'changed.one'), 'sf_session'),
      cookieOf(await signIn(api, 'changed.one'), 'sf_session'),
    ];
    const change = (current: string) => asking(api, here)('POST', '/auth/password', { current, new: 'another password' });
    expect((await change('wrong')).status).toBe(403);
    expect((await change(PASSWORD)).status).toBe(204);
    await becomes(401, () => asking(api, there)('GET', '/me'));
    expect((await asking(api, here)('GET', '/me')).status).toBe(200);
    expect((await signIn(api, 'changed.one')).status).toBe(401);
    expect((await signIn(api, 'changed.one', 'another password')).status).toBe(200);
    for (let n = 0; n < 5; n += 1) expect((await change('wrong')).status).toBe(403);
    expect((await change('another password')).status).toBe(429);
  });
});

describe('a JWT', () => {
  const tokenOf = async (ask: ReturnType<typeof asking>) => (await ask('POST', '/auth/token')).body;
  test('stands for its session for 15 minutes, by cookie, by token or by login', async () => {
    await account(api, { login: 'program.one' });
    const session = cookieOf(await signIn(api, 'program.one'), 'sf_session');
    const answer = await tokenOf(asking(api, session));
    expect(answer).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 });
    const byToken = await api.post('/auth/token', undefined, bearer(session.split('=')[1] as string));
    const byLogin = await api.post('/auth/token', { login: 'program.one', password: PASSWORD }, { key: null });
    for (const { access_token } of [answer, byToken.body, byLogin.body])
      expect((await api.get('/me', bearer(access_token))).body.user.first_name).toMatch(/^Ученик/);
    const ask = asking(api, session);
    expect((await ask('POST', '/auth/token', { login: 'program.one', password: PASSWORD })).status).toBe(200);
    expect((await ask('GET', '/me')).status).toBe(200);
    expect((await api.post('/auth/token', undefined, bearer(answer.access_token))).status).toBe(401);
    expect((await api.post('/auth/token', { login: 'program.one', password: 'wrong' }, { key: null })).status).toBe(401);
  });

  test('ends with its session, within a second', async () => {
    const client = await personOf(api, 'client');
    const { access_token } = await tokenOf(client.ask);
    expect((await api.get('/me', bearer(access_token))).status).toBe(200);
    await client.ask('POST', '/auth/sign-out');
    expect(await becomes(401, () => api.get('/me', bearer(access_token)))).toBeLessThan(1_000);
  });

  test('is refused a second after its end, changed, signed by others, or not at all', async () => {
    const client = await personOf(api, 'client');
    const secret = await secretOf(api.db, 'jwt');
    const hash = tokenHash(client.token);
    const at = (ms: number) => signJwt(secret, client.id, hash, new Date(Date.now() + ms));
    expect((await api.get('/me', bearer(await at(-890_000)))).status).toBe(200);
    const good = await at(0);
    const [head, payload, signature] = good.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 900 })).toString('base64url');
    const foreign = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' });
    const bad = [
      await at(-901_000),
      `${head}.${changed}.${signature}`,
      `${head}.${payload}.${signature.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))}`,
      await foreign.sign(Buffer.alloc(32, 1)),
      await new SignJWT({ ...claims, iss: 'another' }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS512' }).sign(secret),
      new UnsecuredJWT(claims).encode(),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.${signature}`,
      await new SignJWT({ ...claims, sid: undefined }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    ];
    for (const token of bad) {
      const answer = await api.get('/me', bearer(token));
      expect({ token, status: answer.status }).toEqual({ token, status: 401 });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
  });
});
