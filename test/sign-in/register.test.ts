import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { noteProfile } from '../../sql/bot/links.ts';
import { sql } from '../../sql/database/database.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { backgroundDone } from '../../workers/sign-in/background.ts';
import { openedInTelegram } from '../../workers/sign-in/register.ts';
import { type Reply, type TestApi, testApi } from '../support/front-door.ts';
import { personOf } from '../support/people.ts';
import { account, asking, cookieOf, PASSWORD, signIn } from './account.ts';
import { type SmtpServer, smtpServer } from './smtp-server.ts';

let smtp: SmtpServer;
let api: TestApi;
let byBot: TestApi;
let bare: TestApi;
beforeAll(async () => {
  smtp = await smtpServer();
  api = await testApi({ settings: { SMTP_URL: smtp.url, MAIL_FROM: 'hello@studio.example', TRUST_PROXY: 'loopback' } });
  byBot = await testApi({ settings: { TELEGRAM_BOT_TOKEN: '424242:abcdefghijklmnopqrstuvwxyz', TRUST_PROXY: 'loopback' } });
  bare = await testApi();
  await noteProfile(byBot.db, 424_242, 'studio_bot');
});
afterAll(async () => {
  await Promise.all([api.close(), byBot.close(), bare.close()]);
  await closeMail();
  smtp.close();
});

let addresses = 0;
const from = () => {
  addresses += 1;
  return { 'X-Forwarded-For': `203.0.113.${addresses}` };
};
const begin = async (at: TestApi, body: object, headers = from()): Promise<Reply> => {
  const consent = { text_version: '2026-11' };
  const reply = await at.post('/auth/register', { first_name: 'Мария', consent, ...body }, { key: null, headers });
  await backgroundDone();
  return reply;
};
const confirm = (at: TestApi, registration: string, code: string, more = {}) =>
  at.post('/auth/register/confirm', { registration, code, ...more }, { key: null });
const lastCode = () => /\b\d{6}\b/.exec(smtp.letters.at(-1)!.text.split('\n\n').slice(1).join(' '))?.[0] as string;
const other = (code: string) => (code === '000000' ? '000001' : '000000');
const people = (at: TestApi) => at.db.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from users`);
const consents = (at: TestApi, id: number) =>
  at.db.any(sql.type(z.object({ kind: z.string(), text_version: z.string(), given_by: z.string() }))`
    select kind, text_version, given_by from consents where user_id = ${id}`);

describe('by e-mail', () => {
  test('nobody is known before the code is shown; then a client who is signed in and has agreed', async () => {
    const before = await people(api);
    const begun = await begin(api, { last_name: 'К', email: 'Maria@Example.com', phone: '8 916 800-00-01', locale: 'en' });
    expect(begun).toMatchObject({ status: 202, body: { registration: expect.any(String), by: 'email' } });
    expect(await people(api)).toBe(before);
    expect(smtp.letters.at(-1)!.to).toBe('maria@example.com');
    expect(smtp.letters.at(-1)!.text).toContain(`Your code is ${lastCode()}.`);
    const done = await confirm(api, begun.body.registration, lastCode(), { password: PASSWORD });
    const { id } = done.body.user;
    expect(done.body.user).toEqual({ id, first_name: 'Мария', last_name: 'К', roles: ['client'] });
    expect((await asking(api, cookieOf(done, 'sf_session'))('GET', '/me')).body.user.locale).toBe('en');
    expect(await consents(api, id)).toEqual([{ kind: 'processing', text_version: '2026-11', given_by: `person:${id}` }]);
    for (const login of ['maria@example.com', '+79168000001']) expect((await signIn(api, login)).body.user.id).toBe(id);
    expect((await confirm(api, begun.body.registration, lastCode())).status).toBe(404);
  });

  test('neither code nor token lies in the database', async () => {
    const { registration } = (await begin(api, { email: 'hidden@example.com' })).body;
    const rows = await api.db.anyFirst(
      sql.type(z.object({ row: z.string() }))`select registrations::text as row from registrations`,
    );
    expect(rows.join()).not.toContain(registration);
    expect(rows.join()).not.toMatch(new RegExp(`\\b${lastCode()}\\b`));
  });

  test('five wrong codes end it, four do not', async () => {
    const [first, second] = [await begin(api, { email: 'tries@example.com' }), ''];
    const code = lastCode();
    for (let n = 0; n < 4; n += 1) expect((await confirm(api, first.body.registration, other(code))).status).toBe(422);
    expect((await confirm(api, first.body.registration, code)).status).toBe(200);
    const again = await begin(api, { email: 'tries.too@example.com' });
    for (let n = 0; n < 5; n += 1) expect((await confirm(api, again.body.registration, other(lastCode()))).status).toBe(422);
    expect((await confirm(api, again.body.registration, lastCode())).status).toBe(404);
    expect(second).toBe('');
  });

  test('ten minutes end it', async () => {
    const { registration } = (await begin(api, { email: 'late@example.com' })).body;
    await api.db.query(sql.unsafe`update registrations set expires_at = expires_at - interval '10 minutes 1 second'`);
    expect((await confirm(api, registration, lastCode())).status).toBe(404);
  });

  test('of two who confirm at once one is known', async () => {
    const { registration } = (await begin(api, { email: 'race@example.com' })).body;
    const before = await people(api);
    const both = await Promise.all([confirm(api, registration, lastCode()), confirm(api, registration, lastCode())]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect(await people(api)).toBe(before + 1);
  });

  test('two registrations with one e-mail become one client', async () => {
    const one = (await begin(api, { email: 'same@example.com' })).body.registration;
    const first = lastCode();
    const two = (await begin(api, { email: 'same@example.com' })).body.registration;
    const both = await Promise.all([confirm(api, one, first), confirm(api, two, lastCode())]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0]!.body.user.id).toBe(both[1]!.body.user.id);
  });
});

describe('a record that is there', () => {
  test('is theirs whose e-mail was confirmed: it stays as it is', async () => {
    const id = await account(api, { email: 'mine@example.com', phone: '+79168000010' });
    const { registration } = (await begin(api, { email: 'mine@example.com' })).body;
    const done = await confirm(api, registration, lastCode());
    expect(done.body.user.id).toBe(id);
    expect(done.body.user.first_name).not.toBe('Мария');
    expect((await signIn(api, 'mine@example.com')).status).toBe(200);
  });

  test('is nobody’s by its phone: somebody new has none, and the admins look', async () => {
    const id = await account(api, { phone: '+79168000011' });
    const { registration } = (await begin(api, { email: 'new@example.com', phone: '+7 916 800-00-11' })).body;
    const done = await confirm(api, registration, lastCode(), { password: 'of the stranger' });
    expect(done.body.user.id).not.toBe(id);
    expect((await signIn(api, '+79168000011', 'of the stranger')).status).toBe(401);
    expect((await signIn(api, '+79168000011')).body.user.id).toBe(id);
    const tasks = await api.db.anyFirst(sql.type(z.object({ kind: z.string() }))`select kind from admin_tasks`);
    expect(tasks).toEqual(['registered_twice']);
  });

  test.each([
    ['commands', { role: 'owner', email: 'owner@example.com' }],
    ['commands, too', { role: 'admin', email: 'admin@example.com' }],
  ])('of somebody who %s is not entered by a code', async (_, given) => {
    await account(api, given);
    const { registration } = (await begin(api, { email: given.email })).body;
    expect((await confirm(api, registration, lastCode(), { password: 'of the stranger' })).status).toBe(409);
    expect((await signIn(api, given.email, 'of the stranger')).status).toBe(401);
  });

  test('of somebody who has left is not entered either', async () => {
    const id = await account(api, { email: 'left@example.com' });
    await api.db.query(sql.unsafe`update users set is_active = false where id = ${id}`);
    const { registration } = (await begin(api, { email: 'left@example.com' })).body;
    expect((await confirm(api, registration, lastCode())).status).toBe(409);
  });

  test('is not told of beforehand: the answer is the same', async () => {
    await account(api, { email: 'told@example.com' });
    const shape = async (email: string) => {
      const { status, body } = await begin(api, { email });
      return { status, keys: Object.keys(body), by: body.by };
    };
    expect(await shape('told@example.com')).toEqual(await shape('untold@example.com'));
  });
});

describe('by Telegram', () => {
  const open = (start: string, id: number) =>
    byBot.db.transaction((transaction) => openedInTelegram(transaction, start, { id, username: null }, new Date(), 'ru'));
  const startIn = ({ body }: Reply) => new URL(body.href).searchParams.get('start') as string;

  test('opening the bot makes the client known, and its code signs the browser in', async () => {
    const begun = await begin(byBot, { phone: '9168000020', email: 'unseen@example.com' });
    expect(begun.body).toEqual({
      registration: expect.any(String),
      by: 'telegram',
      href: expect.stringMatching(/^https:\/\/t\.me\/studio_bot\?start=[\w-]{43}$/),
    });
    expect((await confirm(byBot, begun.body.registration, '000000')).status).toBe(422);
    const before = await people(byBot);
    const opened = await open(startIn(begun), 9_001);
    expect(await people(byBot)).toBe(before + 1);
    expect(await open(startIn(begun), 9_002)).toBeNull();
    const done = await confirm(byBot, begun.body.registration, opened!.code, { password: PASSWORD });
    const { id } = done.body.user;
    const row = z.object({ telegram_id: z.int().nullable(), phone: z.string().nullable(), email: z.string().nullable() });
    // The e-mail was not confirmed.
    expect(await byBot.db.one(sql.type(row)`select telegram_id, phone, email from users where id = ${id}`)).toEqual({
      telegram_id: 9_001,
      phone: '+79168000020',
      email: null,
    });
    expect(await consents(byBot, id)).toHaveLength(1);
  });

  test('the record with that Telegram is the one that registers; one who commands or has left is not entered', async () => {
    const [client, admin, gone] = [
      await account(byBot, { telegram: 9_010 }),
      await account(byBot, { role: 'admin', telegram: 9_011 }),
      await account(byBot, { telegram: 9_012 }),
    ];
    await byBot.db.query(sql.unsafe`update users set is_active = false where id = ${gone}`);
    const come = async (telegram: number) => {
      const begun = await begin(byBot, {});
      const opened = await open(startIn(begun), telegram);
      return opened && (await confirm(byBot, begun.body.registration, opened.code));
    };
    expect((await come(9_010))!.body.user.id).toBe(client);
    expect((await come(9_011))!.status).toBe(409);
    expect(await come(9_012)).toBeNull();
    expect(admin).toBeGreaterThan(0);
  });
});

describe('is refused', () => {
  test.each([
    ['without a name', { first_name: '', email: 'a@example.com' }, 422],
    ['without agreeing', { consent: undefined, email: 'a@example.com' }, 422],
    ['with an odd phone', { phone: '12', email: 'a@example.com' }, 422],
    ['with an odd e-mail', { email: 'a@' }, 422],
    ['without an e-mail, where there is no bot', {}, 422],
  ])('%s', async (_, body, status) => {
    expect((await begin(api, body)).status).toBe(status);
  });

  test('where nothing is set up', async () => {
    expect((await begin(bare, { email: 'a@example.com' })).status).toBe(409);
  });

  test('the fourth time an hour for one e-mail, the eleventh for one address', async () => {
    const often = [];
    for (let n = 0; n < 4; n += 1) often.push((await begin(api, { email: 'often@example.com' })).status);
    expect(often).toEqual([202, 202, 202, 429]);
    const many = [];
    const headers = from();
    for (let n = 0; n < 11; n += 1) many.push((await begin(api, { email: `many.${n}@example.com` }, headers)).status);
    expect(many).toEqual([...Array(10).fill(202), 429]);
  });
});

test('a person changes the own name and language, and nothing by which one is recognised', async () => {
  const client = await personOf(api, 'client');
  const { body } = await client.ask('PATCH', '/me', { first_name: 'Инна', locale: 'uk' });
  expect(body.user).toMatchObject({ id: client.id, first_name: 'Инна', last_name: 'Тестов', locale: 'uk', roles: ['client'] });
  expect((await client.ask('GET', '/me')).body.user).toEqual(body.user);
  expect((await client.ask('PATCH', '/me', { locale: null, last_name: '' })).body.user).toMatchObject({
    last_name: '',
    locale: null,
  });
  for (const wrong of [
    {},
    { phone: '+79160000000' },
    { email: 'a@example.com' },
    { telegram_id: 1 },
    { is_active: false },
    { first_name: '' },
  ])
    expect((await client.ask('PATCH', '/me', wrong)).status).toBe(422);
});
