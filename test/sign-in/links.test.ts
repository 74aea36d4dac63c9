import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { sayFirstOwnerLink } from '../../workers/fleet/first-owner.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { account, asking, cookieOf, PASSWORD, signIn } from './account.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const tokenIn = (url: string) => new URL(url).searchParams.get('token') as string;
const invite = async (body: object, asking = {}) => api.post('/api/invitations', body, asking);
const join = (token: string, more: object = {}) => api.post('/auth/join', { token, password: PASSWORD, ...more }, { key: null });
const rolesOf = (id: number) =>
  api.db.anyFirst(sql.type(z.object({ role: z.string() }))`select role from user_roles where user_id = ${id} order by role`);
const overIn = (interval: string) =>
  api.db.query(sql.unsafe`update sign_in_links set expires_at = now() + ${interval}::interval where used_at is null`);

describe('an invitation', () => {
  test('is looked at, sets the password, gives the role and signs in; once', async () => {
    const { body } = await invite({ login: '8 916 555-00-01', role: 'trainer', first_name: 'Анна', last_name: 'К' });
    const days = (Date.parse(body.expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 2);
    const token = tokenIn(body.url);
    expect((await api.post('/auth/join/look', { token }, { key: null })).body).toMatchObject({
      purpose: 'invitation',
      role: 'trainer',
      login: '+79165550001',
      first_name: 'Анна',
    });
    const joined = await join(token);
    expect(joined).toMatchObject({ status: 200, body: { user: { first_name: 'Анна', last_name: 'К', roles: ['trainer'] } } });
    expect((await asking(api, cookieOf(joined, 'sf_session'))('GET', '/me')).status).toBe(200);
    expect((await signIn(api, '+79165550001')).status).toBe(200);
    expect((await join(token)).status).toBe(404);
    expect((await api.post('/auth/join/look', { token }, { key: null })).status).toBe(404);
  });

  test('of two who open it at once one gets it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const token = tokenIn((await invite({ login: `race.${round}`, role: 'client' })).body.url);
      const both = await Promise.all([join(token), join(token)]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
    }
  });

  test('lasts seven days', async () => {
    const token = tokenIn((await invite({ login: 'late.one', role: 'client' })).body.url);
    await overIn('-1 second');
    expect((await join(token)).status).toBe(404);
    await overIn('5 seconds');
    expect((await join(token)).status).toBe(200);
  });

  test('is replaced by the next for the same login', async () => {
    const [first, second] = [
      await invite({ login: 'twice.one', role: 'client' }),
      await invite({ login: 'twice.one', role: 'client' }),
    ];
    expect((await join(tokenIn(first.body.url))).status).toBe(404);
    expect((await join(tokenIn(second.body.url))).status).toBe(200);
  });

  test('of somebody who is known keeps their record and adds the role', async () => {
    const id = await account(api, { email: 'known@example.com' });
    const token = tokenIn((await invite({ login: 'Known@example.com', role: 'trainer' })).body.url);
    expect((await join(token, { password: 'another password' })).body.user.id).toBe(id);
    expect(await rolesOf(id)).toEqual(['client', 'trainer']);
    expect((await signIn(api, 'known@example.com', 'another password')).status).toBe(200);
  });

  test.each([
    ['phone', '+79165550009'],
    ['email', 'taken@example.com'],
    ['login', 'taken.one'],
  ])('to a %s that somebody has got since is refused, and their password stays', async (kind, login) => {
    const token = tokenIn((await invite({ login, role: 'trainer' })).body.url);
    const id = await account(api, { [kind]: login });
    expect(await join(token, { password: 'of the stranger' })).toMatchObject({
      status: 409,
      body: { detail: 'somebody has this login by now; ask the studio for a new link' },
    });
    expect((await signIn(api, login, 'of the stranger')).status).toBe(401);
    expect((await signIn(api, login)).body.user.id).toBe(id);
    expect(await rolesOf(id)).toEqual(['client']);
  });

  test('two for one login under different roles make one person', async () => {
    const tokens = [
      tokenIn((await invite({ login: 'first.of.two', role: 'client' })).body.url),
      tokenIn((await invite({ login: 'first.of.two', role: 'client' })).body.url),
    ];
    const joined = await Promise.all(tokens.map((token) => join(token)));
    expect(joined.filter(({ status }) => status === 200)).toHaveLength(1);
    const people = await api.db.anyFirst(sql.type(z.object({ id: z.int() }))`select id from users where login = 'first.of.two'`);
    expect(people).toHaveLength(1);
  });

  test('of somebody who has left the studio opens nothing', async () => {
    const id = await account(api, { login: 'left.one' });
    const token = tokenIn((await api.post(`/api/people/${id}/password-link`)).body.url);
    await api.db.query(sql.unsafe`update users set is_active = false where id = ${id}`);
    expect((await join(token)).status).toBe(404);
  });

  test.each(['', 'x', 'a b', '12', 'somebody@'])('to %j is refused', async (login) => {
    expect((await invite({ login, role: 'client' })).status).toBe(422);
  });
});

describe('rights to command (D46)', () => {
  test.each([
    ['admin', 'client', 201],
    ['admin', 'trainer', 201],
    ['admin', 'admin', 403],
    ['admin', 'owner', 403],
    ['owner', 'admin', 201],
    ['owner', 'owner', 201],
    ['trainer', 'client', 403],
    ['client', 'client', 403],
  ] as const)('a %s who invites a %s: %i', async (by, role, status) => {
    const person = await personOf(api, by);
    expect((await person.ask('POST', '/api/invitations', { login: `by.${by}.${role}`, role })).status).toBe(status);
  });

  test('an admin makes no link by which somebody who commands signs in', async () => {
    const [admin, owner] = [await personOf(api, 'admin'), await personOf(api, 'owner')];
    await api.db.query(sql.unsafe`update users set login = 'the.owner' where id = ${owner.id}`);
    expect((await admin.ask('POST', `/api/people/${owner.id}/password-link`)).status).toBe(403);
    expect((await admin.ask('POST', '/api/invitations', { login: 'the.owner', role: 'client' })).status).toBe(403);
    expect((await owner.ask('POST', `/api/people/${owner.id}/password-link`)).status).toBe(201);
    const desk = await api.key('records:write');
    expect((await api.post(`/api/people/${owner.id}/password-link`, {}, { key: desk })).status).toBe(403);
  });

  test('links of whoever begins to command end: they were made for somebody who did not', async () => {
    const client = await personOf(api, 'client');
    const admin = await personOf(api, 'admin');
    const { url } = (await admin.ask('POST', `/api/people/${client.id}/password-link`)).body;
    await api.db.query(sql.unsafe`insert into user_roles (user_id, role) values (${client.id}, 'admin')`);
    expect((await join(tokenIn(url))).status).toBe(404);
  });

  test('the login of somebody who commands changes with the scope of rights only', async () => {
    const { demandRecognition } = await import('../../workers/rights.ts');
    const owner = await personOf(api, 'owner');
    const caller = { name: 'desk', scopes: ['records:write' as const] };
    const change = (scopes: typeof caller.scopes) =>
      demandRecognition({ db: api.db, caller: { ...caller, scopes } }, owner.id, { login: 'one' }, { login: 'another' });
    await expect(change(['records:write'])).rejects.toThrow('login of somebody who commands');
    await expect(change(['rights:write' as never])).resolves.toBeUndefined();
  });
});

test('a link to a new password works an hour, once, and ends the sessions that were open', async () => {
  const id = await account(api, { login: 'reset.one' });
  const before = asking(api, cookieOf(await signIn(api, 'reset.one'), 'sf_session'));
  const { url, expires_at } = (await api.post(`/api/people/${id}/password-link`)).body;
  expect((Date.parse(expires_at) - Date.now()) / 3_600_000).toBeCloseTo(1, 1);
  const both = await Promise.all([
    join(tokenIn(url), { password: 'one password' }),
    join(tokenIn(url), { password: 'other password' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
  expect((await before('GET', '/me')).status).toBe(401);
  const right = both[0]!.status === 200 ? 'one password' : 'other password';
  expect((await signIn(api, 'reset.one', right)).status).toBe(200);
  expect((await signIn(api, 'reset.one')).status).toBe(401);
  expect((await api.post('/api/people/2147483647/password-link')).status).toBe(404);
});

test('the first owner says their login; the link is there as long as nobody has used one', async () => {
  const { db, fleet } = api;
  await db.query(sql.unsafe`delete from user_roles where role = 'owner'`);
  const said: string[] = [];
  const say = () => sayFirstOwnerLink(db, fleet.settings, (line) => said.push(line));
  await say();
  await say();
  const [first, token] = said.map((line) => tokenIn(/http\S+/.exec(line)?.[0] as string)) as [string, string];
  expect((await join(first, { login: 'first.owner' })).status).toBe(404);
  await account(api, { login: 'not.yours' });
  for (const login of [undefined, 'not.yours', '12']) expect((await join(token, { login })).status).toBe(422);
  const both = await Promise.all([
    join(token, { login: 'first.owner', first_name: 'Ольга' }),
    join(token, { login: 'second.owner' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
  expect(both.find(({ status }) => status === 200)?.body.user.roles).toEqual(['owner']);
  await say();
  expect(said).toHaveLength(2);
});
