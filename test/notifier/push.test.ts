import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import { sql } from '../../sql/database/database.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';
import { keepPushSubscription } from '../../sql/notifications/push.ts';
import { judgePush, judgePushed, payloadOf } from '../../workers/notifier/channels/by-push.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { arePushKeys, isInner, isPushEndpoint, postToPushService } from '../../workers/notifier/channels/push-services.ts';
import { vapidKeys, vapidSubject } from '../../workers/notifier/channels/vapid.ts';
import { drainOutbox, type Outbox } from '../../workers/notifier/outbox/drain.ts';
import { drainOthers } from '../../workers/notifier/outbox/drain-others.ts';
import { type SmtpServer, smtpServer } from '../sign-in/smtp-server.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';
import { pushService, vapidClaims } from './push-service.ts';

let database: TestDatabase;
let telegram: FakeTelegram;
let smtp: SmtpServer;
let push: Awaited<ReturnType<typeof pushService>>;
beforeAll(async () => {
  [database, telegram, smtp, push] = await Promise.all([testDatabase(), fakeTelegram(), smtpServer(), pushService()]);
});
beforeEach(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  smtp.letters.length = 0;
  push.taken.length = 0;
  await database.db.query(sql.unsafe`truncate notifications, push_subscriptions, admin_tasks, telegram_chats cascade`);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await closeMail();
  smtp.close();
  push.close();
  await telegram.close();
  await database.close();
});

const outbox = (fields: Partial<Outbox['settings']> = {}): Outbox => ({
  db: database.db,
  settings: {
    locale: 'en',
    zone: 'UTC',
    currency: 'EUR',
    telegramToken: telegram.token,
    telegramApiRoot: telegram.apiRoot,
    telegramPace: 30,
    adminChatIds: [],
    quietHours: null,
    mail: { url: smtp.url, from: 'Studio <hello@studio.example>' },
    pushLoopback: true,
    ...fields,
  },
});
async function deliver(fields?: Partial<Outbox['settings']>) {
  const { signal } = new AbortController();
  await drainOutbox(outbox(fields), signal);
  await drainOthers(outbox(fields), signal);
}

let numbers = 0;
async function person(fields: { telegram?: boolean; email?: boolean; locale?: string } = {}) {
  numbers += 1;
  const id = await database.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, telegram_id, email, locale)
    values ('Анна', ${fields.telegram ? 80_000 + numbers : null}, ${fields.email === false ? null : `p${numbers}@mail.example`}, ${fields.locale ?? 'en'})
    returning id`);
  return { id, chat: 80_000 + numbers };
}
const keep = (userId: number, { endpoint, keys }: ReturnType<typeof push.subscribe>) =>
  keepPushSubscription(database.db, userId, { endpoint, ...keys });
async function subscribed(userId: number) {
  const subscription = push.subscribe();
  await keep(userId, subscription);
  return subscription;
}
let keys = 0;
const tell = (userId: number, reason = '', fields: Partial<Notice> = {}) => {
  keys += 1;
  const training = { real_training_id: keys, training_date: '2026-11-25', start_time: '18:00', training_type: 'Yoga' };
  const params = { ...training, reason, places: [], balance_minor: null };
  return notifyPeople(database.db, [
    { userId, template: 'training_cancelled', dedupe: `push:${keys}`, params, ...fields } as Notice,
  ]);
};
const ends = () =>
  database.db.any(sql.type(z.object({ status: z.string(), channel: z.string().nullable(), tried: z.array(z.string()) }))`
    select status, channel, tried from notifications order by id`);
const left = (userId: number) =>
  database.db.oneFirst(sql.type(z.object({ n: z.int() }))`
    select count(*)::int as n from push_subscriptions where user_id = ${userId}`);

describe('by push', () => {
  test('a message arrives encrypted for the browser, signed by the studio, small, and as a title and the rest', async () => {
    const { id } = await person();
    const { endpoint } = await subscribed(id);
    await tell(id, 'The hall is flooded. '.repeat(100));
    await deliver();
    expect(await ends()).toEqual([{ status: 'sent', channel: 'push', tried: [] }]);
    const [got] = push.taken;
    expect(got?.said).toMatchObject({ lang: 'en', title: 'Training cancelled: Wed 25 November 18:00 Yoga.' });
    expect(got?.said.body).toMatch(/^Reason: The hall is flooded.*…$/s);
    expect(got?.said.body?.length).toBeLessThanOrEqual(300);
    expect(got?.bytes).toBeLessThan(4_096);
    expect(got?.headers['content-encoding']).toBe('aes128gcm');
    const { publicKey } = await vapidKeys(database.db);
    const claims = vapidClaims(String(got?.headers.authorization), publicKey);
    expect(claims).toMatchObject({ aud: new URL(endpoint).origin, sub: 'mailto:hello@studio.example' });
    expect(claims.exp * 1_000 - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
    expect(smtp.letters).toEqual([]);
  });

  test.each([
    ['ru', 'Тренировка отменена'],
    ['uk', 'Тренування скасовано'],
    ['en', 'Training cancelled'],
  ])('in the language of the person: %s', async (locale, begins) => {
    const { id } = await person({ locale });
    await subscribed(id);
    await tell(id);
    await deliver();
    expect(push.taken).toMatchObject([{ said: { lang: locale, title: expect.stringContaining(begins) } }]);
  });

  test.each([
    [0, 'low', 72],
    [1, 'normal', 24],
    [2, 'high', 4],
  ])('of priority %i with urgency %s is kept for %i hours', async (priority, urgency, hours) => {
    const { id } = await person();
    await subscribed(id);
    await tell(id);
    await database.db.query(sql.unsafe`update notifications set priority = ${priority}`);
    await deliver();
    expect(push.taken).toMatchObject([{ headers: { urgency, ttl: String(hours * 3_600) } }]);
  });

  test('it goes to each browser of the person, and to nobody else’s', async () => {
    const [reader, other] = [await person(), await person()];
    const own = [await subscribed(reader.id), await subscribed(reader.id)];
    await subscribed(other.id);
    await tell(reader.id);
    await deliver();
    expect(push.taken.map(({ path }) => path).sort()).toEqual(own.map(({ endpoint }) => new URL(endpoint).pathname).sort());
  });

  test('never with Telegram; where Telegram refuses, push takes its place', async () => {
    const { id, chat } = await person({ telegram: true });
    await subscribed(id);
    await tell(id);
    await deliver();
    expect([telegram.delivered(chat).length, push.taken.length]).toEqual([1, 0]);
    await database.db.query(sql.unsafe`insert into telegram_chats (chat_id, blocked_at) values (${chat}, now())
      on conflict (chat_id) do update set blocked_at = now()`);
    await database.db.query(sql.unsafe`update users set telegram_id = null where id = ${id}`);
    await tell(id);
    await deliver();
    expect([telegram.delivered(chat).length, push.taken.length, smtp.letters.length]).toEqual([1, 1, 0]);
  });

  test.each([404, 410])('%i: the browser is forgotten, and the message goes by e-mail', async (status) => {
    const { id } = await person();
    const { endpoint } = await subscribed(id);
    push.answer(endpoint, status);
    await tell(id);
    await deliver();
    expect(await ends()).toEqual([{ status: 'sent', channel: 'email', tried: ['push'] }]);
    expect(smtp.letters).toHaveLength(1);
    expect(await left(id)).toBe(0);
  });

  test('one of two browsers is gone: the other one gets it, and only the one that is gone is forgotten', async () => {
    const { id } = await person();
    const [gone] = [await subscribed(id), await subscribed(id)];
    push.answer(gone!.endpoint, 410);
    await tell(id);
    await deliver();
    expect(await ends()).toEqual([{ status: 'sent', channel: 'push', tried: [] }]);
    expect(await left(id)).toBe(1);
    expect(smtp.letters).toEqual([]);
  });

  test('trouble of the push service waits and keeps the browser', async () => {
    const { id } = await person();
    const { endpoint } = await subscribed(id);
    push.answer(endpoint, 503);
    await tell(id);
    await deliver();
    expect(await ends()).toEqual([{ status: 'pending', channel: 'push', tried: [] }]);
    push.answer(endpoint, 201);
    await database.db.query(sql.unsafe`update notifications set send_after = now()`);
    await deliver();
    expect(await ends()).toMatchObject([{ status: 'sent', channel: 'push' }]);
    expect(push.taken).toHaveLength(1);
  });

  test('without PUBLIC_URL and MAIL_FROM nothing is pushed', async () => {
    const { id } = await person({ email: false });
    await subscribed(id);
    await tell(id);
    await deliver({ mail: undefined });
    expect(push.taken).toEqual([]);
    expect(await ends()).not.toMatchObject([{ channel: 'push' }]);
  });

  test('an endpoint that is no push service is not called, even if it is kept', async () => {
    const { id } = await person();
    await subscribed(id);
    await tell(id);
    await deliver({ pushLoopback: false });
    expect(push.taken).toEqual([]);
    expect(await ends()).toMatchObject([{ status: 'sent', channel: 'email' }]);
  });
});

test('the keys are made once, and are the same for every process', async () => {
  const first = await vapidKeys(database.db);
  expect(await database.db.transaction((other) => vapidKeys(other))).toEqual(first);
  expect(Buffer.from(first.publicKey, 'base64url')).toHaveLength(65);
});

test.each([
  [{ mail: { url: 'smtp://x', from: 'Studio <hello@studio.example>' } }, 'mailto:hello@studio.example'],
  [
    { mail: { url: 'smtp://x', from: 'hello@studio.example' }, publicUrl: 'https://studio.example' },
    'mailto:hello@studio.example',
  ],
  [{ publicUrl: 'https://studio.example/path' }, 'https://studio.example'],
  [{ publicUrl: 'http://localhost:3000' }, undefined],
  [{}, undefined],
])('push services may ask %j', (settings, subject) => {
  expect(vapidSubject(settings)).toBe(subject);
});

describe('an endpoint', () => {
  test.each([
    ['https://fcm.googleapis.com/fcm/send/abc', true],
    ['https://updates.push.services.mozilla.com/wpush/v2/abc', true],
    ['https://web.push.apple.com/abc', true],
    ['https://wns2-par02p.notify.windows.com/w/?token=abc', true],
    ['http://fcm.googleapis.com/fcm/send/abc', false],
    ['https://fcm.googleapis.com:8443/abc', false],
    ['https://user:password@fcm.googleapis.com/abc', false],
    ['https://fcm.googleapis.com.evil.example/abc', false],
    ['https://evilnotify.windows.com.example/abc', false],
    ['https://xnotify.windows.com/abc', false],
    ['https://evil.example/abc', false],
    ['https://127.0.0.1/abc', false],
    ['http://localhost:9000/abc', false],
    ['https://[::1]/abc', false],
    ['https://169.254.169.254/latest/meta-data', false],
    ['https://10.0.0.5/abc', false],
    ['file:///etc/passwd', false],
    ['nonsense', false],
  ])('%s: %s', (endpoint, isOne) => {
    expect(isPushEndpoint(endpoint, { pushLoopback: false })).toBe(isOne);
  });

  test.each([
    ['http://127.0.0.1:9000/abc', true],
    ['https://localhost/abc', true],
    ['http://10.0.0.5/abc', false],
    ['http://evil.example/abc', false],
  ])('with PUSH_LOOPBACK %s: %s', (endpoint, isOne) => {
    expect(isPushEndpoint(endpoint, { pushLoopback: true })).toBe(isOne);
  });

  test.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['169.254.169.254', true],
    ['100.64.0.1', true],
    ['0.0.0.0', true],
    ['8.8.8.8', false],
    ['::1', true],
    ['::', true],
    ['fd00::1', true],
    ['fe80::1', true],
    ['::ffff:10.0.0.1', true],
    ['::ffff:8.8.8.8', false],
    ['2a00:1450:4001:80b::200e', false],
  ])('an address %s is inner: %s', (address, isIt) => {
    expect(isInner(address)).toBe(isIt);
  });

  test('a name that leads inside is not connected to', async () => {
    await expect(postToPushService('https://localhost:1/', {}, Buffer.from(''), { pushLoopback: false })).rejects.toThrow(
      'leads to an inner address',
    );
  });
});

test.each([
  [{ p256dh: 'AAAA', auth: 'A'.repeat(22) }, false],
  [{ p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) }, false],
])('keys %j are such: %s', (given, areThey) => {
  expect(arePushKeys(given)).toBe(areThey);
});

test('a browser’s keys are such, and not with half of its secret', () => {
  const { keys: good } = push.subscribe();
  expect(arePushKeys(good)).toBe(true);
  expect(arePushKeys({ ...good, auth: good.auth.slice(0, 11) })).toBe(false);
});

test.each([
  [200, 'sent'],
  [201, 'sent'],
  [202, 'sent'],
  [302, 'later'],
  [400, 'refused'],
  [403, 'refused'],
  [404, 'gone'],
  [410, 'gone'],
  [413, 'refused'],
  [429, 'later'],
  [500, 'later'],
])('a push service that answers %i: %s', (status, is) => {
  expect(judgePush(status, 'x')).toMatchObject({ is });
});

test.each([
  [['sent', 'later', 'gone'], 'sent'],
  [['later', 'gone'], 'later'],
  [['gone', 'refused'], 'refused'],
  [[], 'refused'],
] as const)('browsers that say %j together: %s', (each, outcome) => {
  expect(judgePushed(each.map((is) => ({ is, error: '' }))).outcome).toBe(outcome);
});

test('the text shown is cut between characters', () => {
  const long = payloadOf({ id: 1, subject: 'x', text: `x\n${'a'.repeat(298)}👩‍👩‍👧`, locale: 'ru' });
  expect(JSON.parse(long).body).toMatch(/^a+…$|�…$/u);
  expect(JSON.parse(long).body.isWellFormed()).toBe(true);
});
