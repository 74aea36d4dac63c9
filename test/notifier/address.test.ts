import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import { closeGate } from '../../sql/alerts/outside-services.ts';
import { sql } from '../../sql/database/database.ts';
import { currentChat, currentChats, noteMovedChat } from '../../sql/notifications/moved-chats.ts';
import { notifyAdmins, notifyPeople } from '../../sql/notifications/notify.ts';
import { alarmsArrive, isGateOpen } from '../../sql/notifications/reach.ts';
import { drainOutbox } from '../../workers/notifier/outbox/drain.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyTables } from '../support/emptying.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';

let database: TestDatabase;
let telegram: FakeTelegram;
beforeAll(async () => {
  for (const level of ['warn', 'error'] as const) jest.spyOn(log, level).mockImplementation(() => {});
  database = await testDatabase();
  telegram = await fakeTelegram();
});
afterAll(async () => {
  jest.restoreAllMocks();
  await telegram.close();
  await database.close();
});
beforeEach(async () => {
  await emptyTables(database.db, 'notifications', 'telegram_chats', 'telegram_moved_chats');
  await database.db.query(sql.unsafe`update telegram_gate set closed_until = '-infinity', closed_since = null`);
});

const drain = () =>
  drainOutbox(
    {
      db: database.db,
      settings: {
        locale: 'ru',
        zone: 'UTC',
        currency: 'EUR',
        telegramToken: telegram.token,
        telegramApiRoot: telegram.apiRoot,
        telegramPace: 1,
        adminChatIds: [],
        quietHours: null,
      },
    },
    new AbortController().signal,
  );
const transacted = <T>(work: Parameters<typeof database.db.transaction<T>>[0]) => database.db.transaction(work);

let chats = 20_000;
const newChat = () => (chats += 1);
const newPerson = async (locale = 'en') => {
  const chat = newChat();
  const id = await database.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, telegram_id, locale) values ('Анна', ${chat}, ${locale}) returning id`);
  return { id, chat };
};
let keys = 0;
const tell = (userId: number) => {
  keys += 1;
  const params = { student_id: null, student: null, missed: 2, days: 30 };
  return notifyPeople(database.db, [{ userId, template: 'missed_classes', params, dedupe: `address ${keys}` }]);
};
const alarm = (chatIds: number[]) => {
  keys += 1;
  const params = { worker: `finance ${keys}`, seconds: 60 };
  return notifyAdmins(database.db, chatIds, [{ template: 'worker_down', params, dedupe: `address ${keys}` }]);
};
const statuses = () =>
  database.db.any(sql.type(z.object({ status: z.string(), error: z.string().nullable(), chat_id: z.int().nullable() }))`
    select status, error, chat_id from notifications order by id`);
const connect = (id: number, chat: number | null) =>
  database.db.query(sql.unsafe`update users set telegram_id = ${chat} where id = ${id}`);

describe('where a person is, and in which language, is looked up when a message is sent', () => {
  test('a waiting message goes to the account its reader has by then, not to the one that is somebody else’s now', async () => {
    const [person, fresh] = [await newPerson(), newChat()];
    await tell(person.id);
    await connect(person.id, fresh);
    const other = await newPerson();
    await connect(other.id, person.chat);
    expect(await drain()).toMatchObject({ sent: 1 });
    expect(telegram.delivered(person.chat)).toEqual([]);
    expect(telegram.delivered(fresh)).toHaveLength(1);
  });

  test('a reader who has no Telegram any more gets it by another channel', async () => {
    const person = await newPerson();
    await tell(person.id);
    await connect(person.id, null);
    expect(await drain()).toMatchObject({ sent: 0 });
    expect(await statuses()).toEqual([{ status: 'pending', error: null, chat_id: null }]);
  });

  test('a reader who moves to an account that blocked the bot gets it by another channel', async () => {
    const [person, blocked] = [await newPerson(), newChat()];
    await tell(person.id);
    await database.db.query(sql.unsafe`insert into telegram_chats (chat_id, blocked_at) values (${blocked}, now())`);
    await connect(person.id, blocked);
    expect(await drain()).toMatchObject({ sent: 0 });
    expect(await statuses()).toEqual([{ status: 'pending', error: null, chat_id: null }]);
  });

  test('a row whose address is not the person’s, as one restored without its triggers, goes to the person', async () => {
    const [person, old] = [await newPerson(), newChat()];
    await tell(person.id);
    await database.db.query(sql.unsafe`update notifications set chat_id = ${old}`);
    expect(await drain()).toMatchObject({ sent: 1 });
    expect(telegram.delivered(old)).toEqual([]);
    expect(telegram.delivered(person.chat)).toHaveLength(1);
  });

  test('the language is the one they speak by then', async () => {
    const person = await newPerson('uk');
    await tell(person.id);
    await database.db.query(sql.unsafe`update users set locale = 'en' where id = ${person.id}`);
    await drain();
    expect(telegram.delivered(person.chat)).toEqual([expect.stringContaining('You missed 2 trainings')]);
  });

  test.each([0, -1001])('%i is nobody’s Telegram id', async (id) => {
    const person = await newPerson();
    await expect(connect(person.id, id)).rejects.toMatchObject({ constraint: 'users_telegram_id_is_a_person' });
  });
});

describe('a group that becomes a supergroup is followed', () => {
  test('the message that finds out, what waits for the old one, and what is written to it afterwards', async () => {
    const [old, fresh] = [-newChat(), -newChat()];
    for (let n = 0; n < 2; n += 1) await alarm([old]);
    telegram.answerChat(old, { chatMovedTo: fresh });
    expect(await drain()).toMatchObject({ sent: 2, failed: 0 });
    await alarm([old]);
    expect(await drain()).toMatchObject({ sent: 1 });
    expect(telegram.delivered(old)).toEqual([]);
    expect(telegram.delivered(fresh)).toHaveLength(3);
    expect(await alarmsArrive(database.db, [old])).toBe(true);
  });

  test('twice, and back again', async () => {
    const [a, b, c] = [-newChat(), -newChat(), -newChat()] as const;
    await transacted((transaction) => noteMovedChat(transaction, a, b));
    await transacted((transaction) => noteMovedChat(transaction, b, c));
    expect(await currentChat(database.db, a)).toBe(c);
    await transacted((transaction) => noteMovedChat(transaction, c, a));
    expect([await currentChat(database.db, a), await currentChat(database.db, c)]).toEqual([a, a]);
  });

  test('settings that name both ids mean one chat', async () => {
    const [old, fresh] = [-newChat(), -newChat()];
    await transacted((transaction) => noteMovedChat(transaction, old, fresh));
    expect(await currentChats(database.db, [old, fresh])).toMatchObject([{ chat_id: fresh }]);
    await alarm([old, fresh]);
    expect(await statuses()).toMatchObject([{ chat_id: fresh }]);
  });

  test.each([5, 0, Number.MAX_VALUE])('an id that is no group’s (%d) is not believed', async (id) => {
    const old = -newChat();
    await alarm([old]);
    telegram.answerChat(old, { chatMovedTo: id });
    expect(await drain()).toMatchObject({ failed: 1 });
    expect(await currentChat(database.db, old)).toBe(old);
  });
});

describe('alarms that reach nobody', () => {
  test.each([
    ['without admin chats they go to the log', [], null, true],
    ['a chat nothing was sent to yet', [1], null, true],
    ['it arrives', [1], 200, true],
    ['the chat is gone', [1], 400, false],
    ['the bot was thrown out', [1], 403, false],
    ['one of two chats is gone', [1, 2], 400, true],
  ] as const)('%s', async (_, names, answer, arrive) => {
    const ids = names.map(() => -newChat());
    await alarm(ids);
    if (answer && ids[0]) telegram.answerChat(ids[0], answer);
    if (answer) await drain();
    expect(await alarmsArrive(database.db, ids)).toBe(arrive);
  });

  test('until one arrives again', async () => {
    const chat = -newChat();
    await alarm([chat]);
    telegram.answerChat(chat, 403);
    await drain();
    expect(await alarmsArrive(database.db, [chat])).toBe(false);
    await alarm([chat]);
    await database.db.query(sql.unsafe`update telegram_chats set free_at = now()`);
    await drain();
    expect(await alarmsArrive(database.db, [chat])).toBe(true);
  });

  test.each([
    ['4:59', 299, true],
    ['5:01', 301, false],
  ])('one that has waited for %s min', async (_, seconds, arrive) => {
    const chat = -newChat();
    await alarm([chat]);
    await database.db.query(sql.unsafe`update notifications set created_at = now() - make_interval(secs => ${seconds})`);
    expect(await alarmsArrive(database.db, [chat])).toBe(arrive);
  });

  test('a person who blocks the bot is no alarm', async () => {
    const person = await newPerson();
    await tell(person.id);
    telegram.answerChat(person.chat, 400);
    await drain();
    expect(await alarmsArrive(database.db, [person.chat])).toBe(true);
  });
});

describe('a gate that stays closed', () => {
  const closedSince = (seconds: number) =>
    database.db.query(sql.unsafe`update telegram_gate set closed_since = now() - make_interval(secs => ${seconds})`);
  const reopened = (seconds: number) =>
    database.db.query(sql.unsafe`update telegram_gate set closed_until = now() - make_interval(secs => ${seconds})`);

  test.each([
    [0, true],
    [299, true],
    [301, false],
  ])('after %i s is seen', async (seconds, open) => {
    await closeGate(database.db, 3_600);
    await closedSince(seconds);
    expect(await isGateOpen(database.db)).toBe(open);
  });

  test('tried and closed again, it has been closed all the time', async () => {
    await closeGate(database.db, 3_600);
    await closedSince(301);
    await reopened(2);
    expect(await isGateOpen(database.db)).toBe(true);
    await closeGate(database.db, 3_600);
    expect(await isGateOpen(database.db)).toBe(false);
  });

  test('closed again after a good while, it has been closed since then', async () => {
    await closeGate(database.db, 3_600);
    await closedSince(3_600);
    await reopened(61);
    await closeGate(database.db, 3_600);
    expect(await isGateOpen(database.db)).toBe(true);
  });

  test('two chats that are asked to wait for years close it for an hour', async () => {
    const both = [newChat(), newChat()];
    for (const chat of both) {
      await alarm([chat]);
      telegram.answerChat(chat, { retryAfter: 999_999_999 });
    }
    expect(await drain()).toMatchObject({ later: 2 });
    const seconds = await database.db.oneFirst(sql.type(z.object({ seconds: z.number() }))`
      select extract(epoch from closed_until - now())::float8 as seconds from telegram_gate`);
    expect(seconds).toBeGreaterThan(3_500);
    expect(seconds).toBeLessThanOrEqual(3_600);
    const waits = await database.db.anyFirst(sql.type(z.object({ wait: z.number() }))`
      select extract(epoch from send_after - now())::float8 as wait from notifications`);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(3_600);
  });
});
