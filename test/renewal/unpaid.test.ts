import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { receivePayment, takeBackPayment } from '../../sql/finance/payments.ts';
import { dunningKey, judgeUnpaid } from '../../workers/renewal/policy.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { club, messagesTo } from '../subscriptions/studio.ts';
import { clockAt } from '../support/clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';

clockAt('2026-11-20T09:00:00Z');
const D = '2026-11-20';
/** The day on which what ends on D is due. */
const DUE = addDays(D, 1);

describe('a night says at most one thing about an unpaid renewal', () => {
  test.each<[days: number, grace: number, told: string[], expected: string | null]>([
    [0, 7, [], 'renewal_unpaid:1:0'],
    [0, 7, ['renewal_unpaid:1:0'], null],
    [2, 7, [], 'renewal_unpaid:1:0'],
    [3, 7, ['renewal_unpaid:1:0'], 'renewal_unpaid:1:3'],
    [6, 7, ['renewal_unpaid:1:3'], null],
    [7, 7, ['renewal_unpaid:1:3'], 'renewal_unpaid:1:7'],
    [7, 7, [], 'renewal_unpaid:1:7'],
    [8, 7, ['renewal_unpaid:1:7'], 'renewal_lapsed:1'],
    [8, 7, [], 'renewal_lapsed:1'],
    [9, 7, ['renewal_lapsed:1'], null],
    [29, 7, [], 'renewal_lapsed:1'],
    [30, 7, [], null],
    [0, 0, [], 'renewal_unpaid:1:0'],
    [1, 0, ['renewal_unpaid:1:0'], 'renewal_lapsed:1'],
    [3, 0, ['renewal_lapsed:1'], 'renewal_unpaid:1:3'],
    [3, 0, [], 'renewal_lapsed:1'],
    [7, 90, [], 'renewal_unpaid:1:7'],
    [28, 90, [], 'renewal_unpaid:1:7'],
    [29, 90, [], null],
    [90, 90, [], null],
    [91, 90, [], 'renewal_lapsed:1'],
  ])('%i days after the due date with %i days of grace, told %j: %s', (days, grace, told, expected) => {
    const owed = { invoiceId: 1, owedNo: 0, daysLate: days, daysOwed: days };
    const dunning = judgeUnpaid(owed, grace, told);
    expect(dunning && dunningKey(owed, dunning)).toBe(expected);
  });
});

describe('a renewal that was paid and is owed again is recalled anew, from the day it became owed', () => {
  test.each<[late: number, owed: number, told: string[], expected: string | null]>([
    [5, 0, ['renewal_unpaid:1:3'], 'renewal_unpaid:1.1:0'],
    [5, 0, ['renewal_unpaid:1.1:0'], null],
    [7, 3, ['renewal_unpaid:1.1:0'], 'renewal_unpaid:1.1:3'],
    [8, 0, ['renewal_lapsed:1'], 'renewal_lapsed:1.1'],
    [40, 0, ['renewal_lapsed:1'], 'renewal_lapsed:1.1'],
    [61, 21, [], 'renewal_lapsed:1.1'],
    [62, 22, [], null],
  ])('%i days late, owed for %i, told %j: %s', (daysLate, daysOwed, told, expected) => {
    const owed = { invoiceId: 1, owedNo: 1, daysLate, daysOwed };
    const dunning = judgeUnpaid(owed, 7, told);
    expect(dunning && dunningKey(owed, dunning)).toBe(expected);
  });
});

describe('in the database', () => {
  let database: TestDatabase;
  let db: Database;
  let make: ReturnType<typeof club>;
  beforeAll(async () => {
    database = await testDatabase();
    db = database.db;
    make = club(db);
  });
  afterEach(() => emptyStudio(db));
  afterAll(() => database.close());

  const renew = (date: string, settings = {}) => night(db, renewNight, 'auto_renewal', date, { settings });
  const renewed = async () => {
    const student = await make.student();
    await make.held({ student, item: await make.item(), to: D });
    await renew(D);
    return student;
  };
  /** The notices about an unpaid renewal, by the day of the night that wrote them. */
  async function dunned(student: number, nights: string[], settings = {}) {
    const said: Record<string, string[]> = {};
    let before = (await messagesTo(db, { user: student })).length;
    for (const date of nights) {
      await renew(date, settings);
      const all = await messagesTo(db, { user: student });
      const fresh = all.slice(before).map(({ template }) => template);
      if (fresh.length > 0) said[date] = fresh;
      before = all.length;
    }
    return said;
  }
  const days = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => addDays(DUE, from + n));

  test('night by night: on the due date, three and seven days later, and once the grace is over', async () => {
    const student = await renewed();
    expect(await dunned(student, days(0, 20))).toEqual({
      [addDays(DUE, 0)]: ['renewal_unpaid'],
      [addDays(DUE, 3)]: ['renewal_unpaid'],
      [addDays(DUE, 7)]: ['renewal_unpaid'],
      [addDays(DUE, 8)]: ['renewal_lapsed'],
      // The renewal itself ends after thirty days; three days before, a message says so.
    });
    expect(await dunned(student, days(0, 20))).toEqual({});
    const admins = await messagesTo(db, { chat: 1001 });
    expect(admins).toMatchObject([
      { template: 'renewal_lapsed_admin', params: { renewals: [{ student_id: student, amount_minor: 400_000, due_date: DUE }] } },
    ]);
  });

  test.each([
    [5, 'renewal_unpaid:1:3'],
    [7, 'renewal_unpaid:1:7'],
    [12, 'renewal_lapsed:1'],
  ])('after %i nights were missed only the latest is said', async (missed, key) => {
    const student = await renewed();
    await renew(addDays(DUE, missed));
    const told = await messagesTo(db, { user: student });
    expect(told.map(({ dedupe_key }) => dedupe_key).slice(1)).toEqual([key]);
  });

  test('a renewal paid meanwhile is not recalled', async () => {
    const student = await renewed();
    expect(Object.keys(await dunned(student, days(0, 0)))).toHaveLength(1);
    await db.query(sql.unsafe`update invoices set status = 'CANCELLED', cancelled_at = now()`);
    expect(await dunned(student, days(1, 10))).toEqual({});
  });

  test('a renewal that was paid and is owed again is recalled again', async () => {
    const student = await renewed();
    await renew(DUE);
    await db.transaction(async (transaction) => {
      const { payment } = await receivePayment(transaction, {
        payerId: student,
        amountMinor: 400_000,
        method: 'cash',
        createdBy: 'test',
      });
      expect(await takeBackPayment(transaction, payment, 'bounced')).toBe(1);
    });
    for (let n = 0; n < 2; n += 1) await renew(addDays(DUE, 1));
    const told = await messagesTo(db, { user: student });
    const [first, again, ...more] = told.slice(1).map(({ dedupe_key }) => dedupe_key);
    expect([first, more]).toEqual([expect.stringMatching(/^renewal_unpaid:\d+:0$/), []]);
    expect(again).toMatch(/^renewal_unpaid:\d+\.1:0$/);
  });

  test('a purchase that is not paid is no renewal', async () => {
    const student = await make.student();
    const held = await make.held({ student, item: await make.item(), to: addDays(DUE, 60), autoRenew: false });
    await db.query(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id, due_date)
      values (${student}, ${student}, 'SUBSCRIPTION', 100, ${held}, ${DUE}::date)`);
    expect(await dunned(student, days(0, 10))).toEqual({});
  });

  test('a late night tells the price and the day once; the recall comes the night after', async () => {
    const student = await make.student();
    await make.held({ student, item: await make.item(), to: addDays(D, -4) });
    const said = await dunned(student, [D, D, addDays(D, 1), addDays(D, 3)]);
    expect(said).toEqual({
      [D]: ['subscription_renewed'],
      [addDays(D, 1)]: ['renewal_unpaid'],
      [addDays(D, 3)]: ['renewal_unpaid'],
    });
  });

  test('the grace is a setting', async () => {
    const student = await renewed();
    expect(await dunned(student, days(0, 5), { RENEWAL_GRACE_DAYS: '1' })).toEqual({
      [addDays(DUE, 0)]: ['renewal_unpaid'],
      [addDays(DUE, 2)]: ['renewal_lapsed'],
      [addDays(DUE, 3)]: ['renewal_unpaid'],
    });
  });
});
