import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { eventually } from '../support/eventually.ts';
import { type Stage, stage } from './stage.ts';

let botStudio: Stage;
const CHAT = 4_001;
let person: number;
beforeAll(async () => {
  botStudio = await stage();
  botStudio.startBot();
  person = await botStudio.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, telegram_id) values ('Анна', ${CHAT}) returning id`);
});
afterAll(() => botStudio.close());

let told = 0;
const tell = async () => {
  told += 1;
  const training = { real_training_id: told, training_date: '2026-11-25', start_time: '18:00', training_type: `Йога ${told}` };
  const params = { ...training, reason: '', places: [], balance_minor: null };
  await notifyPeople(botStudio.db, [
    { userId: person, template: 'training_cancelled', params, dedupe: `told:${told}`, priority: 'urgent' },
  ]);
  const status = () =>
    botStudio.db.oneFirst(
      sql.type(z.object({ status: z.string() }))`select status from notifications where dedupe_key = ${`told:${told}`}`,
    );
  return eventually(async () => {
    await botStudio.deliver();
    const became = await status();
    return became === 'pending' ? null : became;
  });
};
const membership = async (status: 'kicked' | 'member') => {
  const user = { id: CHAT, is_bot: false, first_name: 'Анна' };
  const chat = { id: CHAT, type: 'private' };
  const fields = { chat, from: user, date: 0, old_chat_member: { user, status: 'member' }, new_chat_member: { user, status } };
  botStudio.telegram.push({ my_chat_member: fields });
  await botStudio.settled();
};

test('a person who blocked the bot gets no messages until they write again', async () => {
  expect(await tell()).toBe('sent');
  botStudio.telegram.answerChat(CHAT, 403);
  expect(await tell()).toBe('undeliverable');
  expect(await tell()).toBe('undeliverable');
  await botStudio.write(CHAT, 'привет');
  expect(await tell()).toBe('sent');
});

test('Telegram says itself that somebody blocked the bot, or let it in again', async () => {
  await membership('kicked');
  expect(await tell()).toBe('undeliverable');
  await membership('member');
  expect(await tell()).toBe('sent');
});

test('a message in a group says nothing about its sender’s own chat', async () => {
  await membership('kicked');
  await botStudio.write(-77, '/help', CHAT);
  expect(await tell()).toBe('undeliverable');
});
