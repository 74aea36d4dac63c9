import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { sql } from '../../sql/database/database.ts';
import { readInitData } from '../../workers/sign-in/telegram.ts';
import { type Reply, type TestApi, testApi } from '../support/front-door.ts';
import { signInitData } from '../support/init-data.ts';
import { account, asking, cookieOf, PASSWORD, signIn } from './account.ts';
import { type OidcServer, oidcServer } from './oidc-server.ts';

const BOT = '424242:abcdefghijklmnopqrstuvwxyz';
const CLIENT = { id: '424242', secret: 'secret-of-the-client' };
let api: TestApi;
let issuer: OidcServer;
let bare: TestApi;
beforeAll(async () => {
  issuer = await oidcServer(CLIENT);
  bare = await testApi();
  api = await testApi({
    settings: {
      TELEGRAM_BOT_TOKEN: BOT,
      PUBLIC_URL: 'https://studio.example',
      TELEGRAM_OIDC_CLIENT_ID: CLIENT.id,
      TELEGRAM_OIDC_CLIENT_SECRET: CLIENT.secret,
      TELEGRAM_OIDC_ROOT: issuer.root,
      TRUST_PROXY: 'loopback',
    },
  });
});
afterAll(() => Promise.all([api.close(), bare.close(), issuer.close()]));

let last = 5_000;
const newTelegram = () => (last += 1);
let addresses = 0;
/** Each request from an address of its own: limits are another test's. */
const from = () => {
  addresses += 1;
  return { 'X-Forwarded-For': `203.0.113.${addresses % 250}` };
};
/** Somebody who commands, from this Telegram; `confirmed`: also by it (D46). */
async function commander(telegram: number, confirmed: boolean) {
  const id = await account(api, { role: 'admin', telegram });
  await api.db.query(sql.unsafe`delete from bot_commanders where user_id = ${id}`);
  if (confirmed)
    await api.db.query(
      sql.unsafe`insert into bot_commanders (user_id, telegram_id, granted_by) values (${id}, ${telegram}, 'test')`,
    );
  return id;
}

describe('a Mini App', () => {
  const sign = (fields: Record<string, string>, token = BOT) => signInitData(fields, token);
  let query = 0;
  const nextQuery = () => {
    query += 1;
    return `q${query}`;
  };
  const fields = (telegram: number, secondsAgo = 0, more: Record<string, string> = {}) => ({
    query_id: nextQuery(),
    user: JSON.stringify({ id: telegram, first_name: 'Анна & Ко', language_code: 'ru' }),
    auth_date: String(Math.floor(Date.now() / 1_000) - secondsAgo),
    signature: 'of-third-parties',
    ...more,
  });
  const come = (init_data: string) => api.post('/auth/telegram-app', { init_data }, { key: null, headers: from() });

  test('is checked as Telegram documents it', () => {
    const now = new Date('2026-11-26T12:00:00Z');
    const given = { auth_date: String(now.getTime() / 1_000), query_id: 'AAH', user: '{"id":279058397,"first_name":"V"}' };
    expect(readInitData(sign(given), BOT, now)).toMatchObject({ telegramId: 279_058_397 });
    expect(readInitData(sign(given, '1:other'), BOT, now)).toBeNull();
  });

  /* cspell:disable */
  // Published with the SDK of Telegram Mini Apps (init-data-golang, validate_test.go): nothing here was signed by us.
  test('that Telegram itself has signed is read', () => {
    const token = '5768337691:AAH5YkoiEuPk8-FZa32hStHTqXiLPtAEhx8';
    const given =
      'query_id=AAHdF6IQAAAAAN0XohDhrOrc&user=%7B%22id%22%3A279058397%2C%22first_name%22%3A%22Vladislav%22%2C%22last_name%22%3A%22Kibenko%22%2C%22username%22%3A%22vdkfrost%22%2C%22language_code%22%3A%22ru%22%2C%22is_premium%22%3Atrue%7D&auth_date=1662771648&hash=c501b71e775f74ce10e377dea85a7ea24ecd640b223ea86dfe453e0eaed2e2b2';
    const now = new Date(1_662_771_648_000 + 60_000);
    expect(readInitData(given, token, now)).toMatchObject({ telegramId: 279_058_397 });
    expect(readInitData(given.replace('279058397', '279058398'), token, now)).toBeNull();
    expect(readInitData(given, BOT, now)).toBeNull();
  });
  /* cspell:enable */

  test('signs in whoever is connected, with a token for its storage and no cookie', async () => {
    const telegram = newTelegram();
    const id = await account(api, { telegram });
    const came = await come(sign(fields(telegram)));
    expect(came).toMatchObject({
      status: 200,
      body: { user: { id, roles: ['client'] }, session_token: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(came.headers.getSetCookie()).toEqual([]);
    const bearer = { key: null, headers: { Authorization: `Bearer ${came.body.session_token}` } };
    expect((await api.get('/me', bearer)).body.user.id).toBe(id);
    expect((await api.post('/auth/token', undefined, bearer)).status).toBe(200);
  });

  test('says to somebody unknown how to connect; what was signed may be shown again then, and no third time', async () => {
    const telegram = newTelegram();
    const signed = sign(fields(telegram));
    expect(await come(signed)).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('open the link to the bot') },
    });
    await account(api, { telegram });
    const both = await Promise.all([come(signed), come(signed)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await come(signed)).status).toBe(401);
  });

  test.each([
    [3_590, 200],
    [3_605, 401],
    [-50, 200],
    [-70, 401],
  ])('is %i s old: %i', async (seconds, status) => {
    const telegram = newTelegram();
    await account(api, { telegram });
    expect((await come(sign(fields(telegram, seconds)))).status).toBe(status);
  });

  test('changed, foreign, doubled or incomplete is refused', async () => {
    const telegram = newTelegram();
    await account(api, { telegram });
    const good = sign(fields(telegram));
    const other = encodeURIComponent(JSON.stringify({ id: 1 }));
    const bad = [
      good.replace(String(telegram), String(telegram + 1)),
      good.replace(/hash=../, 'hash=00'),
      good.replace(/hash=\w+/, 'hash='),
      good.replace(/&hash=\w+/, ''),
      `${good}&user=${other}`,
      sign(fields(telegram), '424242:another-token'),
      sign({ ...fields(telegram), auth_date: 'soon' }),
      sign({ query_id: 'x', auth_date: String(Math.floor(Date.now() / 1_000)) }),
      sign({ ...fields(telegram), user: '{"id":"1"}' }),
      sign({ ...fields(telegram), user: 'null' }),
      'x',
    ];
    for (const init of bad) expect({ init, status: (await come(init)).status }).toEqual({ init, status: 401 });
    expect((await come(good)).status).toBe(200);
  });

  test('of somebody who commands signs in if that Telegram is confirmed (D46)', async () => {
    const [one, other] = [newTelegram(), newTelegram()];
    await commander(one, true);
    await commander(other, false);
    expect((await come(sign(fields(one)))).status).toBe(200);
    expect((await come(sign(fields(other)))).status).toBe(403);
  });

  test('of somebody who has left, and without a bot, opens nothing', async () => {
    const telegram = newTelegram();
    const id = await account(api, { telegram });
    await api.db.query(sql.unsafe`update users set is_active = false where id = ${id}`);
    expect((await come(sign(fields(telegram)))).status).toBe(404);
    expect((await bare.post('/auth/telegram-app', { init_data: 'x' }, { key: null })).status).toBe(409);
  });
});

describe('a browser', () => {
  const begin = (to?: string) =>
    api.get(`/auth/telegram${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`, { key: null });
  const back = (cookie: string, query: Record<string, string>) =>
    api.get(`/auth/telegram/callback?${new URLSearchParams(query)}`, {
      key: null,
      headers: { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site', ...from() },
    });
  const flowOf = (reply: Reply) => cookieOf(reply, 'sf_telegram');
  beforeEach(() => {
    issuer.said.claims = {};
  });

  test('is sent to Telegram with PKCE, state and nonce', async () => {
    const begun = await begin();
    expect(begun.status).toBe(302);
    const url = new URL(begun.headers.get('location') as string);
    expect(url.origin + url.pathname).toBe(`${issuer.root}/auth`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: CLIENT.id,
      redirect_uri: 'https://studio.example/auth/telegram/callback',
      response_type: 'code',
      scope: 'openid profile',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^sf_telegram=[\w-]+\.[\w-]+; Path=\/auth\/telegram; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/),
    ]);
  });

  test('comes back signed in, where it wanted to go, once', async () => {
    const telegram = newTelegram();
    const id = await account(api, { telegram });
    issuer.said.claims = { id: telegram };
    const begun = await begin('/cabinet?tab=1');
    const query = issuer.agree(begun.body.href);
    const came = await back(flowOf(begun), query);
    expect({ status: came.status, to: came.headers.get('location') }).toEqual({ status: 302, to: '/cabinet?tab=1' });
    expect((await asking(api, cookieOf(came, 'sf_session'))('GET', '/me')).body.user.id).toBe(id);
    expect(came.headers.getSetCookie().join()).toContain('sf_telegram=; Path=/auth/telegram; Max-Age=0');
    expect((await back(flowOf(begun), query)).status).toBe(401);
  });

  test.each(['https://evil.example', '//evil.example', '/\\evil.example', 'cabinet', '/a\nb'])(
    'is sent nowhere else: %j',
    async (to) => {
      expect((await begin(to)).status).toBe(422);
    },
  );

  test('without its own cookie, with a changed or old one, or another state, is nobody', async () => {
    const [begun, other] = [await begin(), await begin()];
    const query = issuer.agree(begun.body.href);
    const flow = flowOf(begun);
    const payload = /=([\w-]+)\./.exec(flow)?.[1] as string;
    const changed = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = `sf_telegram=${Buffer.from(JSON.stringify({ ...changed, to: '/x' })).toString('base64url')}.${flow.split('.')[1]}`;
    for (const cookie of ['', 'sf_telegram=x', flowOf(other), forged]) expect((await back(cookie, query)).status).toBe(401);
    expect((await back(flow, { ...query, state: '' })).status).toBe(401);
    expect((await back(flow, { ...query, iss: 'https://other.example' })).status).toBe(401);
    expect((await back(flow, { state: query.state, error: 'access_denied' })).status).toBe(401);
    expect((await back(flow, { ...query, code: 'another' })).status).toBe(401);
  });

  test('with a token of another flow, client, issuer, key or time is nobody', async () => {
    const telegram = newTelegram();
    await account(api, { telegram });
    const now = Math.floor(Date.now() / 1_000);
    const { privateKey } = await generateKeyPair('RS256');
    const bad = [
      { nonce: 'another' },
      { nonce: undefined },
      { aud: '1' },
      { iss: 'https://other.example' },
      { exp: now - 1 },
      { exp: undefined },
      { id: undefined },
      { id: 'x' },
    ];
    for (const claims of [...bad.map((claims) => ({ id: telegram, ...claims })), null]) {
      const own = issuer.said.signer;
      if (claims) issuer.said.claims = claims;
      else Object.assign(issuer.said, { claims: { id: telegram }, signer: privateKey });
      const begun = await begin();
      const came = await back(flowOf(begun), issuer.agree(begun.body.href));
      issuer.said.signer = own;
      expect({ claims, status: came.status, cookies: came.headers.getSetCookie() }).toEqual({ claims, status: 401, cookies: [] });
    }
    issuer.said.claims = { id: String(telegram) };
    const begun = await begin();
    expect((await back(flowOf(begun), issuer.agree(begun.body.href))).status).toBe(302);
  });

  test('of somebody unknown is told how to connect; of somebody who commands comes in if it is confirmed', async () => {
    const [stranger, one, other] = [newTelegram(), newTelegram(), newTelegram()];
    await commander(one, true);
    await commander(other, false);
    const come = async (id: number) => {
      issuer.said.claims = { id };
      const begun = await begin();
      return (await back(flowOf(begun), issuer.agree(begun.body.href))).status;
    };
    expect([await come(stranger), await come(one), await come(other)]).toEqual([404, 302, 403]);
  });

  test('while Telegram is away is told so, and people with a password come in', async () => {
    await account(api, { login: 'meanwhile.one' });
    const begun = await begin();
    issuer.said.isAway = true;
    try {
      const came = await back(flowOf(begun), issuer.agree(begun.body.href));
      expect(came).toMatchObject({ status: 503, body: { detail: expect.stringContaining('sign in with your password') } });
      expect((await signIn(api, 'meanwhile.one', PASSWORD)).status).toBe(200);
    } finally {
      issuer.said.isAway = false;
    }
  });

  test('where it is not set up is told so', async () => {
    expect((await bare.get('/auth/telegram', { key: null })).status).toBe(409);
  });
});
