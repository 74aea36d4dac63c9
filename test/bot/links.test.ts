import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { studio } from '../support/studio.ts';
import { GROUP, type Stage, stage } from './stage.ts';

let botStudio: Stage;
let post: Awaited<ReturnType<Stage['openDoor']>>;
let client: () => Promise<number>;
beforeAll(async () => {
  botStudio = await stage();
  botStudio.startBot();
  post = await botStudio.openDoor();
  const people = studio(botStudio.db);
  client = () => people.user('Марина', 'client');
  await botStudio.awake();
});
afterAll(() => botStudio.close());

let last = 9_000;
const newChat = () => (last += 1);
const link = async (id: number, days?: number) => {
  const { status, body } = await post(`/api/people/${id}/telegram-link`, days === undefined ? undefined : { days });
  expect(status).toBe(201);
  return body as { url: string; token: string; expires_at: string };
};
const telegramOf = (id: number) =>
  botStudio.db.one(sql.type(z.object({ telegram_id: z.int().nullable(), telegram_username: z.string().nullable() }))`
    select telegram_id, telegram_username from users where id = ${id}`);
const open = async (chat: number, token: string, from = chat) => {
  await botStudio.write(chat, `/start ${token}`, from);
  return botStudio.told.last(chat);
};

test('a link is to this bot, works for a week unless told otherwise, and is kept as a hash only', async () => {
  const person = await client();
  const { url, token, expires_at } = await link(person);
  expect(url).toBe(`https://t.me/${botStudio.telegram.me.username}?start=${token}`);
  expect(token).toMatch(/^[\w-]{32}$/);
  const days = (iso: string) => (new Date(iso).getTime() - Date.now()) / 86_400_000;
  expect(days(expires_at)).toBeCloseTo(7, 2);
  expect(days((await link(person, 30)).expires_at)).toBeCloseTo(30, 2);
  const rows = await botStudio.db.anyFirst(
    sql.type(z.object({ row: z.string() }))`select row_to_json(telegram_links)::text as row from telegram_links`,
  );
  expect(rows.join()).not.toContain(token);
});

test('the person who opens it is greeted by name and connected, once', async () => {
  const [person, chat, other] = [await client(), newChat(), newChat()];
  const { token } = await link(person);
  expect(await open(chat, token)).toBe(
    'Приятно познакомиться, Марина! Теперь я буду сообщать здесь о ваших тренировках и абонементе.',
  );
  expect(await telegramOf(person)).toEqual({ telegram_id: chat, telegram_username: null });
  expect(await open(chat, token)).toBe('Мы уже знакомы, Марина: ваши сообщения приходят сюда.');
  expect(await open(other, token)).toBe('Эту ссылку уже использовали. Попросите в студии новую.');
  expect(await telegramOf(person)).toMatchObject({ telegram_id: chat });
  await botStudio.write(chat, '/start');
  expect(botStudio.told.last(chat)).toMatch(/^Здравствуйте, Марина! Ваши сообщения приходят сюда\.\n\n\/next — что впереди\n/);
});

test('two who open one link at the same time: the first is connected, the second told', async () => {
  const [person, one, two] = [await client(), newChat(), newChat()];
  const { token } = await link(person);
  for (const chat of [one, two]) botStudio.telegram.write(chat, `/start ${token}`);
  await botStudio.settled();
  expect(await telegramOf(person)).toMatchObject({ telegram_id: one });
  expect(botStudio.told.last(two)).toContain('уже использовали');
});

test('a link of last week says so', async () => {
  const [person, chat] = [await client(), newChat()];
  const { token } = await link(person, 1);
  const age = (seconds: number) =>
    botStudio.db.query(
      sql.unsafe`update telegram_links set expires_at = now() + make_interval(secs => ${seconds}) where user_id = ${person}`,
    );
  await age(-1);
  expect(await open(chat, token)).toBe('Срок этой ссылки вышел. Попросите в студии новую.');
  expect(await telegramOf(person)).toMatchObject({ telegram_id: null });
  await age(2);
  expect(await open(chat, token)).toContain('Приятно познакомиться');
});

test('a newer link makes the older one void', async () => {
  const [person, chat] = [await client(), newChat()];
  const older = await link(person);
  const newer = await link(person);
  expect(await open(chat, older.token)).toContain('Срок этой ссылки вышел');
  expect(await open(chat, newer.token)).toContain('Приятно познакомиться');
});

test('an unknown token is answered so, as slowly as any stranger is', async () => {
  const chat = newChat();
  for (let tries = 0; tries < 5; tries += 1) await botStudio.write(chat, `/start ${'x'.repeat(tries + 20)}`);
  expect(botStudio.telegram.delivered(chat)).toEqual([expect.stringContaining('Эта ссылка не работает')]);
});

test('a Telegram that is somebody else already is not taken over, and the link stays good', async () => {
  const [person, other, chat, right] = [await client(), await client(), newChat(), newChat()];
  await open(chat, (await link(other)).token);
  const { token } = await link(person);
  const said = await open(chat, token);
  expect(said).toContain('уже связан с другой карточкой студии');
  expect(await telegramOf(other)).toMatchObject({ telegram_id: chat });
  expect(await open(right, token)).toContain('Приятно познакомиться');
});

test('a person with a new Telegram is reached there from then on', async () => {
  const [person, old, fresh] = [await client(), newChat(), newChat()];
  await open(old, (await link(person)).token);
  await open(fresh, (await link(person)).token);
  expect(await telegramOf(person)).toMatchObject({ telegram_id: fresh });
});

test('in a group a link is refused, and void since everybody has seen it', async () => {
  const [person, group, chat] = [await client(), -newChat(), newChat()];
  for (const place of [group, GROUP]) {
    const { token } = await link(person);
    expect(await open(place, token, chat)).toContain('Личная ссылка работает только в личном чате');
    expect(await open(chat, token)).toContain('Срок этой ссылки вышел');
  }
  expect(await telegramOf(person)).toMatchObject({ telegram_id: null });
});

test('a person who has left the studio is not connected any more', async () => {
  const [person, chat] = [await client(), newChat()];
  const { token } = await link(person);
  await botStudio.db.query(sql.unsafe`update users set is_active = false where id = ${person}`);
  expect(await open(chat, token)).toContain('Эта ссылка не работает');
  expect(await post(`/api/people/${person}/telegram-link`)).toMatchObject({ status: 404 });
});

test('the next message is in the language of the record', async () => {
  const [person, chat] = [await client(), newChat()];
  await botStudio.db.query(sql.unsafe`update users set locale = 'en' where id = ${person}`);
  expect(await open(chat, (await link(person)).token)).toContain('Nice to meet you, Марина!');
});

describe('the route refuses', () => {
  test.each([
    ['zero days', { days: 0 }, 'days', 'a whole number of days from 1 to 30'],
    ['31 days', { days: 31 }, 'days', 'a whole number of days from 1 to 30'],
    ['half a day', { days: 0.5 }, 'days', 'a whole number of days from 1 to 30'],
    ['text', { days: '7' }, 'days', 'a whole number of days from 1 to 30'],
    ['an unknown field', { hours: 7 }, 'hours', 'no such field; there are: days'],
  ])('%s', async (_what, body, path, message) => {
    const reply = await post(`/api/people/${await client()}/telegram-link`, body);
    expect([reply.status, reply.body.errors]).toEqual([422, [{ path, message }]]);
  });
  test('nobody', async () => {
    expect(await post('/api/people/999999/telegram-link')).toMatchObject({
      status: 404,
      body: { detail: 'there is no person 999999' },
    });
  });
  test('an Idempotency-Key, which would keep the token', async () => {
    const reply = await post(`/api/people/${await client()}/telegram-link`, {}, { 'Idempotency-Key': 'k' });
    expect([reply.status, reply.body.errors]).toEqual([422, [{ path: 'Idempotency-Key', message: 'none' }]]);
  });
  test('while the bot has not been seen by Telegram, and without one', async () => {
    await botStudio.db.query(sql.unsafe`delete from bot_profile`);
    const reply = await post(`/api/people/${await client()}/telegram-link`);
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
  });
});
