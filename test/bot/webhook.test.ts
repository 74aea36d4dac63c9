import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { ADMIN, type Stage, stage } from './stage.ts';

const SECRET = 'a_secret_that_only_Telegram_knows';
const shown = { 'X-Telegram-Bot-Api-Secret-Token': SECRET };
let botStudio: Stage;
let bring: Awaited<ReturnType<Stage['openDoor']>>;
beforeAll(async () => {
  botStudio = await stage({ TELEGRAM_WEBHOOK_URL: 'https://studio.example/telegram/webhook', TELEGRAM_WEBHOOK_SECRET: SECRET });
  bring = await botStudio.openDoor({ key: null });
  botStudio.startBot();
  await botStudio.awake();
});
afterAll(() => botStudio.close());

let last = 5_000;
const update = (text: string, fields: object = {}) => {
  last += 1;
  const from = { id: ADMIN, is_bot: false, first_name: 'A', language_code: 'ru' };
  return { update_id: last, message: { message_id: 1, date: 0, chat: { id: ADMIN, type: 'private' }, from, text }, ...fields };
};
const kept = () =>
  botStudio.db.anyFirst(sql.type(z.object({ update_id: z.int() }))`select update_id from bot_updates order by update_id`);

test('Telegram is told where to bring updates, with the secret, and they are not fetched', () => {
  const calls = (method: string) =>
    botStudio.telegram.called.filter((call) => call.method === method).map(({ params }) => params);
  expect(calls('setWebhook')).toEqual([
    {
      url: 'https://studio.example/telegram/webhook',
      secret_token: SECRET,
      allowed_updates: ['message', 'callback_query', 'my_chat_member'],
    },
  ]);
  expect([...calls('getUpdates'), ...calls('deleteWebhook')]).toEqual([]);
});

test('an update is answered; brought twice, once', async () => {
  const brought = update('/help');
  for (let times = 0; times < 3; times += 1) {
    expect(await bring('/telegram/webhook', brought, shown)).toMatchObject({ status: 200, body: {} });
  }
  await botStudio.settled();
  await bring('/telegram/webhook', brought, shown);
  await botStudio.settled();
  expect(botStudio.telegram.delivered(ADMIN)).toEqual([expect.stringContaining('Что я умею')]);
});

test.each([
  ['without the secret', {}],
  ['with another secret', { 'X-Telegram-Bot-Api-Secret-Token': `${SECRET}x` }],
  ['with an empty one', { 'X-Telegram-Bot-Api-Secret-Token': '' }],
  ['with the API key instead', { 'X-API-Key': 'sf_whatever' }],
])('%s nobody comes in', async (_how, headers) => {
  const before = await kept();
  const reply = await bring('/telegram/webhook', update('/pause daily'), headers);
  expect([reply.status, reply.headers.get('content-type')]).toEqual([401, expect.stringContaining('application/problem+json')]);
  expect(reply.text).not.toContain(SECRET);
  expect(await kept()).toEqual(before);
});

test.each([
  ['no update', {}, 'update_id'],
  ['a number that is none', { update_id: '7' }, 'update_id'],
  ['a chat without a number', { update_id: 7, message: { chat: {} } }, 'message.chat.id'],
])('%s is refused, naming the field', async (_what, body, path) => {
  const reply = await bring('/telegram/webhook', body, shown);
  expect([reply.status, reply.body.errors[0].path]).toEqual([422, path]);
});

test('text that the database cannot hold comes in all the same', async () => {
  expect(await bring('/telegram/webhook', update('/help \u0000 \ud83d'), shown)).toMatchObject({ status: 200 });
  await botStudio.settled();
});

test('an update of a kind the bot does not know is kept, passed over and done', async () => {
  const { update_id } = update('');
  expect(await bring('/telegram/webhook', { update_id, poll: { id: '1' } }, shown)).toMatchObject({ status: 200 });
  await botStudio.settled();
});
