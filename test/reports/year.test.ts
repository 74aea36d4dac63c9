import { expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { settledUntil } from '../../sql/reports/settled.ts';
import { stats } from '../../workers/cleanup/handlers.ts';
import { type ReportName, reports } from '../../workers/reports/reports.ts';
import type { Json } from '../support/front-door.ts';
import { night } from '../support/night.ts';
import { part, rounds } from '../support/nightly-only.ts';
import { compareOthers, compareRevenue, compareStanding } from './compare.ts';
import { studioYear } from './studio-year.ts';

jest.setTimeout(1_200_000);
/** Summer time begins on the 30th. At night the whole year. */
const year = studioYear({
  zone: 'Europe/Berlin',
  first: new Date('2025-03-09T09:00:00Z'),
  days: rounds({ daily: 30, nightly: 365 }),
});
const { from, to, days, report } = year;

/** All days are settled once a night is six days later. */
const settle = () => night(year.api.db, stats, 'stats', addDays(to, 6), { settings: { STUDIO_TZ: year.zone } });

const KINDS = ['training', 'subscription', 'booking', 'package'];

test(`each figure of money of each of ${days} days is what a slow recomputation says, to the kopeck`, async () => {
  const rows = await compareRevenue(year);
  const seen = ['refunded', 'cancelled', 'net_cash', 'net_card', ...KINDS.map((kind) => `recognised_${kind}`)];
  for (const name of seen) expect({ name, is: rows.some((row: Json) => row[`${name}_minor`] !== 0) }).toEqual({ name, is: true });
});

test('so it is by week and by month', async () => {
  expect((await compareRevenue(year, 'week')).length).toBeLessThan(days);
  await compareRevenue(year, 'month');
});

test('received less recognised is what is prepaid less what is owed, at the end of each day', async () => {
  // A payment of the first day counts on the day before.
  const { body } = await year.api.get(`/api/reports/revenue?from=${addDays(from, -1)}&to=${to}&by=day`);
  let difference = 0;
  for (const row of body.rows) {
    difference += row.net_minor - row.recognised_minor;
    expect({ day: row.period, difference }).toEqual({
      day: row.period,
      difference: row.wallets_minor + row.deferred_minor - row.owed_minor,
    });
  }
});

test('every way in which something is earned has come to pass', async () => {
  const count = async (query: ReturnType<typeof sql.unsafe>) => Number(await year.api.db.oneFirst(query));
  const used = (status: string, entries: string) => sql.unsafe`
    select count(*) from ${sql.identifier([entries])} entry join bookings on bookings.id = booking_id
    where reason = 'booking' and status = ${status}
      and not exists (select from ${sql.identifier([entries])} back where back.reverses_id = entry.id)`;
  for (const entries of ['package_entries', 'session_entries'])
    for (const status of ['COMPLETED', 'NO_SHOW', 'CANCELLED'])
      expect({ entries, status, is: (await count(used(status, entries))) > 0 }).toEqual({ entries, status, is: true });
  const packages = await year.api.db.anyFirst(sql.type(z.object({ what: z.string() }))`
    select distinct case when status = 'cancelled' then 'taken back' when end_date < ${to}::date then 'over' else 'live' end as what
    from client_packages order by 1`);
  expect(packages).toEqual(['live', 'over', 'taken back']);
});

test.each([
  ['revenue', 'week'],
  ['revenue', 'month'],
  ['attendance', 'week'],
  ['attendance', 'month'],
  ['trainers', 'month'],
])('the days of %s are the whole, and so is each %s', async (name, by) => {
  const [each, longer] = [await report(name), await report(name, by)];
  expect(longer.total).toEqual(each.total);
  expect(longer.rows.length).toBeLessThan(each.rows.length);
});

test('a figure is the sum of the rows behind it', async () => {
  const { total, explained } = await report('revenue', 'month', '&explain=true');
  for (const name of ['gross', 'refunded', 'cancelled', ...KINDS.map((kind) => `recognised_${kind}`)]) {
    const figure = `${name}_minor`;
    const behind = explained.filter((row: Json) => row.figure === figure);
    expect({ figure, value: behind.reduce((sum: number, row: Json) => sum + row.value, 0) }).toEqual({
      figure,
      value: total[figure],
    });
  }
});

test.each(['day', 'week', 'month'] as const)('visits, active students, trainings and rooms of a year, by %s', async (by) => {
  const seen = await compareOthers(year, by);
  const rare = by === 'day' ? ['trainings_cancelled', 'absent', 'new', 'frozen', 'churned', 'bookings', 'heads'] : [];
  for (const figure of [...rare, 'active', 'minutes', 'used_minutes', 'open_minutes'])
    expect({ figure, is: (seen[figure] ?? 0) > 0 }).toEqual({ figure, is: true });
});

test('cohorts, debts and renewals', async () => {
  const { cohorts, debtors, renewals } = await compareStanding(year);
  expect([cohorts > 2, debtors > 5, renewals > 5]).toEqual([true, true, true]);
});

test.each(part(['America/New_York', 'Pacific/Auckland', 'Australia/Lord_Howe'], 1, 1))(
  'to a studio in %s, whose days end at another instant and whose clocks change on another day, it is the same',
  async (zone) => {
    // At night, too, of thirty days: every one of them is looked through whole.
    const since = addDays(to, -29);
    const rows = async (name: string, by: 'day') =>
      reports[name as ReportName].rows(year.api.db, { from: since, to, by, zone }, to);
    const elsewhere = {
      ...year,
      from: since,
      zone,
      report: async (name: string, by = 'day') => ({ rows: await rows(name, by as 'day') }),
    };
    const here = (await report('revenue')).rows.slice(-30) as Json[];
    const there = await compareRevenue(elsewhere);
    expect(there.map((row) => row.recognised_booking_minor)).not.toEqual(here.map((row) => row.recognised_booking_minor));
    await compareOthers(elsewhere, 'day');
  },
);

test('the same from the daily figures; what changes on settled days is right at once, and settled again by the next night', async () => {
  const [fresh, visits] = [await report('revenue'), await report('attendance')];
  await settle();
  expect(await settledUntil(year.api.db, year.zone)).toBe(addDays(to, 1));
  expect(await report('revenue')).toEqual(fresh);
  expect(await report('attendance')).toEqual(visits);
  expect(((await settledUntil(year.api.db, 'Europe/Moscow')) ?? '') < from).toBe(true);

  const half = addDays(from, Math.floor(days / 2));
  const begun = sql.fragment`starts_at < ${half}::date and starts_at > ${half}::date - 7`;
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
    // Bookings that were held after all or not, at another time, or with a unit or a session; packages that end earlier.
    sql.unsafe`update bookings set status = 'CONFIRMED' where id = (
      select min(booking_id) from package_entries join bookings on bookings.id = booking_id where status = 'COMPLETED' and ${begun})`,
    sql.unsafe`update bookings set starts_at = starts_at - interval '3 days' where id = (
      select max(booking_id) from invoices join bookings on bookings.id = booking_id where bookings.status = 'COMPLETED' and ${begun})`,
    sql.unsafe`update client_packages set end_date = ${half}::date - 2 where id = (
      select max(id) from client_packages where status = 'active' and start_date < ${half}::date - 2 and end_date > ${half}::date)`,
    sql.unsafe`insert into package_entries (client_package_id, service_id, booking_id, delta, reason)
      select client_package_id, units.service_id, booking.id, -1, 'booking' from client_package_units units, bookings booking
      where units_left > 0 and booking.status = 'NO_SHOW' and not exists (select from package_entries entry where entry.booking_id = booking.id)
      order by booking.id, client_package_id desc limit 1`,
    sql.unsafe`insert into session_entries (student_subscription_id, booking_id, delta, reason, created_at)
      select held.id, booking.id, -1, 'booking', booking.starts_at from student_subscriptions held, bookings booking
      where sessions_left > 0 and held.status = 'active' and booking.status = 'COMPLETED' and held.created_at < booking.starts_at
        and not exists (select from session_entries entry where entry.booking_id = booking.id)
      order by booking.id, held.id desc limit 1`,
  ];
  const noted = async () => Number(await year.api.db.oneFirst(sql.unsafe`select count(*) from daily_figures_due`));
  for (const change of changes) {
    const before = await noted();
    const { rowCount } = await year.api.db.query(change);
    expect({ change: change.sql, isDone: rowCount > 0, isNoted: (await noted()) > before }).toEqual({
      change: change.sql,
      isDone: true,
      isNoted: true,
    });
    expect(await settledUntil(year.api.db, year.zone)).not.toBe(addDays(to, 1));
  }
  const corrected = await compareRevenue(year);
  expect(corrected).not.toEqual(fresh.rows);
  await settle();
  expect(await settledUntil(year.api.db, year.zone)).toBe(addDays(to, 1));
  expect(await compareRevenue(year)).toEqual(corrected);
});
