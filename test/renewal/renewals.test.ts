import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { club, entriesOf, heldBy, invoicesOf, messagesTo } from '../subscriptions/studio.ts';
import { clockAt } from '../support/clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';

// The earliest of the days below: nights of earlier days than today find terms that are over.
clockAt('2026-10-31T09:00:00Z');
const D = '2026-11-20';
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
afterEach(async () => {
  expect(await auditBooks(db, '2020-01-01')).toEqual([]);
  await emptyStudio(db);
});
afterAll(() => database.close());

const renew = (date = D) => night(db, renewNight, 'auto_renewal', date);
const renewals = async (date = D) => ((await renew(date)).result as { renewals_processed: number }).renewals_processed;

test.each([
  ['D-8', addDays(D, -8), null],
  ['D-7', addDays(D, -7), D],
  ['D-1', addDays(D, -1), D],
  ['D', D, addDays(D, 1)],
  ['D+1', addDays(D, 1), null],
])('a subscription that ends on %s (%s) is renewed from %s', async (_, end, start) => {
  const student = await make.student();
  const item = await make.item({ days: 30 });
  const held = await make.held({ student, item, to: end, left: 2 });
  expect(await renewals()).toBe(start === null ? 0 : 1);
  const [old, next] = await heldBy(db, student);
  expect(old).toMatchObject({ id: held, end_date: end, status: 'active', sessions_left: start === null ? 2 : 0 });
  if (start === null) return expect(next).toBeUndefined();
  expect(next).toMatchObject({
    start_date: start,
    end_date: addDays(start, 29),
    sessions_left: 8 + 2,
    transferred_sessions: 2,
    is_auto_renew: true,
    status: 'active',
    renewed_from_id: held,
  });
  expect(await invoicesOf(db, student)).toEqual([
    {
      payer_id: student,
      type: 'SUBSCRIPTION',
      amount_minor: 400_000,
      status: 'UNPAID',
      is_auto_renewal: true,
      due_date: start,
      student_subscription_id: next?.id,
    },
  ]);
});

test.each([
  ['2028-02-28', 30, '2028-02-29', '2028-03-29'],
  ['2028-02-29', 30, '2028-03-01', '2028-03-30'],
  ['2027-02-28', 30, '2027-03-01', '2027-03-30'],
  ['2026-12-31', 365, '2027-01-01', '2027-12-31'],
  ['2027-12-31', 366, '2028-01-01', '2028-12-31'],
  ['2026-10-31', 1, '2026-11-01', '2026-11-01'],
])('a term that ends on %s goes on for %i days from %s to %s (D4)', async (end, days, start, last) => {
  const student = await make.student();
  await make.held({ student, item: await make.item({ days }), from: addDays(end, 1 - days), to: end });
  await renew(end);
  expect((await heldBy(db, student))[1]).toMatchObject({ start_date: start, end_date: last });
});

describe('carrying over', () => {
  test.each<[number | null, number | null, number, string[], string[], number | null]>([
    [0, 8, 0, [], ['granted 8'], 8],
    [1, 8, 1, ['granted 1', 'carried_out -1'], ['granted 8', 'carried_in 1'], 9],
    [3, 8, 3, ['granted 3', 'carried_out -3'], ['granted 8', 'carried_in 3'], 11],
    [4, 8, 3, ['granted 4', 'carried_out -3'], ['granted 8', 'carried_in 3'], 11],
    [null, null, 0, [], [], null],
    [null, 8, 0, [], ['granted 8'], 8],
    [4, null, 0, ['granted 4'], [], null],
  ])('%p left of the old one, %p in the catalogue: %i move', async (left, sessions, carried, oldEntries, newEntries, newLeft) => {
    const student = await make.student();
    const held = await make.held({ student, item: await make.item({ sessions }), to: D, left });
    await renew();
    const [old, next] = await heldBy(db, student);
    expect(old?.sessions_left).toBe(left === null ? null : left - carried);
    expect(next).toMatchObject({ sessions_left: newLeft, transferred_sessions: carried });
    expect(await entriesOf(db, held)).toEqual(oldEntries);
    expect(await entriesOf(db, Number(next?.id))).toEqual(newEntries);
  });

  test.each([
    [2, 2],
    [5, 3],
  ])('of %i sessions that expired before a late night came, %i still move', async (left, carried) => {
    const student = await make.student();
    const held = await make.held({ student, item: await make.item(), to: addDays(D, -5), left });
    await db.query(sql.unsafe`
      insert into session_entries (student_subscription_id, delta, reason) values (${held}, ${-left}, 'expired')`);
    await db.query(sql.unsafe`update student_subscriptions set status = 'expired' where id = ${held}`);
    await renew();
    expect((await heldBy(db, student)).map((subscription) => [subscription.status, subscription.sessions_left])).toEqual([
      ['expired', 0],
      ['active', 8 + carried],
    ]);
    expect(await entriesOf(db, held)).toEqual([
      `granted ${left}`,
      `expired -${left}`,
      `expired ${carried}`,
      `carried_out -${carried}`,
    ]);
  });
});

test.each<[string, Partial<Parameters<typeof make.held>[0]>, boolean]>([
  ['does not renew itself', { autoRenew: false }, false],
  ['is cancelled', { status: 'cancelled' }, false],
  ['is frozen until D-1', { freeze: [addDays(D, -9), addDays(D, -1)], status: 'frozen' }, true],
  ['is frozen until D', { freeze: [addDays(D, -9), D], status: 'frozen' }, false],
  ['is frozen over its end', { freeze: [addDays(D, -1), addDays(D, 5)], status: 'frozen' }, false],
  ['is frozen from D+1 on', { freeze: [addDays(D, 1), addDays(D, 5)] }, true],
])('one that %s: renewed %j %p', async (_, fields, isRenewed) => {
  const student = await make.student();
  await make.held({ student, item: await make.item(), to: D, ...fields });
  expect(await renewals()).toBe(isRenewed ? 1 : 0);
});

test('one that was frozen over its end is renewed once the freeze is over', async () => {
  const student = await make.student();
  await make.held({ student, item: await make.item(), to: D, freeze: [D, addDays(D, 2)], status: 'frozen' });
  expect([await renewals(D), await renewals(addDays(D, 2)), await renewals(addDays(D, 3))]).toEqual([0, 0, 1]);
  expect((await heldBy(db, student))[1]).toMatchObject({ start_date: addDays(D, 3) });
});

test('after an outage of five days one night renews what each missed night would have', async () => {
  const item = await make.item({ days: 30 });
  const students = [];
  for (const ago of [5, 4, 3, 2, 1, 0]) {
    const student = await make.student();
    await make.held({ student, item, to: addDays(D, -ago), left: 1 });
    students.push(student);
  }
  expect(await renewals()).toBe(6);
  const starts = await Promise.all(students.map(async (student) => (await heldBy(db, student))[1]?.start_date));
  expect(starts).toEqual([D, D, D, D, D, addDays(D, 1)]);
});

test('the price, the sessions and the term are those of today’s catalogue', async () => {
  const student = await make.student();
  const item = await make.item({ price: 400_000, sessions: 8, days: 30 });
  await make.held({ student, item, to: D, left: 0 });
  await db.query(sql.unsafe`
    update subscriptions set price_minor = 450000, number_of_sessions = 10, validity_days = 31 where id = ${item}`);
  await renew();
  expect((await heldBy(db, student))[1]).toMatchObject({ sessions_left: 10, end_date: addDays(D, 31) });
  expect((await invoicesOf(db, student))[0]).toMatchObject({ amount_minor: 450_000 });
});

test('a type that is no longer sold, or a student who comes no more, is a warning', async () => {
  const [gone, away] = [await make.student(), await make.student({ isActive: false })];
  const [old, item] = [await make.item({ isActive: false }), await make.item()];
  const first = await make.held({ student: gone, item: old, to: D });
  const second = await make.held({ student: away, item, to: D });
  const { status, details } = await renew();
  expect(status).toBe('success');
  expect(details.warnings).toMatchObject([
    { reason: 'type_inactive', student_subscription_id: first, student_id: gone, subscription_id: old },
    { reason: 'student_inactive', student_subscription_id: second, student_id: away, subscription_id: item },
  ]);
  expect([...(await invoicesOf(db, gone)), ...(await invoicesOf(db, away))]).toEqual([]);
});

describe('money', () => {
  test.each([
    [399_999, 'UNPAID', 399_999],
    [400_000, 'PAID', 0],
  ])('a balance of %i leaves the renewal %s', async (balance, status, left) => {
    const student = await make.student();
    await make.held({ student, item: await make.item(), to: D });
    await make.money(student, balance);
    const { details } = await renew();
    expect((await invoicesOf(db, student))[0]).toMatchObject({ status });
    expect(details.auto_payments).toBe(status === 'PAID' ? 1 : 0);
    expect(await db.oneFirst(sql.unsafe`select balance_minor from wallets where user_id = ${student}`)).toBe(left);
    expect((await messagesTo(db, { user: student }))[0]?.params.is_paid).toBe(status === 'PAID');
  });

  test('the student’s payer pays for the renewal, and both are notified', async () => {
    const [child, parent] = [await make.student(), await make.student()];
    await db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${child}`);
    await make.held({ student: child, item: await make.item(), to: D, left: 2 });
    await renew();
    expect(await invoicesOf(db, child)).toMatchObject([{ payer_id: parent }]);
    const params = {
      start_date: addDays(D, 1),
      end_date: addDays(D, 30),
      carried_sessions: 2,
      price_minor: 400_000,
      is_paid: false,
    };
    expect(await messagesTo(db, { user: child })).toMatchObject([
      { template: 'subscription_renewed', params: { ...params, student: null } },
    ]);
    expect(await messagesTo(db, { user: parent })).toMatchObject([
      { template: 'subscription_renewed', params: { ...params, student: expect.stringContaining('Ученик') } },
    ]);
  });

  test('a renewal that costs nothing is not invoiced', async () => {
    const student = await make.student();
    await make.held({ student, item: await make.item({ price: 0 }), to: D });
    const { counts } = await renew();
    expect(counts).toMatchObject({ students_processed: 1, invoices_created: 0 });
    expect(await invoicesOf(db, student)).toEqual([]);
    expect((await messagesTo(db, { user: student }))[0]?.params).toMatchObject({ price_minor: 0, is_paid: true });
  });
});

test('the night run again, that day or the next, renews nothing twice and tells nothing twice', async () => {
  const student = await make.student();
  await make.held({ student, item: await make.item(), to: D, left: 3 });
  expect(await renewals()).toBe(1);
  const [held, told] = [await heldBy(db, student), await messagesTo(db, { user: student })];
  expect(await renewals()).toBe(0);
  expect(await renewals(addDays(D, -1))).toBe(0);
  expect(await heldBy(db, student)).toEqual(held);
  expect(await messagesTo(db, { user: student })).toEqual(told);
});

test('a renewal that was called off is not made again', async () => {
  const student = await make.student();
  await make.held({ student, item: await make.item(), to: D });
  await renew();
  await db.query(sql.unsafe`
    insert into session_entries (student_subscription_id, delta, reason)
    select id, -sessions_left, 'cancelled' from student_subscriptions where renewed_from_id is not null`);
  await db.query(sql.unsafe`update student_subscriptions set status = 'cancelled' where renewed_from_id is not null`);
  expect(await renewals(addDays(D, 1))).toBe(0);
});
