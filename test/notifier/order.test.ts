import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { type Notice, notifyAdmins, notifyPeople } from '../../sql/notifications/notify.ts';
import { drainOutbox } from '../../workers/notifier/outbox/drain.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyTables } from '../support/emptying.ts';
import { type Answer, type FakeTelegram, fakeTelegram } from '../support/telegram.ts';

let database: TestDatabase;
let telegram: FakeTelegram;
let person: { id: number; chat: number };
beforeAll(async () => {
  database = await testDatabase();
  telegram = await fakeTelegram();
});
afterAll(async () => {
  await telegram.close();
  await database.close();
});

let chats = 10_000;
const newPerson = async () => {
  chats += 1;
  const chat = chats;
  const id = await database.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into users (first_name, telegram_id, locale) values ('Анна', ${chat}, 'en') returning id`);
  return { id, chat };
};
beforeEach(async () => {
  await emptyTables(database.db, 'notifications', 'telegram_chats');
  person = await newPerson();
});

const drain = (quietHours: { from: string; until: string } | null = null) =>
  drainOutbox(
    {
      db: database.db,
      settings: {
        locale: 'en',
        zone: 'UTC',
        currency: 'EUR',
        telegramToken: telegram.token,
        telegramApiRoot: telegram.apiRoot,
        telegramPace: 1,
        adminChatIds: [],
        quietHours,
      },
    },
    new AbortController().signal,
  );

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
/** Quiet hours in which it is now, by UTC's wall clock; they end in an hour. */
const quietNow = () => ({ from: inHours(-1).slice(11, 16), until: inHours(1).slice(11, 16) });

let keys = 0;
const shared = (booking_id: number) => ({
  booking_id,
  reader: 'client' as const,
  is_payer: true,
  client: 'Анна',
  specialist: 'Вера',
  service: `Service ${booking_id}`,
  booking_date: '2026-11-25',
  start_time: '18:00',
});
const back = { refunded_minor: 0, cancelled_minor: 0, units: 0 };
const bookingParams = {
  booking_confirmed: (id: number) => ({ ...shared(id), price_minor: 0, pay_from: 'later' as const }),
  booking_moved: shared,
  booking_given_away: shared,
  booking_cancelled: (id: number) => ({
    ...shared(id),
    outcome: 'safe' as const,
    reason: '',
    returned: back,
    kept_minor: 0,
    units_left: null,
    package: null,
    balance_minor: null,
  }),
};
const ofBooking = (template: keyof typeof bookingParams, booking: number, fields: Partial<Notice> = {}) => {
  keys += 1;
  const params = bookingParams[template](booking);
  return { userId: person.id, template, params, dedupe: `order ${keys}`, ...fields } as Notice;
};
const write = (...notices: Notice[]) => notifyPeople(database.db, notices);
const rows = async () => {
  const all = await database.db.any(
    sql.type(
      z.object({ template: z.string(), status: z.string(), error: z.string().nullable() }),
    )`select template, status, error from notifications order by id`,
  );
  return all.map(({ template, status, error }) => `${template} ${status}${error ? ` (${error})` : ''}`);
};

describe('a message that a later one about the same subject outdates is not sent', () => {
  test('a booking made for later and cancelled when it is near, in quiet hours: only the cancellation', async () => {
    await write(ofBooking('booking_confirmed', 1, { occasion: inHours(25), priority: 'normal' }));
    expect(await drain(quietNow())).toMatchObject({ held: 1, sent: 0 });
    await write(ofBooking('booking_cancelled', 1, { occasion: inHours(0.5), priority: 'urgent' }));
    expect(await drain(quietNow())).toMatchObject({ sent: 1 });
    expect(await drain()).toMatchObject({ sent: 0 });
    expect(await rows()).toEqual(['booking_confirmed skipped (superseded)', 'booking_cancelled sent']);
    expect(telegram.delivered(person.chat)).toEqual([expect.stringContaining('cancelled')]);
  });

  test.each([
    ['booking_confirmed', 'booking_cancelled', true],
    ['booking_moved', 'booking_cancelled', true],
    ['booking_moved', 'booking_moved', true],
    ['booking_given_away', 'booking_moved', true],
    ['booking_confirmed', 'booking_given_away', true],
    ['booking_confirmed', 'booking_moved', false],
    ['booking_cancelled', 'booking_confirmed', false],
  ] as const)('%s, then %s: %s', async (first, second, isOutdated) => {
    await write(ofBooking(first, 2));
    await write(ofBooking(second, 2));
    expect(await rows()).toEqual([isOutdated ? `${first} skipped (superseded)` : `${first} pending`, `${second} pending`]);
  });

  test('of another subject or another reader nothing is outdated', async () => {
    const other = await newPerson();
    await write(ofBooking('booking_confirmed', 3), ofBooking('booking_confirmed', 4, { userId: other.id }));
    await write(ofBooking('booking_cancelled', 4));
    expect((await rows()).filter((row) => row.includes('superseded'))).toEqual([]);
  });

  test('an earlier message outdates nothing', async () => {
    const cancelled = ofBooking('booking_cancelled', 5);
    await write(cancelled);
    await drain();
    await write(ofBooking('booking_moved', 5));
    expect(await write(cancelled)).toBe(0);
    expect(await rows()).toEqual(['booking_cancelled sent', 'booking_moved pending']);
  });

  test('one that is on its way meanwhile has been sent', async () => {
    await write(ofBooking('booking_confirmed', 6));
    telegram.answerChat(person.chat, async (): Promise<Answer> => {
      await write(ofBooking('booking_cancelled', 6));
      return 200;
    });
    expect(await drain()).toMatchObject({ sent: 2 });
    expect(await rows()).toEqual(['booking_confirmed sent', 'booking_cancelled sent']);
  });

  test('the counters of an alert that could not be sent are one', async () => {
    const again = (count: number) => ({
      template: 'alert_again' as const,
      dedupe: `again ${count}`,
      params: {
        alert: 'worker_down:finance',
        of: { template: 'worker_down' as const, params: { worker: 'finance', seconds: 60 } },
        since: inHours(-2),
        at: inHours(-1),
        count,
      },
    });
    await notifyAdmins(database.db, [77], [again(10)]);
    await notifyAdmins(database.db, [77, 78], [again(100)]);
    expect(await rows()).toEqual(['alert_again skipped (superseded)', 'alert_again pending', 'alert_again pending']);
  });
});

describe('about one subject, messages leave in the order they were written', () => {
  const texts = () => telegram.delivered(person.chat).map((text) => /moved|You are booked/.exec(text)?.[0]);

  test('an urgent one takes an earlier one along, through the quiet hours as well', async () => {
    await write(ofBooking('booking_confirmed', 7, { occasion: inHours(30), priority: 'normal' }));
    expect(await drain(quietNow())).toMatchObject({ held: 1 });
    await write(ofBooking('booking_moved', 7, { occasion: inHours(0.5), priority: 'urgent' }));
    expect(await drain(quietNow())).toMatchObject({ sent: 2 });
    expect(texts()).toEqual(['You are booked', 'moved']);
  });

  test('one that could not be sent just now keeps the next one waiting', async () => {
    await write(ofBooking('booking_confirmed', 8));
    await write(ofBooking('booking_moved', 8));
    await database.db.query(sql.unsafe`update notifications set attempts = 6`);
    telegram.answerChat(person.chat, 500);
    expect(await drain()).toMatchObject({ later: 1, sent: 0 });
    await database.db.query(sql.unsafe`update notifications set send_after = now()`);
    expect(await drain()).toMatchObject({ sent: 2 });
    expect(texts()).toEqual(['You are booked', 'moved']);
  });

  test('a list of trainings comes before what is said of one of them', async () => {
    const training = { real_training_id: 9, training_type: 'Yoga', training_date: '2026-11-25', start_time: '18:00' };
    await write({
      userId: person.id,
      template: 'training_created',
      params: { trainings: [training], student: null, by_hand: false },
      dedupe: 'list',
    });
    await drain(quietNow());
    const params = { ...training, reason: '', places: [], balance_minor: null };
    await write({ userId: person.id, template: 'training_cancelled', params, dedupe: 'off', occasion: inHours(0.5) });
    expect(await drain(quietNow())).toMatchObject({ sent: 2 });
    expect(telegram.delivered(person.chat)).toEqual([expect.stringContaining('Yoga'), expect.stringContaining('cancelled')]);
  });
});
