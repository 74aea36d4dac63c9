import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { log } from '../../queues/log.ts';
import { sql } from '../../sql/database.ts';
import { claimMessages, tellAdmins } from '../../sql/notifications.ts';
import { drainOutbox } from '../../workers/notifier/drain.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';

let database: TestDatabase;
let telegram: FakeTelegram;
let warn: ReturnType<typeof jest.spyOn>;
let error: ReturnType<typeof jest.spyOn>;
beforeAll(async () => {
  database = await testDatabase();
  telegram = await fakeTelegram();
});
beforeEach(() => {
  warn = jest.spyOn(log, 'warn').mockImplementation(() => {});
  error = jest.spyOn(log, 'error').mockImplementation(() => {});
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await telegram.close();
  await database.close();
});

const row = z.object({ status: z.string(), attempts: z.int(), error: z.string().nullable(), due: z.boolean(), wait: z.number() });
const rowsOf = (chat: number) =>
  database.db.any(sql.type(row)`
    select status, attempts, error, send_after <= now() as due, extract(epoch from send_after - now())::float8 as wait
    from notifications where chat_id = ${chat} order by id`);
/** As if the time had passed that a chat and its messages have to wait. */
async function makeDue(chat: number) {
  await database.db.query(sql.unsafe`update notifications set send_after = now() where chat_id = ${chat}`);
  await database.db.query(sql.unsafe`update telegram_chats set free_at = now(), held_until = null where chat_id = ${chat}`);
}

let last = 1_000;
/** A chat of the test's own, so that no test waits for another one's second. */
const newChat = () => (last += 1);
const tell = (chats: number[], dedupe: string, params: object = { worker: dedupe, seconds: 60 }, template = 'worker_down') =>
  tellAdmins(database.db, chats, [{ template, params: params as Record<string, unknown>, dedupe }]);

const drain = (signal = new AbortController().signal, settings: { telegramToken?: string } = { telegramToken: telegram.token }) =>
  drainOutbox(
    {
      db: database.db,
      settings: {
        locale: 'en',
        zone: 'UTC',
        currency: 'EUR',
        telegramApiRoot: telegram.apiRoot,
        telegramPace: 1,
        adminChatIds: [],
        quietHours: null,
        ...settings,
      },
    },
    signal,
  );
const nothing = { sent: 0, part: 0, later: 0, held: 0, failed: 0, undeliverable: 0, skipped: 0 };

test('a message is sent once, however often the outbox is drained', async () => {
  const chat = newChat();
  await tell([chat], 'once');
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
  expect(await drain()).toEqual(nothing);
  expect(telegram.delivered(chat)).toEqual([expect.stringContaining('The worker once has not answered for 60 seconds.')]);
  expect(await rowsOf(chat)).toMatchObject([{ status: 'sent', attempts: 1, error: null }]);
});

test('two drains at once send each message once', async () => {
  const chats = Array.from({ length: 30 }, newChat);
  await tell(chats, 'twins');
  const [one, other] = await Promise.all([drain(), drain()]);
  expect(one.sent + other.sent).toBe(30);
  for (const chat of chats) expect(telegram.delivered(chat)).toHaveLength(1);
});

test('the same dedupe key told twice is one message', async () => {
  const chat = newChat();
  await tell([chat], 'same');
  await tell([chat], 'same');
  expect(await rowsOf(chat)).toHaveLength(1);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
});

test('a chat gets at most a message a second, in the order they were written', async () => {
  const chat = newChat();
  for (const dedupe of ['first', 'second']) await tell([chat], dedupe);
  expect(await drain()).toEqual({ ...nothing, sent: 2 });
  const [first, second] = telegram.received.filter(({ chat_id }) => chat_id === chat);
  expect([first?.text, second?.text]).toEqual([expect.stringContaining('first'), expect.stringContaining('second')]);
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_000);
});

test('a flooded chat is left alone for as long as Telegram says, then told everything', async () => {
  const [chat, other] = [newChat(), newChat()];
  for (const dedupe of ['flood 1', 'flood 2']) await tell([chat], dedupe);
  await tell([other], 'no flood');
  telegram.answerChat(chat, { retryAfter: 40 });
  expect(await drain()).toEqual({ ...nothing, later: 1, sent: 1 });
  const waiting = await rowsOf(chat);
  expect(waiting).toMatchObject([
    { status: 'pending', attempts: 1, due: false, error: expect.stringContaining('Too Many Requests') },
    { status: 'pending', attempts: 0, due: false },
  ]);
  for (const { wait } of waiting) expect(Math.abs(wait - 40)).toBeLessThan(5);
  await makeDue(chat);
  expect(await drain()).toEqual({ ...nothing, sent: 2 });
  expect(telegram.delivered(chat)).toHaveLength(2);
});

test.each([
  [403, 'undeliverable', 'blocked'],
  [400, 'failed', 'chat not found'],
] as const)('after %i a message is %s and is not tried again', async (answer, status, reason) => {
  const chat = newChat();
  await tell([chat], status);
  telegram.answerChat(chat, answer);
  expect(await drain()).toEqual({ ...nothing, [status]: 1 });
  await makeDue(chat);
  expect(await drain()).toEqual(nothing);
  expect(await rowsOf(chat)).toMatchObject([{ status, attempts: 1, error: expect.stringContaining(reason) }]);
});

test('after a 500 a message is tried again', async () => {
  const chat = newChat();
  await tell([chat], 'later');
  telegram.answerChat(chat, 500);
  expect(await drain()).toEqual({ ...nothing, later: 1 });
  expect(await rowsOf(chat)).toMatchObject([{ status: 'pending', attempts: 1, due: false }]);
  await makeDue(chat);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
  expect(await rowsOf(chat)).toMatchObject([{ status: 'sent', attempts: 2, error: null }]);
});

test('without a token the log tells it', async () => {
  const chat = newChat();
  await tell([chat], 'no token');
  expect(await drain(undefined, {})).toEqual({ ...nothing, skipped: 1 });
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ text: expect.stringContaining('no token') }), 'admin notice');
  expect(await rowsOf(chat)).toMatchObject([{ status: 'skipped' }]);
});

test('without an admin chat the log tells it', async () => {
  await tell([], 'no chat');
  expect(await drain()).toEqual({ ...nothing, skipped: 1 });
  expect(warn).toHaveBeenCalledWith(expect.objectContaining({ text: expect.stringContaining('no chat') }), 'admin notice');
});

test('a message that cannot be rendered fails alone, loudly', async () => {
  const chat = newChat();
  await tell([chat], 'bad template', {}, 'no_such');
  await tell([chat], 'bad params', { worker: 7 });
  await tell([chat], 'good');
  expect(await drain()).toEqual({ ...nothing, failed: 2, sent: 1 });
  expect(error).toHaveBeenCalledTimes(2);
  expect(await rowsOf(chat)).toMatchObject([
    { status: 'failed', error: expect.stringContaining('no_such') },
    { status: 'failed', error: expect.stringContaining('worker') },
    { status: 'sent' },
  ]);
});

test('a draining worker finishes the message it sends and gives the rest back untried', async () => {
  const chats = [newChat(), newChat(), newChat()] as const;
  await tell([...chats], 'drained');
  const stop = new AbortController();
  telegram.answerChat(chats[0], () => {
    stop.abort();
    return 200;
  });
  expect(await drain(stop.signal)).toEqual({ ...nothing, sent: 1 });
  expect(await rowsOf(chats[0])).toMatchObject([{ status: 'sent' }]);
  for (const chat of chats.slice(1)) {
    expect(await rowsOf(chat)).toMatchObject([{ status: 'pending', attempts: 0, due: true }]);
    expect(telegram.delivered(chat)).toEqual([]);
  }
  expect(await drain()).toEqual({ ...nothing, sent: 2 });
});

test('a drain that waits for a chat’s second stops at once', async () => {
  const chat = newChat();
  for (const dedupe of ['now', 'a second later']) await tell([chat], dedupe);
  const stop = new AbortController();
  const marked = telegram.received.length;
  telegram.answerChat(chat, () => {
    setImmediate(() => stop.abort());
    return 200;
  });
  const started = performance.now();
  expect(await drain(stop.signal)).toEqual({ ...nothing, sent: 1 });
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(telegram.received).toHaveLength(marked + 1);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
});

test('an aborted drain claims nothing', async () => {
  const chat = newChat();
  await tell([chat], 'aborted');
  expect(await drain(AbortSignal.abort())).toEqual(nothing);
  expect(await rowsOf(chat)).toMatchObject([{ attempts: 0, due: true }]);
  await drain();
});

test('a notifier that dies between claim and mark leaves its message to the next one', async () => {
  const chat = newChat();
  await tell([chat], 'crash');
  expect(await claimMessages(database.db, 20, { secondMs: 1_000, leaseMs: 60_000 })).toHaveLength(1);
  expect(await drain()).toEqual(nothing);
  await makeDue(chat);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
  expect(await rowsOf(chat)).toMatchObject([{ status: 'sent', attempts: 2 }]);
});
