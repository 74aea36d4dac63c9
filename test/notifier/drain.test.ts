import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import { sql } from '../../sql/database/database.ts';
import { claimMessages } from '../../sql/notifications/claim.ts';
import { type Notice, notifyAdmins, notifyPeople, writesAgain } from '../../sql/notifications/notify.ts';
import { drainOutbox } from '../../workers/notifier/outbox/drain.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { stopwatch } from '../support/stopwatch.ts';
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

/** As if four tries had failed: the next wait is long enough that no drain sits it out. */
const tired = (chat: number) => database.db.query(sql.unsafe`update notifications set attempts = 4 where chat_id = ${chat}`);

let last = 1_000;
/** A chat of the test's own, so that no test waits for another one's second. */
const newChat = () => (last += 1);
const tell = (chats: number[], dedupe: string, params: object = { worker: dedupe, seconds: 60 }, template = 'worker_down') =>
  notifyAdmins(database.db, chats, [{ template, params, dedupe } as never]);

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
  // Far longer than a first failure waits, and hardly longer than it says; how much of it is over already is the machine's affair.
  for (const { wait } of waiting) {
    expect(wait).toBeGreaterThan(5);
    expect(wait).toBeLessThan(45);
  }
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
  await tired(chat);
  telegram.answerChat(chat, 500);
  expect(await drain()).toEqual({ ...nothing, later: 1 });
  expect(await rowsOf(chat)).toMatchObject([{ status: 'pending', attempts: 5, due: false }]);
  await makeDue(chat);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
  expect(await rowsOf(chat)).toMatchObject([{ status: 'sent', attempts: 6, error: null }]);
});

test('without a token the log tells it', async () => {
  const chat = newChat();
  await tell([chat], 'no token');
  expect(await drain(undefined, {})).toEqual({ ...nothing, skipped: 1 });
  expect(warn).toHaveBeenCalledWith({ notification_id: expect.any(Number), template: expect.any(String) }, 'admin notice');
  expect(await rowsOf(chat)).toMatchObject([{ status: 'skipped' }]);
});

test('without an admin chat the log tells it', async () => {
  await tell([], 'no chat');
  expect(await drain()).toEqual({ ...nothing, skipped: 1 });
  expect(warn).toHaveBeenCalledWith({ notification_id: expect.any(Number), template: expect.any(String) }, 'admin notice');
});

test('a message that cannot be rendered fails alone, loudly', async () => {
  const chat = newChat();
  await tell([chat], 'bad template');
  await database.db.query(sql.unsafe`update notifications set template = 'no_such' where chat_id = ${chat}`);
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
  const waited = stopwatch();
  expect(await drain(stop.signal)).toEqual({ ...nothing, sent: 1 });
  expect(waited()).toBeLessThan(1_000);
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

const people = z.object({ id: z.int() });
/** A person of the studio on Telegram, and their chat. */
async function person() {
  const chat = newChat();
  const id = await database.db.oneFirst(sql.type(people)`
    insert into users (first_name, telegram_id, locale) values ('Анна', ${chat}, 'en') returning id`);
  return { id, chat };
}
let notices = 0;
const notifyPerson = (id: number, fields: Partial<Notice> = {}) => {
  notices += 1;
  const held = { student_subscription_id: notices, subscription: 'Eight', student: null };
  const params = { ...held, end_date: '2026-11-25', is_auto_renew: false };
  return notifyPeople(database.db, [
    { userId: id, template: 'subscription_last_session', dedupe: `person ${notices}`, params, ...fields } as Notice,
  ]);
};

test('a reader who has blocked the bot is sent nothing there, at once and later, until they write again', async () => {
  const { id, chat } = await person();
  for (let n = 0; n < 3; n += 1) await notifyPerson(id);
  telegram.answerChat(chat, 403);
  expect(await drain()).toEqual({ ...nothing, undeliverable: 1 });
  await notifyPerson(id);
  const left = sql.unsafe`select status, channel, tried from notifications where user_id = ${id}`;
  expect(await database.db.any(left)).toEqual(Array(4).fill({ status: 'pending', channel: null, tried: ['telegram'] }));
  expect(await drain()).toEqual(nothing);
  expect(await writesAgain(database.db, chat)).toBe(true);
  expect(await writesAgain(database.db, chat)).toBe(false);
  await notifyPerson(id);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
});

test('two chats refused one after the other mean the whole bot: everything waits', async () => {
  const chats = [newChat(), newChat(), newChat()] as const;
  for (const [n, chat] of chats.entries()) await tell([chat], `whole bot ${n}`);
  await database.db.query(sql.unsafe`update telegram_chats set flooded_at = null`);
  telegram.flood(40);
  expect(await drain()).toEqual({ ...nothing, later: 2 });
  telegram.flood(0);
  expect(await drain()).toEqual(nothing);
  await database.db.query(sql.unsafe`update telegram_gate set closed_until = now()`);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
  for (const chat of chats) await makeDue(chat);
  await database.db.query(sql.unsafe`update telegram_chats set flooded_at = null`);
  expect(await drain()).toEqual({ ...nothing, sent: 2 });
});

test('urgent goes before normal, normal before a digest, whatever was written first', async () => {
  const chat = newChat();
  for (const priority of ['digest', 'normal', 'urgent'] as const) {
    await notifyAdmins(
      database.db,
      [chat],
      [{ template: 'worker_down', params: { worker: priority, seconds: 60 }, dedupe: `order ${priority}`, priority }],
    );
  }
  expect(await drain()).toEqual({ ...nothing, sent: 3 });
  expect(telegram.delivered(chat).map((text) => /worker (\w+)/.exec(text)?.[1])).toEqual(['urgent', 'normal', 'digest']);
});

test('a message that is not urgent waits for the end of the quiet hours, and costs nothing meanwhile', async () => {
  const { id, chat } = await person();
  const now = new Date();
  const clock = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString().slice(11, 16);
  await database.db.query(sql.unsafe`
    update users set quiet_from = ${clock(-60)}::time, quiet_until = ${clock(60)}::time where id = ${id}`);
  await notifyPerson(id);
  await notifyPerson(id, { priority: 'urgent' });
  const waited = stopwatch();
  expect(await drain()).toEqual({ ...nothing, sent: 1, held: 1 });
  expect(waited()).toBeLessThan(1_900);
  const rows = await rowsOf(chat);
  expect(rows.map(({ status }) => status)).toEqual(['pending', 'sent']);
  expect(rows[0]?.wait).toBeGreaterThan(59 * 60 - 5);
  expect(rows[0]).toMatchObject({ attempts: 0 });
});

test.each([
  ['the person', sql.fragment`insert into notification_preferences select max(id), 'subscription', false from users`, 1],
  ['the studio', sql.fragment`insert into notification_switches values ('subscription', false)`, 0],
])('a message that %s has switched off is skipped and says why', async (who, switchOff, othersSent) => {
  const other = await person();
  const { id, chat } = await person();
  await database.db.query(sql.unsafe`${switchOff}`);
  await notifyPerson(other.id);
  await notifyPerson(id);
  expect(await drain()).toEqual({ ...nothing, sent: othersSent, skipped: 2 - othersSent });
  expect(await rowsOf(chat)).toMatchObject([{ status: 'skipped', error: `switched off by ${who}: subscription` }]);
  await database.db.query(sql.unsafe`delete from notification_switches`);
});

test('a long text arrives in parts, in order, a second apart; one that fails goes on where it was', async () => {
  const chat = newChat();
  const change = {
    change: 'cancelled',
    was: {},
    training_date: '2026-11-25',
    start_time: '18:00',
    room: null,
    trainer: 'A',
    max_participants: 5,
  };
  const places = Array.from({ length: 2 }, (_, place) => ({
    location: `Place ${place}`,
    created: null,
    changes: Array.from({ length: 90 }, (_, n) => ({ ...change, training_type: `Training ${place}.${n} 👩‍👩‍👧` })),
  }));
  await tell([chat], 'long', { places }, 'schedule_digest');
  telegram.answerChat(chat, 200, 500);
  const first = await drain();
  expect(first.later).toBe(1);
  await makeDue(chat);
  const second = await drain();
  expect(first.sent + second.sent).toBe(1);
  const parts = telegram.delivered(chat);
  expect(parts.length).toBeGreaterThan(2);
  expect(parts).toHaveLength(first.part + second.part + 1);
  expect(parts.join('').match(/Training \d+\.\d+/g)).toEqual(
    places.flatMap(({ changes }) => changes.map((change) => /T.*\d/.exec(change.training_type)?.[0])),
  );
});

test('a message whose answer is lost comes twice rather than never', async () => {
  const chat = newChat();
  await tell([chat], 'lost answer');
  await tired(chat);
  telegram.answerChat(chat, 'lost answer');
  expect(await drain()).toEqual({ ...nothing, later: 1 });
  await makeDue(chat);
  expect(await drain()).toEqual({ ...nothing, sent: 1 });
  expect(telegram.delivered(chat)).toHaveLength(2);
});

test('Telegram wants to be paid: it is left alone, the admins are notified once, and a message that arrives ends it', async () => {
  const [chat, other] = [newChat(), newChat()];
  await tell([chat], 'unpaid');
  telegram.answerChat(chat, 402);
  expect(await drain()).toMatchObject({ sent: 0, later: 1 });
  await tell([other], 'after that');
  expect(await drain()).toMatchObject({ sent: 0, later: 0 });
  const status = () => database.db.oneFirst(sql.type(z.object({ status: z.string() }))`select status from outside_services`);
  expect(await status()).toBe('payment_required');
  await database.db.query(sql.unsafe`update telegram_gate set closed_until = now()`);
  expect(await drain()).toMatchObject({ sent: 1 });
  expect(await status()).toBe('active');
  await drain();
  const alerts = sql.type(z.object({ template: z.string() }))`
    select template from notifications where template in ('service_unpaid', 'alert_over') order by id`;
  expect(await database.db.anyFirst(alerts)).toEqual(['service_unpaid', 'alert_over']);
  await makeDue(chat);
  await drain();
});
