import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { ADMIN, GROUP, type Stage, stage } from './stage.ts';

let botStudio: Stage;
beforeAll(async () => {
  botStudio = await stage();
  botStudio.startBot();
});
afterAll(() => botStudio.close());

let last = 7_000;
const stranger = () => (last += 1);
const LINE = expect.stringContaining('Это служебный бот студии');
const person = (telegramId: number, role: string, locale: string | null = null, isActive = true) =>
  botStudio.db.query(sql.unsafe`
    with person as (insert into users (first_name, telegram_id, locale, is_active) values ('Анна', ${telegramId}, ${locale}, ${isActive}) returning id)
    insert into user_roles (user_id, role) select id, ${role} from person`);
const everything = [
  '/status',
  '/runs',
  '/run daily',
  '/history',
  '/schedule',
  '/pause daily',
  '/resume daily',
  '/retry 1',
  '/help',
  'hello',
];

test('a stranger gets one polite line a minute and nothing else, whatever they try', async () => {
  const chat = stranger();
  for (const line of everything) await botStudio.write(chat, line);
  expect(botStudio.telegram.delivered(chat)).toEqual([LINE]);
  await botStudio.db.query(sql.unsafe`update bot_strangers set told_at = now() - interval '61 seconds' where chat_id = ${chat}`);
  await botStudio.write(chat, '/status');
  await botStudio.write(chat, '/status');
  expect(botStudio.telegram.delivered(chat)).toEqual([LINE, LINE]);
});

test('a client of the studio is told so, in their own language', async () => {
  const chat = stranger();
  await person(chat, 'client', 'uk');
  await botStudio.write(chat, '/status');
  expect(botStudio.telegram.delivered(chat)).toEqual([expect.stringContaining('Цього я не знаю, або це не для вас')]);
});

test('an admin of the studio may, in a private chat and in no other group', async () => {
  const chat = stranger();
  await person(chat, 'admin', 'en');
  await botStudio.write(chat, '/schedule');
  expect(botStudio.told.last(chat)).toContain('Schedule (Europe/Moscow)');
  const group = -stranger();
  await botStudio.write(group, '/schedule', chat);
  expect(botStudio.telegram.delivered(group)).toEqual([expect.stringContaining('Этого я не знаю, или это не для вас')]);
});

test('an admin who has left the studio is a stranger', async () => {
  const chat = stranger();
  await person(chat, 'admin', 'en', false);
  await botStudio.write(chat, '/status');
  expect(botStudio.telegram.delivered(chat)).toEqual([LINE]);
});

describe('in the admins group', () => {
  test('everybody may, and what is no command is not for the bot', async () => {
    await botStudio.write(GROUP, 'как дела?', 555);
    await botStudio.write(GROUP, '/status@some_other_bot', 555);
    expect(botStudio.telegram.delivered(GROUP)).toEqual([]);
    await botStudio.write(GROUP, `/schedule@${botStudio.telegram.me.username}`, 555);
    expect(botStudio.telegram.delivered(GROUP)).toEqual([expect.stringContaining('Расписание')]);
  });
});

test('a stranger who presses an admin button learns nothing and starts nothing', async () => {
  await botStudio.write(ADMIN, '/run daily');
  const button = botStudio.told.button(ADMIN, 'Запустить')!;
  const chat = stranger();
  botStudio.telegram.press({ ...button.message, chat_id: chat }, button.data, chat);
  await botStudio.settled();
  expect(botStudio.told.toasts().at(-1)).toEqual(LINE);
  expect(await botStudio.runs()).toEqual([]);
});

test.each([
  [{}],
  [{ data: '' }],
  [{ data: 'retry:' }],
  [{ data: 'run:99999999999' }],
  [{ data: 'constructor:1' }],
  [{ data: 'details:-1' }],
])('a button that says %j is answered and does nothing', async (fields) => {
  const before = botStudio.told.toasts().length;
  botStudio.telegram.push({
    callback_query: {
      id: '1',
      from: { id: ADMIN, is_bot: false, first_name: 'A', language_code: 'en' },
      chat_instance: '1',
      message: { message_id: 1, date: 0, chat: { id: ADMIN, type: 'private' } },
      ...fields,
    },
  });
  await botStudio.settled();
  expect(botStudio.told.toasts()).toHaveLength(before + 1);
  expect(botStudio.told.toasts().at(-1)).toMatch(/does not work any more|no run #/);
  expect(await botStudio.runs()).toEqual([]);
});

test('updates of other kinds, of other bots and without a chat are passed over', async () => {
  const count = botStudio.telegram.received.length;
  const chat = { id: ADMIN, type: 'private' };
  botStudio.telegram.push({ edited_message: { message_id: 1, date: 0, chat, text: '/status' } });
  botStudio.telegram.push({ channel_post: { message_id: 1, date: 0, chat: { id: -9, type: 'channel' }, text: '/status' } });
  botStudio.telegram.push({
    message: { message_id: 1, date: 0, chat, from: { id: 9, is_bot: true, first_name: 'B' }, text: '/status' },
  });
  botStudio.telegram.push({
    callback_query: { id: '5', from: { id: ADMIN, is_bot: false, first_name: 'A' }, chat_instance: '1', data: 'retry:1' },
  });
  botStudio.telegram.push({
    inline_query: { id: '5', from: { id: ADMIN, is_bot: false, first_name: 'A' }, query: 'x', offset: '' },
  });
  await botStudio.settled();
  expect(botStudio.telegram.received).toHaveLength(count);
});

test('texts that people write are not kept', async () => {
  await botStudio.write(stranger(), '/start my-secret-\u0000token \ud83d');
  const kept = await botStudio.db.anyFirst(
    sql.type(z.object({ row: z.string() }))`select row_to_json(bot_updates)::text as row from bot_updates`,
  );
  expect(kept.join('\n')).not.toContain('my-secret');
});

test('Telegram offers admins the commands in each language, and everybody else only hello', async () => {
  const menus = botStudio.telegram.called.filter(({ method }) => method === 'setMyCommands').map(({ params }) => params);
  const offered = (params: (typeof menus)[number]) => (params.commands as { command: string }[]).map(({ command }) => command);
  const open = menus.filter(({ scope }) => scope === undefined);
  expect(open.map(({ language_code }) => language_code)).toEqual([undefined, 'ru', 'uk', 'en']);
  for (const menu of open) expect(offered(menu)).toEqual(['start']);
  const own = menus.filter(({ scope }) => (scope as { chat_id?: number } | undefined)?.chat_id === ADMIN);
  expect(new Set(own.map(({ language_code }) => language_code))).toEqual(new Set([undefined, 'ru', 'uk', 'en']));
  for (const menu of own) expect(offered(menu)).toContain('pause');
});
