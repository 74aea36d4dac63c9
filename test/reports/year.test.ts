import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { seeded } from '../../sql/demo/random.ts';
import { settledUntil } from '../../sql/reports/settled.ts';
import { stats } from '../../workers/cleanup/handlers.ts';
import { fleetAt, instantsBetween } from '../subscriptions/year/nights.ts';
import { ownerOn, peopleOn } from '../subscriptions/year/people.ts';
import { openStudio } from '../subscriptions/year/studio.ts';
import { clockAt } from '../support/clock.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { night } from '../support/night.ts';
import { rounds } from '../support/nightly-only.ts';
import { activeOn, attendanceOn, earnedOn, positionOn, readStudio, receivedOn } from './slow.ts';

jest.setTimeout(1_200_000);
const DAY = 86_400_000;
/** Summer time begins on the 30th. */
const FIRST = new Date('2025-03-09T09:00:00Z');
const ZONE = 'Europe/Berlin';
/** At night the whole year. */
const DAYS = rounds({ daily: 36, nightly: 365 });

let api: TestApi;
let from: string;
let to: string;
clockAt(FIRST.toISOString());
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000', STUDIO_TZ: ZONE }, forLife: true });
  await openStudio(api.db);
  const random = seeded(20_250_309);
  let since = FIRST;
  for (let n = 0; n < DAYS; n += 1) {
    const noon = new Date(FIRST.getTime() + n * DAY);
    jest.setSystemTime(noon);
    const today = dayOf(noon, ZONE);
    await ownerOn(api.db, today);
    await peopleOn({ api, random, today, now: noon, deeds: new Map() });
    await moreOfMoney(random.int(1, 300), random.int(1, 40), today);
    const next = new Date(noon.getTime() + DAY - 1);
    for (const instant of instantsBetween(since, next, ZONE)) {
      const now = new Date(Math.max(instant.getTime(), noon.getTime()) + 1_000);
      jest.setSystemTime(now);
      await fleetAt(api.fleet, now);
    }
    since = next;
    await settleTheClock(noon);
  }
  from = dayOf(FIRST, ZONE);
  to = dayOf(new Date(FIRST.getTime() + (DAYS - 1) * DAY), ZONE);
});
afterAll(() => api?.close());

/** Refunds, waived invoices and payments of days before. */
async function moreOfMoney(payer: number, invoice: number, today: string) {
  const paid = await api.post(`/api/people/${payer}/payments`, { amount_minor: 300_001, method: 'card' });
  await api.post(`/api/payments/${paid.body.payment.id}/refunds`, {
    amount_minor: 100_001,
    reason: 'передумал',
    take_back: payer % 2 === 0,
  });
  await api.post('/api/payments', { payer_id: payer, amount_minor: 5_000, payment_date: addDays(today, -1) });
  await api.post(`/api/invoices/${invoice}/cancel`, { reason: 'подарок' });
}

/** The database has a clock of its own, which stands in no test: what it wrote today belongs to the studio's today. */
async function settleTheClock(noon: Date) {
  const columns: [string, string][] = [
    ['payments', 'created_at'],
    ['payments', 'cancelled_at'],
    ['payment_refunds', 'created_at'],
    ['wallet_transactions', 'created_at'],
    ['invoices', 'created_at'],
    ['invoices', 'cancelled_at'],
    ['session_entries', 'created_at'],
    ['student_subscriptions', 'created_at'],
    ['student_subscriptions', 'cancelled_at'],
  ];
  await api.db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    for (const [table, column] of columns)
      await transaction.query(sql.unsafe`
        update ${sql.identifier([table])} set ${sql.identifier([column])} = ${noon.toISOString()}::timestamptz + (${sql.identifier([column])} - now())
        where ${sql.identifier([column])} > ${new Date(performance.timeOrigin - DAY).toISOString()}::timestamptz`);
  });
}

/** All days are settled once a night is six days later. */
const settle = () => night(api.db, stats, 'stats', addDays(to, 6), { settings: { STUDIO_TZ: ZONE } });

const report = async (name: string, by = 'day', more = '') =>
  (await api.get(`/api/reports/${name}?from=${from}&to=${to}&by=${by}${more}`)).body as Json;

async function compareRevenue() {
  const studio = await readStudio(api.db, ZONE);
  const { rows } = await report('revenue');
  expect(rows).toHaveLength(DAYS);
  let before = earnedOn(studio, addDays(from, -1)).earned;
  for (const row of rows) {
    const { earned, deferred } = earnedOn(studio, row.period);
    const slow = {
      ...receivedOn(studio, row.period),
      ...positionOn(studio, row.period),
      recognised_minor: earned - before,
      deferred_minor: deferred,
    };
    expect(row).toMatchObject({ period: row.period, ...slow });
    before = earned;
  }
  return rows;
}

test(`revenue of each of ${DAYS} days is what a slow recomputation says, to the kopeck`, async () => {
  const rows = await compareRevenue();
  expect(rows.some((row: Json) => row.recognised_subscription_minor > 0 && row.recognised_training_minor > 0)).toBe(true);
  expect(rows.some((row: Json) => row.refunded_minor > 0) && rows.some((row: Json) => row.cancelled_minor > 0)).toBe(true);
});

test('received less recognised is what is prepaid less what is owed, at the end of each day', async () => {
  // A payment of the first day counts on the day before.
  const { body } = await api.get(`/api/reports/revenue?from=${addDays(from, -1)}&to=${to}&by=day`);
  let difference = 0;
  for (const row of body.rows) {
    difference += row.net_minor - row.recognised_minor;
    expect({ day: row.period, difference }).toEqual({
      day: row.period,
      difference: row.wallets_minor + row.deferred_minor - row.owed_minor,
    });
  }
});

test.each([
  ['revenue', 'week'],
  ['revenue', 'month'],
  ['attendance', 'week'],
  ['attendance', 'month'],
  ['trainers', 'month'],
])('the days of %s are the whole, and so is each %s', async (name, by) => {
  const [days, longer] = [await report(name), await report(name, by)];
  expect(longer.total).toEqual(days.total);
  expect(longer.rows.length).toBeLessThan(days.rows.length);
});

test('a figure is the sum of the rows behind it', async () => {
  const { total, explained } = await report('revenue', 'month', '&explain=true');
  for (const figure of [
    'gross_minor',
    'refunded_minor',
    'cancelled_minor',
    'recognised_training_minor',
    'recognised_subscription_minor',
  ]) {
    const behind = explained.filter((row: Json) => row.figure === figure);
    expect({ figure, value: behind.reduce((sum: number, row: Json) => sum + row.value, 0) }).toEqual({
      figure,
      value: total[figure],
    });
  }
});

test('attendance and active students of each day', async () => {
  const studio = await readStudio(api.db, ZONE);
  const [attendance, students] = [await report('attendance'), await report('students')];
  for (const [n, row] of attendance.rows.entries()) {
    expect(row).toMatchObject({ period: row.period, ...attendanceOn(studio, row.period) });
    const [before, now] = [activeOn(studio, addDays(row.period, -1)), activeOn(studio, row.period)];
    expect(students.rows[n]).toMatchObject({ period: row.period, active: now.size, active_at_start: before.size });
  }
  expect(attendance.total.present).toBeGreaterThan(100);
});

test('the same from the daily figures; what changes on settled days is right at once, and settled again by the next night', async () => {
  const [fresh, visits] = [await report('revenue'), await report('attendance')];
  await settle();
  expect(await settledUntil(api.db, ZONE)).toBe(addDays(to, 1));
  expect(await report('revenue')).toEqual(fresh);
  expect(await report('attendance')).toEqual(visits);
  expect(((await settledUntil(api.db, 'Europe/Moscow')) ?? '') < from).toBe(true);

  const half = addDays(from, Math.floor(DAYS / 2));
  const changes = [
    // Not held after all, and of a subscription called off since.
    sql.unsafe`update real_trainings set status = 'scheduled' where status = 'completed' and training_date between ${addDays(half, -3)}::date and ${half}::date`,
    sql.unsafe`update student_subscriptions set status = 'cancelled', cancelled_on = ${half}::date where id = (
      select max(id) from student_subscriptions where status = 'active' and start_date <= ${half}::date)`,
    sql.unsafe`update student_subscriptions set start_date = start_date - 3 where id = (
      select min(id) from student_subscriptions where sessions_left is null and start_date <= ${half}::date)`,
    sql.unsafe`insert into subscription_freezes select id, ${half}::date, ${addDays(half, 2)}::date from student_subscriptions
      where sessions_left is null and start_date <= ${half}::date and end_date > ${half}::date
      and not exists (select from subscription_freezes frozen where frozen.student_subscription_id = student_subscriptions.id)`,
    sql.unsafe`update invoices set status = 'CANCELLED', cancelled_at = ${half}::date + interval '12 hours' where id = (
      select max(id) from invoices where status = 'UNPAID' and created_at < ${half}::date)`,
    sql.unsafe`insert into session_entries (student_subscription_id, delta, reason, created_at)
      select max(id), 1, 'adjustment', ${half}::date + interval '12 hours' from student_subscriptions where status = 'active' and sessions_left > 0`,
    sql.unsafe`insert into wallet_transactions (user_id, amount_minor, kind, created_at) select min(id), 777, 'adjustment', ${half}::date + interval '12 hours' from users`,
  ];
  for (const change of changes) {
    const { rowCount } = await api.db.query(change);
    expect(rowCount).toBeGreaterThan(0);
    expect(await settledUntil(api.db, ZONE)).not.toBe(addDays(to, 1));
  }
  const corrected = await compareRevenue();
  expect(corrected).not.toEqual(fresh.rows);
  await settle();
  expect(await settledUntil(api.db, ZONE)).toBe(addDays(to, 1));
  expect(await compareRevenue()).toEqual(corrected);
});
