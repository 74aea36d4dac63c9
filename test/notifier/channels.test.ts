import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { log } from '../../queues/log/log.ts';
import { sql } from '../../sql/database/database.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';
import { claimOther } from '../../sql/notifications/other-channels.ts';
import { closeMail } from '../../workers/notifier/channels/mail.ts';
import { drainOutbox, type Outbox } from '../../workers/notifier/outbox/drain.ts';
import { drainOthers } from '../../workers/notifier/outbox/drain-others.ts';
import { type SmtpServer, smtpServer } from '../sign-in/smtp-server.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type FakeTelegram, fakeTelegram } from '../support/telegram.ts';
import { smsServer } from './sms-server.ts';

let database: TestDatabase;
let telegram: FakeTelegram;
let smtp: SmtpServer;
let sms: Awaited<ReturnType<typeof smsServer>>;
beforeAll(async () => {
  [database, telegram, smtp, sms] = await Promise.all([testDatabase(), fakeTelegram(), smtpServer(), smsServer()]);
});
beforeEach(async () => {
  jest.spyOn(log, 'warn').mockImplementation(() => {});
  smtp.letters.length = 0;
  sms.asked.length = 0;
  Object.assign(smtp.said, { refuses: false, recipient: undefined, data: undefined });
  Object.assign(sms.said, { status: 200, body: '{"status":"ok"}', hangsUp: false });
  await database.db.query(sql.unsafe`truncate notifications, admin_tasks, refused_addresses, telegram_chats cascade`);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await closeMail();
  smtp.close();
  sms.close();
  await telegram.close();
  await database.close();
});

type Set = { telegram?: boolean; mail?: boolean; sms?: boolean; quiet?: { from: string; until: string } };
const outbox = ({ telegram: bot = true, mail = true, sms: short = true, quiet }: Set = {}): Outbox => ({
  db: database.db,
  settings: {
    locale: 'en',
    zone: 'UTC',
    currency: 'EUR',
    telegramToken: bot ? telegram.token : undefined,
    telegramApiRoot: telegram.apiRoot,
    telegramPace: 30,
    adminChatIds: [],
    quietHours: quiet ?? null,
    mail: mail ? { url: smtp.url, from: 'Studio <hello@studio.example>' } : undefined,
    sms: short
      ? {
          url: `${sms.root}/send`,
          body: '{"to":"{{phone}}","text":"{{text}}","id":"{{id}}"}',
          type: 'application/json',
          accepted: '"ok"',
          length: 480,
        }
      : undefined,
  },
});
/** Everything that is due goes, by whichever channel. */
async function deliver(set?: Set) {
  const { signal } = new AbortController();
  await drainOutbox(outbox(set), signal);
  return drainOthers(outbox(set), signal);
}
const makeDue = () => database.db.query(sql.unsafe`update notifications set send_after = now() where status = 'pending'`);

let numbers = 0;
type Fields = { telegram?: boolean; email?: boolean | string; phone?: boolean };
async function person({ telegram: hasTelegram = false, email = false, phone = false }: Fields = {}) {
  numbers += 1;
  const has = {
    telegram: hasTelegram ? 70_000 + numbers : null,
    email: typeof email === 'string' ? email : email ? `p${numbers}@mail.example` : null,
    phone: phone ? `+7999${String(1_000_000 + numbers)}` : null,
  };
  const id = await database.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, last_name, telegram_id, email, phone, locale)
    values ('Анна', ${`№${numbers}`}, ${has.telegram}, ${has.email}, ${has.phone}, 'en') returning id`);
  return { id, ...has };
}
let keys = 0;
const cancelled = (userId: number, fields: Partial<Notice> = {}): Notice => {
  keys += 1;
  const training = { real_training_id: keys, training_date: '2026-11-25', start_time: '18:00', training_type: `Yoga ${keys}` };
  const params = { ...training, reason: '', places: [], balance_minor: null };
  return { userId, template: 'training_cancelled', dedupe: `channels:${keys}`, params, ...fields } as Notice;
};
const tell = (userId: number, fields?: Partial<Notice>) => notifyPeople(database.db, [cancelled(userId, fields)]);
const row = z.object({
  status: z.string(),
  channel: z.string().nullable(),
  tried: z.array(z.string()),
  error: z.string().nullable(),
  attempts: z.int(),
});
const rows = () => database.db.any(sql.type(row)`select status, channel, tried, error, attempts from notifications order by id`);
const calls = () =>
  database.db.any(sql.type(
    z.object({ title: z.string(), details: z.looseObject({ messages: z.array(z.looseObject({ text: z.string() })) }) }),
  )`
    select title, details from admin_tasks where kind = 'call' order by id`);

describe('a message goes by the first channel its reader has', () => {
  test.each([
    ['Telegram before all', { telegram: true, email: true, phone: true }, 'telegram', [1, 0, 0]],
    ['e-mail without Telegram', { email: true, phone: true }, 'email', [0, 1, 0]],
    ['SMS without either', { phone: true }, 'sms', [0, 0, 1]],
  ])('%s', async (_, has, channel, counts) => {
    const reader = await person(has);
    await tell(reader.id);
    await deliver();
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'sent', channel, error: null }]);
    const telegrams = reader.telegram === null ? [] : telegram.delivered(reader.telegram);
    expect([telegrams.length, smtp.letters.length, sms.asked.length]).toEqual(counts);
    expect(await calls()).toEqual([]);
  });

  test('a letter is called by its first line, and says the whole', async () => {
    const { id, email } = await person({ email: true });
    await tell(id, { params: { ...cancelled(id).params, training_type: 'Yoga', reason: 'The hall is flooded' } } as never);
    await deliver();
    expect(smtp.letters).toMatchObject([{ to: email }]);
    const text = smtp.letters[0]!.text;
    expect(text).toContain('Subject: Training cancelled: Wed 25 November 18:00 Yoga.');
    expect(text).toContain('Auto-Submitted: auto-generated');
    expect(text).toMatch(/Message-ID: <notification-\d+@studio\.example>/i);
    expect(text).toContain('Reason: The hall is flooded');
  });

  test('a short message is asked for as the settings say, whatever stands in it', async () => {
    const { id, phone } = await person({ phone: true });
    await tell(id, {
      params: { ...cancelled(id).params, training_type: 'Yoga "{{phone}}"\\', reason: 'x'.repeat(500) },
    } as never);
    await deliver();
    const [asked] = sms.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/send', headers: { 'content-type': 'application/json' } });
    const { to, text } = JSON.parse(asked!.body);
    expect(to).toBe(phone);
    expect(text).toContain('Yoga "{{phone}}"\\.');
    expect(text.length).toBeLessThanOrEqual(480);
    expect(text.endsWith('…')).toBe(true);
  });
});

describe('a channel that refuses for good passes the message on', () => {
  test('a reader who blocks the bot gets the letter, and the next one at once', async () => {
    const reader = await person({ telegram: true, email: true });
    telegram.answerChat(reader.telegram as number, 403);
    await tell(reader.id);
    await tell(reader.id);
    await deliver();
    expect(await rows()).toMatchObject([
      { status: 'sent', channel: 'email', tried: ['telegram'] },
      { status: 'sent', channel: 'email', tried: ['telegram'] },
    ]);
    expect(telegram.delivered(reader.telegram as number)).toEqual([]);
    expect(smtp.letters).toHaveLength(2);
  });

  test('an address that is refused is not tried again, another one of the same person is', async () => {
    const { id } = await person({ email: true, phone: true });
    smtp.said.recipient = '550 5.1.1 no such mailbox';
    await tell(id);
    await deliver();
    smtp.said.recipient = undefined;
    await tell(id);
    await deliver();
    expect(await rows()).toMatchObject([
      { status: 'sent', channel: 'sms', tried: ['email'] },
      { status: 'sent', channel: 'sms', tried: [] },
    ]);
    await database.db.query(sql.unsafe`update users set email = 'another@mail.example' where id = ${id}`);
    await tell(id);
    await deliver();
    expect(smtp.letters).toMatchObject([{ to: 'another@mail.example' }]);
  });

  test.each([
    ['a phone that is none (422)', { status: 422, body: 'no such phone' }],
    ['an answer that does not say it was taken', { status: 200, body: '{"status":"error"}' }],
    ['a message it will not have (400)', { status: 400, body: 'bad' }],
  ])('%s is called', async (_, answer) => {
    const { id } = await person({ phone: true });
    Object.assign(sms.said, answer);
    await tell(id);
    await deliver();
    expect(sms.asked).toHaveLength(1);
    expect(await rows()).toMatchObject([{ status: 'undeliverable', channel: 'call', tried: ['sms'] }]);
    expect(await calls()).toHaveLength(1);
  });
});

describe('trouble that passes stays with its channel', () => {
  test.each([
    ['a recipient that is refused for now', { recipient: '450 try later' }],
    ['a letter that is refused for now', { data: '451 try again' }],
    ['a server that takes the letter and hangs up: nobody knows', { data: null }],
  ])('%s', async (_, said) => {
    const { id } = await person({ email: true, phone: true });
    Object.assign(smtp.said, said);
    await tell(id);
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'pending', channel: 'email', tried: [], error: expect.anything() }]);
    Object.assign(smtp.said, { recipient: undefined, data: undefined });
    await makeDue();
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'sent', channel: 'email' }]);
    expect(sms.asked).toEqual([]);
    const ids = smtp.letters.map(({ text }) => /Message-ID: (\S+)/i.exec(text)?.[1]);
    expect(new Set(ids).size).toBe(1);
  });

  test.each([
    ['5xx', { status: 503 }],
    ['a key that is wrong', { status: 401 }],
    ['a redirect, which is not followed', { status: 302 }],
    ['a lost connection', { hangsUp: true }],
  ])('a provider in trouble: %s', async (_, said) => {
    const { id } = await person({ phone: true });
    Object.assign(sms.said, said);
    await tell(id);
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'pending', channel: 'sms' }]);
    expect(sms.asked.every(({ url }) => url === '/send')).toBe(true);
    expect(await calls()).toEqual([]);
  });

  test('an urgent message goes on by the next channel after six attempts', async () => {
    const { id } = await person({ email: true, phone: true });
    smtp.said.recipient = '450 try later';
    await tell(id, { priority: 'urgent' });
    await database.db.query(sql.unsafe`update notifications set channel = 'email', attempts = 4`);
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'pending', channel: 'email', attempts: 5 }]);
    await makeDue();
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'sent', channel: 'sms', tried: ['email'] }]);
  });
});

describe('one sender at a time', () => {
  test('of twenty drains each message goes once', async () => {
    const readers = await Promise.all(Array.from({ length: 12 }, () => person({ email: true })));
    for (const { id } of readers) await tell(id);
    await Promise.all(Array.from({ length: 8 }, () => deliver()));
    expect(smtp.letters.map(({ to }) => to).sort()).toEqual(readers.map(({ email }) => email).sort());
  });

  test('a message held by a process that died goes when its minute is over, and not before', async () => {
    const { id } = await person({ email: true });
    await tell(id);
    expect(await claimOther(database.db, ['email'], 60_000)).toMatchObject({ channel: 'email', attempts: 1 });
    await deliver();
    expect(smtp.letters).toEqual([]);
    await makeDue();
    await deliver();
    expect(smtp.letters).toHaveLength(1);
    expect(await rows()).toMatchObject([{ status: 'sent', attempts: 2 }]);
  });

  test('about one subject a later message waits for the earlier one', async () => {
    const { id } = await person({ email: true });
    const first = cancelled(id);
    await notifyPeople(database.db, [first]);
    const params = { ...first.params, student: null, charged: { sessions: 0, invoices: 0 } };
    await notifyPeople(database.db, [
      { userId: id, template: 'training_joined', dedupe: `${first.dedupe}:again`, params } as Notice,
    ]);
    smtp.said.data = '451 try again';
    await deliver();
    expect(await rows()).toMatchObject([
      { status: 'pending', channel: 'email' },
      { status: 'pending', attempts: 0 },
    ]);
    smtp.said.data = undefined;
    await makeDue();
    await deliver();
    expect((await rows()).map(({ status }) => status)).toEqual(['sent', 'sent']);
    expect(smtp.letters.slice(-2).map(({ text }) => /Subject: (\w+ \w+)/.exec(text)?.[1])).toEqual([
      'Training cancelled',
      'You are',
    ]);
  });
});

describe('quiet hours and switches hold for each channel', () => {
  const now = () => new Date().toISOString().slice(11, 16);
  const later = () => new Date(Date.now() + 3_600_000).toISOString().slice(11, 16);

  test.each([
    ['e-mail', { email: true }],
    ['SMS', { phone: true }],
  ])('%s waits for the morning; what is urgent does not', async (_, has) => {
    const { id } = await person(has);
    await tell(id, { priority: 'normal' });
    await tell(id, { priority: 'urgent' });
    const set = { quiet: { from: now(), until: later() } };
    await deliver(set);
    expect(smtp.letters.length + sms.asked.length).toBe(1);
    expect(await rows()).toMatchObject([{ status: 'pending', attempts: 0 }, { status: 'sent' }]);
  });

  test('a message that its reader has switched off goes by no channel, and nobody calls', async () => {
    const { id } = await person();
    await database.db.query(sql.unsafe`insert into notification_preferences values (${id}, 'training_cancelled', false)`);
    await tell(id);
    await deliver();
    expect(await rows()).toMatchObject([{ status: 'skipped', error: 'switched off by the person: training_cancelled' }]);
    expect(await calls()).toEqual([]);
  });
});

describe('a reader without a channel is called', () => {
  test('one open task a person holds every text, in order; a new one begins when it is done', async () => {
    const { id, phone } = await person({ phone: true });
    await tell(id);
    await tell(id);
    await deliver({ sms: false });
    expect(await calls()).toMatchObject([
      {
        title: `Call Анна №${numbers}, ${phone}`,
        details: {
          person_id: id,
          phone,
          messages: [{ text: expect.stringContaining(`Yoga ${keys - 1}`) }, { text: expect.stringContaining(`Yoga ${keys}`) }],
        },
      },
    ]);
    expect(await rows()).toMatchObject([{ status: 'undeliverable', channel: 'call', error: 'to call: has no channel' }, {}]);
    await database.db.query(sql.unsafe`update admin_tasks set done_at = now(), done_by = 'person:1'`);
    await tell(id);
    await deliver({ sms: false });
    expect((await calls()).map(({ details }) => details.messages.length)).toEqual([2, 1]);
  });

  test('a message that a later one outdates leaves the task', async () => {
    const { id } = await person();
    const last = cancelled(id);
    const params = { ...last.params, student: null, charged: { sessions: 0, invoices: 0 } };
    await notifyPeople(database.db, [{ userId: id, template: 'training_joined', dedupe: 'joined', params } as Notice]);
    await deliver();
    await notifyPeople(database.db, [last]);
    await deliver();
    expect(await calls()).toMatchObject([{ details: { messages: [{ template: 'training_cancelled' }] } }]);
  });

  test('more than thirty texts: the newest stay, the others are counted', async () => {
    const { id } = await person();
    await notifyPeople(
      database.db,
      Array.from({ length: 33 }, () => cancelled(id)),
    );
    await deliver();
    const [task] = await calls();
    expect(task?.details).toMatchObject({ left_out: 3 });
    expect(task?.details.messages).toHaveLength(30);
    expect(task?.details.messages.at(-1)?.text).toContain(`Yoga ${keys}.`);
  });

  test('nobody is called for a reminder or the week’s list', async () => {
    const { id } = await person();
    const training = { real_training_id: 1, training_date: '2026-11-25', start_time: '18:00', training_type: 'Yoga' };
    await notifyPeople(database.db, [
      {
        userId: id,
        template: 'missed_classes',
        dedupe: 'missed',
        params: { student_id: null, student: null, missed: 2, days: 30 },
      },
      {
        userId: id,
        template: 'training_created',
        dedupe: 'week',
        params: { trainings: [training], student: null, by_hand: false },
      },
    ]);
    await deliver();
    expect((await rows()).map(({ status, error }) => [status, error])).toEqual([
      ['skipped', 'has no channel'],
      ['skipped', 'has no channel'],
    ]);
    expect(await calls()).toEqual([]);
  });

  test('a place that was given by hand is worth a call', async () => {
    const { id } = await person();
    const training = { real_training_id: 1, training_date: '2026-11-25', start_time: '18:00', training_type: 'Yoga' };
    await notifyPeople(database.db, [
      {
        userId: id,
        template: 'training_created',
        dedupe: 'hand',
        params: { trainings: [training], student: null, by_hand: true },
      },
    ]);
    await deliver();
    expect(await calls()).toHaveLength(1);
  });

  test('without a bot people get letters, and whoever has only Telegram is called', async () => {
    const [mailed, called] = [await person({ telegram: true, email: true }), await person({ telegram: true })];
    await tell(mailed.id);
    await tell(called.id);
    await deliver({ telegram: false, sms: false });
    expect(await rows()).toMatchObject([
      { status: 'sent', channel: 'email', tried: ['telegram'] },
      { status: 'undeliverable', channel: 'call', tried: ['telegram'] },
    ]);
  });

  test('where nothing at all is set up, messages are for the log and make no tasks', async () => {
    const { id } = await person({ telegram: true });
    const other = await person();
    await tell(id);
    await tell(other.id);
    await deliver({ telegram: false, mail: false, sms: false });
    expect((await rows()).map(({ status }) => status)).toEqual(['skipped', 'skipped']);
    expect(await calls()).toEqual([]);
  });

  test('a reader who connects to the bot meanwhile gets it there', async () => {
    const { id } = await person();
    await tell(id);
    await database.db.query(sql.unsafe`update users set telegram_id = 99001 where id = ${id}`);
    await deliver();
    expect(telegram.delivered(99_001)).toHaveLength(1);
    expect(await rows()).toMatchObject([{ status: 'sent', channel: 'telegram' }]);
  });
});

describe('a child and whoever pays', () => {
  async function family(child: Fields, payer: Fields) {
    const [one, other] = [await person(child), await person(payer)];
    await database.db.query(
      sql.unsafe`insert into students (id, payer_id) values (${other.id}, ${other.id}), (${one.id}, ${other.id})`,
    );
    const notice = cancelled(one.id);
    await notifyPeople(database.db, [notice, { ...notice, userId: other.id, dedupe: `${notice.dedupe}:payer` }]);
    await deliver();
    return rows();
  }

  test('a child without a channel makes no task where the payer gets the same', async () => {
    expect(await family({}, { email: true })).toMatchObject([{ status: 'skipped' }, { status: 'sent', channel: 'email' }]);
    expect(await calls()).toEqual([]);
  });
  test('neither has one: the payer is called, once', async () => {
    expect(await family({}, {})).toMatchObject([{ status: 'skipped' }, { status: 'undeliverable', channel: 'call' }]);
    expect(await calls()).toHaveLength(1);
  });
  test('one address of both gets one letter', async () => {
    await family({ email: 'Family@mail.example' }, { email: 'family@mail.example' });
    expect(smtp.letters).toHaveLength(1);
  });
  test('a payer who has switched the child off is told nothing of it, but all the rest', async () => {
    const [child, payer] = [await person({ email: true }), await person({ email: true })];
    await database.db.query(sql.unsafe`
      insert into students (id, payer_id) values (${payer.id}, ${payer.id}), (${child.id}, ${payer.id})`);
    await database.db.query(sql.unsafe`insert into child_notifications values (${payer.id}, ${child.id}, false)`);
    const both = (about: number[]) => [cancelled(child.id), cancelled(payer.id, { about })];
    expect(await notifyPeople(database.db, both([child.id]))).toBe(1);
    expect(await notifyPeople(database.db, both([child.id, payer.id]))).toBe(2);
    expect(await notifyPeople(database.db, both([]))).toBe(2);
    await database.db.query(sql.unsafe`update child_notifications set is_on = true`);
    expect(await notifyPeople(database.db, both([child.id]))).toBe(2);
  });
  test('two addresses get one each', async () => {
    await family({ email: true }, { email: true });
    expect(smtp.letters).toHaveLength(2);
  });
});
