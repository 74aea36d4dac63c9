import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { BEFORE_ALL, readMoneyDays } from '../../sql/reports/money-days.ts';
import { readTable } from '../../workers/imports/table.ts';
import { reports } from '../../workers/reports/reports.ts';
import { harmless } from '../../workers/reports/table.ts';
import { emptyStudio } from '../support/emptying.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { onServerIn } from '../support/server-zone.ts';
import { studio } from '../support/studio.ts';

const ZONE = 'Europe/Moscow';
let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());
beforeEach(() => emptyStudio(api.db));

const id = sql.type(z.object({ id: z.int() }));
const report = async (name: string, query: string) => (await api.get(`/api/reports/${name}?${query}`)).body as Json;
const today = dayOf(new Date(), ZONE);
/** All that is earned by the end of a day, and what is sold and not earned yet. */
async function earned(day = today) {
  const days = await readMoneyDays(api.db, { before: BEFORE_ALL, last: day, zone: ZONE });
  const sum = (value: (row: (typeof days)[number]) => number) => days.reduce((all, row) => all + value(row), 0);
  return {
    earned_minor: sum((row) => KINDS.reduce((all, kind) => all + row[`earned_${kind}_minor`], 0)),
    deferred_minor: sum((row) => row.deferred_minor),
  };
}
const KINDS = ['training', 'subscription', 'booking', 'package', 'other'] as const;

test('a server in New York: a training at 23:30 in Moscow that was marked at 00:10 is on its day in all reports', () =>
  onServerIn('America/New_York', async () => {
    const [student, room, trainer] = [await make.student(), await make.room(), await make.trainer()];
    const training = await make.held('2026-03-31T20:30:00Z', [[student, 'PRESENT']], { room, trainer });
    await api.db.query(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no, created_at)
      select ${student}, ${student}, 'TRAINING', 700, id, 0, '2026-03-31T20:00:00Z' from real_training_students where real_training_id = ${training}`);
    const rows = async (name: string, month: string, days: number) =>
      (await report(name, `from=${month}-01&to=${month}-${days}&by=day`)).rows.slice(month.endsWith('3') ? -1 : 0);
    const last = { period: '2026-03-31' };
    expect(await rows('attendance', '2026-03', 31)).toMatchObject([{ ...last, present: 1, trainings_held: 1 }]);
    expect(await rows('students', '2026-03', 31)).toMatchObject([{ ...last, active: 1, active_at_start: 0 }]);
    expect(await rows('trainers', '2026-03', 31)).toMatchObject([{ ...last, trainer_id: trainer, heads: 1, minutes: 90 }]);
    expect(await rows('load', '2026-03', 31)).toMatchObject([{ ...last, room_id: room, used_minutes: 90 }]);
    expect(await rows('revenue', '2026-03', 31)).toMatchObject([{ ...last, recognised_training_minor: 700, owed_minor: 700 }]);
    const later = async (name: string, figure: string) =>
      (await rows(name, '2026-04', 30)).reduce((sum: number, row: Json) => sum + row[figure], 0);
    expect([await later('attendance', 'present'), await later('revenue', 'recognised_minor')]).toEqual([0, 0]);
    expect([await later('trainers', 'heads'), await later('load', 'used_minutes')]).toEqual([0, 0]);
  }));

test('a training at 23:30 in Moscow that was marked at 00:10 is on its day', async () => {
  const student = await make.student();
  await make.held('2026-03-31T20:30:00Z', [
    [student, 'PRESENT'],
    [await make.student(), 'ABSENT'],
  ]);
  const march = await report('attendance', 'from=2026-03-01&to=2026-03-31');
  expect(march.rows).toMatchObject([{ period: '2026-03-01', present: 1, absent: 1, rate: 0.5, trainings_held: 1 }]);
  expect((await report('attendance', 'from=2026-04-01&to=2026-04-30')).total).toMatchObject({
    present: 0,
    absent: 0,
    rate: null,
  });
  expect((await report('trainers', 'from=2026-03-31&to=2026-03-31')).rows).toMatchObject([
    { trainings: 1, heads: 1, minutes: 90, hours: 1.5 },
  ]);
});

test('an absence that was marked by hand is one; an excused one is none', async () => {
  const [one, other, third] = [await make.student(), await make.student(), await make.student()];
  const training = await make.held('2026-03-10T15:00:00Z', [
    [one, 'ABSENT'],
    [other, 'PRESENT'],
    [third, 'ABSENT'],
  ]);
  await api.db.query(sql.unsafe`update real_training_students set marked_by = 'person' where real_training_id = ${training}`);
  await api.db.query(sql.unsafe`update real_training_students set excused_at = now() where student_id = ${third}`);
  expect((await report('attendance', 'from=2026-03-01&to=2026-03-31')).total).toMatchObject({ present: 1, absent: 1, rate: 0.5 });
});

test('paid 5,000 in March and refunded in April: March stays, April has the refund', async () => {
  const payer = await make.student();
  const paid = await api.db.oneFirst(id`
    insert into payments (payer_id, amount_minor, created_at) values (${payer}, 5000, '2026-03-31T20:59:59Z') returning id`);
  await api.db.query(sql.unsafe`
    insert into payment_refunds (payment_id, payer_id, amount_minor, method, reason, created_by, created_at)
    values (${paid}, ${payer}, 5000, 'card', 'x', 'test', '2026-03-31T21:00:00Z')`);
  const { rows, total } = await report('revenue', 'from=2026-03-01&to=2026-04-30');
  expect(rows).toMatchObject([
    { period: '2026-03-01', gross_minor: 5_000, refunded_minor: 0, net_minor: 5_000, net_cash_minor: 5_000 },
    { period: '2026-04-01', gross_minor: 0, refunded_minor: 5_000, net_minor: -5_000, net_card_minor: -5_000 },
  ]);
  expect(total).toMatchObject({ gross_minor: 5_000, refunded_minor: 5_000, net_minor: 0 });
});

describe('10,000 for 8 sessions', () => {
  /** A subscription sold and paid today, of which so many were taken in trainings that were held. */
  async function sold(taken: number) {
    const student = await make.student();
    const kind = await api.db.oneFirst(id`
      insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Восемь', 10000, 8, 30) returning id`);
    await api.post(`/api/people/${student}/payments`, { amount_minor: 10_000 });
    const bought = await api.post(`/api/students/${student}/subscriptions`, { subscription_id: kind });
    for (let n = 1; n <= taken; n += 1) {
      const training = await make.held(`${addDays(today, -1)}T${String(2 * n + 4).padStart(2, '0')}:00:00+03:00`, []);
      const seat = await api.db.oneFirst(id`
        insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, 'PRESENT') returning id`);
      const entry = await api.db.oneFirst(id`
        insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason)
        values (${bought.body.id}, ${seat}, 0, -1, 'training') returning id`);
      await api.db.query(
        sql.unsafe`update real_training_students set session_entry_id = ${entry}, charged_at = now() where id = ${seat}`,
      );
    }
    return Number(bought.body.id);
  }

  test.each([
    [0, 0],
    [1, 1_250],
    [3, 3_750],
    [8, 10_000],
  ])('%i taken: %i recognised', async (taken, minor) => {
    await sold(taken);
    expect(await earned()).toMatchObject({ earned_minor: minor, deferred_minor: 10_000 - minor });
    expect(await earned(addDays(today, -1))).toMatchObject({ earned_minor: 0, deferred_minor: 0 });
  });

  test('3 taken, called off, 6,250 returned: 3,750 recognised and no more later', async () => {
    const held = await sold(3);
    const back = await api.post(`/api/student-subscriptions/${held}/cancel`, { reason: 'переезд', refund_minor: 6_250 });
    expect(back.status).toBe(200);
    for (const day of [today, addDays(today, 400)])
      expect(await earned(day)).toMatchObject({ earned_minor: 3_750, deferred_minor: 0 });
    const { total } = await report('revenue', `from=${today}&to=${today}`);
    expect(total).toMatchObject({ recognised_subscription_minor: 3_750, wallets_minor: 6_250, deferred_minor: 0, owed_minor: 0 });
  });

  test('the part that is kept is earned when it is called off', async () => {
    const held = await sold(3);
    await api.post(`/api/student-subscriptions/${held}/cancel`, { reason: 'переезд', refund_minor: 1_000 });
    expect(await earned()).toMatchObject({ earned_minor: 9_000, deferred_minor: 0 });
  });

  test('sessions that are carried on take their shares with them; the rest is earned when it expires', async () => {
    const old = await sold(3);
    const heir = await api.db.oneFirst(id`
      insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, renewed_from_id)
      select student_id, subscription_id, end_date + 1, end_date + 30, 8, id from student_subscriptions where id = ${old} returning id`);
    await api.db.query(sql.unsafe`
      insert into session_entries (student_subscription_id, delta, reason) values (${old}, -3, 'carried_out'), (${heir}, 3, 'carried_in')`);
    expect(await earned()).toMatchObject({ earned_minor: 3_750, deferred_minor: 6_250 });
    await api.db.query(
      sql.unsafe`insert into session_entries (student_subscription_id, delta, reason) values (${old}, -2, 'expired')`,
    );
    expect(await earned()).toMatchObject({ earned_minor: 6_250, deferred_minor: 3_750 });
  });
});

test('an unlimited one is earned by the day, without frozen days', async () => {
  const student = await make.student();
  const kind = await api.db.oneFirst(id`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Безлимит', 30000, null, 30) returning id`);
  const bought = await api.post(`/api/students/${student}/subscriptions`, { subscription_id: kind });
  await api.post(`/api/student-subscriptions/${bought.body.id}/freeze`, { from: addDays(today, 10), to: addDays(today, 14) });
  const days = [0, 9, 10, 14, 15, 34, 60].map((n) => addDays(today, n));
  expect(await Promise.all(days.map(async (day) => (await earned(day)).earned_minor))).toEqual([
    1_000, 10_000, 10_000, 10_000, 11_000, 30_000, 30_000,
  ]);
});

test('an owed amount is earned, too; a waived invoice is taken off on its own day', async () => {
  const student = await make.student();
  const training = await make.held(`${addDays(today, -40)}T15:00:00Z`, [[student, 'PRESENT']]);
  const bill = await api.db.oneFirst(id`
    insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no, created_at)
    select ${student}, ${student}, 'TRAINING', 700, id, 0, ${addDays(today, -41)}::timestamptz from real_training_students
    where real_training_id = ${training} returning id`);
  await api.post(`/api/invoices/${bill}/cancel`, { reason: 'подарок' });
  const span = `from=${addDays(today, -45)}&to=${today}&by=day`;
  const { rows, explained } = await report('revenue', `${span}&explain=true&figure=recognised_training_minor`);
  const moved = rows.filter((row: Json) => row.recognised_training_minor !== 0);
  expect(moved).toMatchObject([
    { period: addDays(today, -40), recognised_training_minor: 700, owed_minor: 700 },
    { period: today, recognised_training_minor: -700, owed_minor: 0 },
  ]);
  expect(explained).toEqual([]);
});

test('a substitute has it under their trainings and hours, not the one whose training it is', async () => {
  const [regular, substitute] = [await make.trainer(), await make.trainer()];
  await make.held('2026-03-10T15:00:00Z', [], { trainer: substitute, regular });
  expect((await report('trainers', 'from=2026-03-01&to=2026-03-31')).rows).toMatchObject([
    { trainer_id: substitute, trainings: 1, substituted: 1, hours: 1.5 },
  ]);
});

test('a room is used so much of the hours it is open; a day off has none', async () => {
  const room = await make.room();
  const location = Number(await api.db.oneFirst(sql.unsafe`select location_id from rooms where id = ${room}`));
  const hours = { '0': [['10:00', '13:00']], '1': [['10:00', '12:00']] };
  await api.db.query(sql.unsafe`update locations set work_schedule = ${sql.jsonb(hours as never)} where id = ${location}`);
  await make.held('2026-03-09T08:00:00Z', [], { room });
  const load = async () => (await report('load', 'from=2026-03-09&to=2026-03-15&by=week')).rows;
  expect(await load()).toMatchObject([{ room_id: room, used_minutes: 90, open_minutes: 300, load: 0.3 }]);
  await api.post('/api/calendar-days', { date: '2026-03-10', kind: 'off', name: 'Праздник' });
  expect(await load()).toMatchObject([{ open_minutes: 180, load: 0.5 }]);
});

test('debtors by how late they are', async () => {
  const payer = await make.student();
  const bill = (late: number) =>
    api.db.query(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, due_date)
      values (${payer}, ${payer}, 'SUBSCRIPTION', ${10 ** (String(late).length - 1) * (late + 1)}, ${addDays(today, -late)}::date)`);
  for (const late of [0, 1, 7, 8, 30, 31]) await bill(late);
  const { rows, explained } = await report('debtors', 'explain=true&figure=owed_minor');
  expect(rows).toMatchObject([
    { payer_id: payer, invoices: 5, days_1_7_minor: 2 + 8, days_8_30_minor: 9 + 310, days_over_30_minor: 320, oldest_days: 31 },
  ]);
  expect(explained.reduce((sum: number, row: Json) => sum + row.value, 0)).toBe(rows[0].owed_minor);
});

test('renewals of the next 30 days, what is no longer sold apart', async () => {
  const ends = async (days: number, more = {}) =>
    make.subscription({
      student: await make.student(),
      from: addDays(today, -10),
      to: addDays(today, days),
      autoRenew: true,
      ...more,
    });
  await ends(0);
  await ends(30);
  await ends(31);
  await ends(5, { autoRenew: false });
  const gone = await ends(7);
  await api.db.query(sql.unsafe`
    update subscriptions set is_active = false where id = (select subscription_id from student_subscriptions where id = ${gone})`);
  const { rows, total } = await report('renewals', '');
  expect(rows).toHaveLength(3);
  expect(total).toMatchObject({ expected_minor: 800_000, no_longer_sold_minor: 400_000 });
});

test('students: new, active, frozen and gone, a returned one is not new', async () => {
  const [stays, leaves, freezes, returns] = [
    await make.student(),
    await make.student(),
    await make.student(),
    await make.student(),
  ];
  await api.db.query(sql.unsafe`update students set registration_date = '2025-06-01'`);
  await make.subscription({ student: stays, from: '2026-01-01', to: '2026-04-30' });
  await make.subscription({ student: leaves, from: '2026-01-01', to: '2026-03-30' });
  await make.subscription({ student: freezes, from: '2026-01-01', to: '2026-04-30', frozen: ['2026-03-20', '2026-04-10'] });
  await make.subscription({ student: returns, from: '2026-03-15', to: '2026-04-30' });
  expect((await report('students', 'from=2026-03-01&to=2026-03-31')).rows).toMatchObject([
    { new: 0, active_at_start: 3, active: 2, frozen: 1, churned: 1, churn: 0.3333 },
  ]);
  const { rows } = await report('retention', 'from=2025-06-01&to=2025-06-30');
  expect(rows).toMatchObject([
    { period: '2025-06-01', students: 4, month_1: 0, month_8: 0.75, month_9: 0.5, month_10: 0.75, month_11: 0 },
  ]);
});

describe('a table to keep', () => {
  test('as CSV with a mark for Excel, and as a sheet', async () => {
    await make.held('2026-03-10T15:00:00Z', [[await make.student(), 'PRESENT']]);
    const csv = await api.get('/api/reports/attendance?from=2026-03-01&to=2026-03-31&format=csv');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="attendance-2026-03-01-2026-03-31.csv"');
    const bytes = new Uint8Array(
      await (
        await fetch(`${api.url}/api/reports/attendance?from=2026-03-01&to=2026-03-31&format=csv`, {
          headers: { 'X-API-Key': api.all },
        })
      ).arrayBuffer(),
    );
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(csv.text.replace('\ufeff', '').split('\r\n')).toEqual([
      'period,trainings_held,trainings_cancelled,present,absent,rate,average',
      '2026-03-01,1,0,1,0,1,1',
      '',
    ]);
    const sheet = await api.get('/api/reports/attendance?from=2026-03-01&to=2026-03-31&format=xlsx');
    expect([sheet.status, sheet.text.slice(0, 2)]).toEqual([200, 'PK']);
  });

  test('each report is a sheet of its own figures', async () => {
    const [student, trainer, room] = [await make.student(), await make.trainer(), await make.room()];
    await make.held(`${addDays(today, -1)}T09:00:00Z`, [[student, 'PRESENT']], { trainer, room });
    await api.db.query(sql.unsafe`update students set registration_date = ${addDays(today, -60)}::date`);
    await make.subscription({ student, from: addDays(today, -10), to: addDays(today, 5), autoRenew: true });
    await api.db.query(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, due_date) values (${student}, ${student}, 'SUBSCRIPTION', 700, ${addDays(today, -3)}::date)`);
    for (const name of Object.keys(reports)) {
      const path = `/api/reports/${name}?from=${addDays(today, -61)}&to=${today}`;
      const { rows } = (await api.get(path)).body as Json;
      const cells = rows.map((row: Json) => Object.values(row).map((value) => (value === null ? '' : String(value))));
      expect({ name, rows: rows.length > 0 }).toEqual({ name, rows: true });
      for (const format of ['csv', 'xlsx']) {
        const file = await fetch(`${api.url}${path}&format=${format}`, { headers: { 'X-API-Key': api.all } });
        const table = readTable(new Uint8Array(await file.arrayBuffer()));
        const sheet = table.rows.filter((row) => row.some((cell) => cell !== ''));
        const width = Object.keys(rows[0]).length;
        const even = sheet.map((row) => Array.from({ length: width }, (_, n) => row[n] ?? ''));
        expect({ name, format, sheet: even }).toEqual({ name, format, sheet: [Object.keys(rows[0]), ...cells] });
      }
    }
  });

  test.each([
    ['=HYPERLINK("x")', '\'=HYPERLINK("x")'],
    ['+1+1', "'+1+1"],
    ['-2', "'-2"],
    ['@sum', "'@sum"],
    ['\tx', "'\tx"],
    ['\rx', "'\rx"],
    ['\r=1+1', "'\r=1+1"],
    ['+79161234567', '+79161234567'],
    ['Анна', 'Анна'],
  ])('%j is written as %j', (words, expected) => {
    expect(harmless(words)).toBe(expected);
  });
});

test.each([
  ['from=2026-03-02&to=2026-03-01', 'to'],
  ['from=2010-01-01&to=2026-01-01', 'to'],
  ['from=2024-01-01&to=2026-01-01&by=day', 'by'],
])('%s is refused', async (query, path) => {
  expect(await api.get(`/api/reports/revenue?${query}`)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
});
