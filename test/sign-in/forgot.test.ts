import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { backgroundDone } from '../../workers/sign-in/background.ts';
import { sendPasswordLink } from '../../workers/sign-in/forgot.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { account, PASSWORD, signIn } from './account.ts';
import { type SmtpServer, smtpServer } from './smtp-server.ts';

let smtp: SmtpServer;
let api: TestApi;
let plain: TestApi;
beforeAll(async () => {
  smtp = await smtpServer();
  const settings = { PUBLIC_URL: 'https://studio.example', TRUST_PROXY: 'loopback' };
  api = await testApi({ settings: { ...settings, SMTP_URL: smtp.url, MAIL_FROM: 'Studio <hello@studio.example>' } });
  plain = await testApi({ settings });
});
afterAll(async () => {
  await Promise.all([api.close(), plain.close()]);
  await closeMail();
  smtp.close();
});

let addresses = 0;
const nextAddress = () => {
  addresses += 1;
  return `203.0.113.${addresses}`;
};
const forgot = async (at: TestApi, login: string, from = nextAddress()) => {
  const reply = await at.post('/auth/forgot', { login }, { key: null, headers: { 'X-Forwarded-For': from } });
  await backgroundDone();
  return reply;
};
const messages = (at: TestApi, id: number) =>
  at.db.any(sql.type(
    z.object({ template: z.string(), params: z.record(z.string(), z.string()), priority: z.int(), status: z.string() }),
  )`
    select template, params, priority, status from notifications where user_id = ${id} order by id`);
const tasks = (at: TestApi) =>
  at.db.any(sql.type(z.object({ title: z.string(), details: z.record(z.string(), z.unknown()) }))`
    select title, details from admin_tasks where kind = 'password_forgotten' order by id`);
const newPassword = (at: TestApi, url: string) =>
  at.post('/auth/join', { token: new URL(url).searchParams.get('token'), password: 'a new password' }, { key: null });

describe('a link to a new password goes', () => {
  test('by Telegram, urgently, and lies nowhere once it was sent', async () => {
    const id = await account(api, { login: 'by.telegram', email: 'by.telegram@example.com', telegram: 71 });
    expect(await forgot(api, 'by.telegram')).toMatchObject({ status: 202, body: {} });
    const [message] = await messages(api, id);
    expect(message).toMatchObject({ template: 'password_link', priority: 2, status: 'pending' });
    const url = message!.params.url as string;
    expect(url).toMatch(/^https:\/\/studio\.example\/join\?token=[\w-]{43}$/);
    for (const locale of ['ru', 'uk', 'en'] as const)
      expect(render({ ...message!, locale }, { locale, zone: 'Europe/Moscow', currency: 'RUB' }).text).toContain(url);
    await api.db.query(sql.unsafe`update notifications set status = 'sent', sent_at = now() where user_id = ${id}`);
    expect((await messages(api, id))[0]!.params.url).toBe('');
    expect((await newPassword(api, url)).status).toBe(200);
    expect((await signIn(api, 'by.telegram', 'a new password')).status).toBe(200);
    expect(smtp.letters).toEqual([]);
  });

  test('by e-mail to whoever has no Telegram here, or has blocked the bot', async () => {
    await account(api, { email: 'by.mail@example.com', phone: '+79167770001' });
    await account(api, { email: 'blocked@example.com', telegram: 72 });
    await api.db.query(sql.unsafe`insert into telegram_chats (chat_id, blocked_at) values (72, now())`);
    await forgot(api, '8 916 777-00-01');
    await forgot(api, 'blocked@example.com');
    expect(smtp.letters.map(({ to }) => to)).toEqual(['by.mail@example.com', 'blocked@example.com']);
    const [letter] = smtp.letters;
    expect(letter!.text).toMatch(/^From: Studio <hello@studio\.example>$/m);
    const url = /https:\S+/.exec(letter!.text)?.[0] as string;
    expect((await newPassword(api, url)).status).toBe(200);
  });

  test('nowhere, where there is neither: the admins get a task, one a day', async () => {
    const id = await account(plain, { login: 'by.nothing', email: 'by.nothing@example.com' });
    await forgot(plain, 'by.nothing');
    await forgot(plain, 'by.nothing');
    expect(await tasks(plain)).toEqual([{ title: expect.stringContaining('забыт пароль'), details: { person_id: id } }]);
  });

  test('a day is the studio’s: before and after its midnight there is a task each, in the same day of UTC', async () => {
    const id = await account(plain, { login: 'at.midnight' });
    const ask = (time: string) =>
      sendPasswordLink(plain.fleet, 'at.midnight', 'https://studio.example', new Date(`2026-03-10T${time}:00Z`));
    for (const time of ['20:30', '20:59', '21:01', '22:30']) await ask(time);
    const own = (await tasks(plain)).filter(({ details }) => details.person_id === id);
    expect(own).toHaveLength(2);
  });

  test('to a Telegram of somebody who commands that is confirmed only (D46)', async () => {
    const id = await account(plain, { role: 'admin', login: 'an.admin', telegram: 73 });
    await plain.db.query(sql.unsafe`delete from bot_commanders where user_id = ${id}`);
    await forgot(plain, 'an.admin');
    expect(await messages(plain, id)).toEqual([]);
    await plain.db.query(sql.unsafe`insert into bot_commanders (user_id, telegram_id, granted_by) values (${id}, 73, 'test')`);
    await forgot(plain, 'an.admin');
    expect(await messages(plain, id)).toHaveLength(1);
  });

  test('to nobody for a login that nobody has, that two have, or of somebody who has left; a mail server that refuses is no one’s matter', async () => {
    const gone = await account(api, { login: 'gone.away', telegram: 74 });
    await api.db.query(sql.unsafe`update users set is_active = false where id = ${gone}`);
    await account(api, { email: 'two@example.com', telegram: 75 });
    await account(api, { email: 'two@example.com', telegram: 76 });
    await account(api, { email: 'refused@example.com' });
    smtp.said.refuses = true;
    const before = smtp.letters.length;
    const answers = [];
    for (const login of ['gone.away', 'nobody.here', 'two@example.com', 'refused@example.com', '12'])
      answers.push(await forgot(api, login));
    smtp.said.refuses = false;
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['202 {}']));
    expect(smtp.letters).toHaveLength(before);
    expect(await messages(api, gone)).toEqual([]);
  });
});

test('the answer does not wait for what is done: it is there before', async () => {
  const id = await account(api, { login: 'timed.one', telegram: 77 });
  let isOver = false;
  // The person's row is held, so what is done for somebody who is known cannot end.
  const held = api.db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`lock table sign_in_links in access exclusive mode`);
    const reply = await api.post('/auth/forgot', { login: 'timed.one' }, { key: null });
    isOver = reply.status === 202;
  });
  await held;
  expect(isOver).toBe(true);
  await backgroundDone();
  expect(await messages(api, id)).toHaveLength(1);
});

test('a few an hour: of one login without a word, of one address with one', async () => {
  const id = await account(api, { login: 'often.one', telegram: 78 });
  for (let n = 0; n < 5; n += 1) expect((await forgot(api, 'often.one')).status).toBe(202);
  expect(await messages(api, id)).toHaveLength(3);
  const statuses = [];
  for (let n = 0; n < 11; n += 1) statuses.push((await forgot(api, `somebody.${n}`, '198.51.100.7')).status);
  expect(statuses).toEqual([...Array(10).fill(202), 429]);
  expect((await signIn(api, 'often.one', PASSWORD)).status).toBe(200);
});
