import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { addDays, type Day, dayOf, daysBetween } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { seeded } from '../../sql/demo/random.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { endFreeze } from '../../sql/subscriptions/freeze.ts';
import { clearFreezes } from '../../sql/subscriptions/unfreeze.ts';
import { stats } from '../../workers/cleanup/handlers.ts';
import { club } from '../subscriptions/studio.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { Killed, type NightOptions, night } from '../support/night.ts';

const BERLIN = 'Europe/Berlin';
const TODAY = dayOf(new Date(), BERLIN);
const ago = (days: number) => addDays(TODAY, -days);

let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
beforeEach(async () => {
  await emptyStudio(db);
  await emptyTables(db, 'daily_figures', 'daily_figures_due');
});
afterAll(() => database.close());

const write = async (date = TODAY, options: NightOptions = {}) =>
  (await night(db, stats, 'stats', date, { settings: { STUDIO_TZ: BERLIN }, ...options })).result;

const figures = z.object({
  day: z.string(),
  active_students: z.int(),
  trainings_held: z.int(),
  trainings_cancelled: z.int(),
  present: z.int(),
  absent: z.int(),
  received_minor: z.int(),
  payments_cancelled_minor: z.int(),
  invoiced_minor: z.int(),
  invoices_cancelled_minor: z.int(),
  new_registrations: z.int(),
});
type Figures = z.output<typeof figures>;
const known = () =>
  db.any(sql.type(figures)`
    select day, active_students, trainings_held, trainings_cancelled, present, absent, received_minor::int, payments_cancelled_minor::int,
      invoiced_minor::int, invoices_cancelled_minor::int, new_registrations
    from daily_figures order by day`);
const on = async (day: Day) => (await known()).find((row) => row.day === day);
const rate = (day: Day) => db.maybeOneFirst(sql.unsafe`select attendance_rate::text from daily_figures where day = ${day}::date`);

/** A training that was held, and who came: true for PRESENT. */
async function held(day: Day, seats: [student: number, came: boolean][], status = 'completed', hour = 12) {
  const training = await make.training({ startsAt: `${day}T${String(hour).padStart(2, '0')}:00:00Z` });
  for (const [student, came] of seats) await make.register(training, student, came ? 'PRESENT' : 'ABSENT');
  await setTraining(training, status);
  return training;
}
const setTraining = (training: number, status: string) =>
  db.query(sql.unsafe`
    update real_trainings set status = ${status}, cancelled_at = ${status === 'cancelled' ? new Date().toISOString() : null}::timestamptz
    where id = ${training}`);
const mark = (training: number, student: number, status: string) =>
  db.query(sql.unsafe`
    update real_training_students set status = ${status}, attendance_marked_at = now()
    where real_training_id = ${training} and student_id = ${student}`);
const pay = (payer: number, amount: number, at: string, cancelledAt: string | null = null) =>
  db.query(sql.unsafe`
    insert into payments (payer_id, amount_minor, created_at, cancelled_at)
    values (${payer}, ${amount}, ${at}::timestamptz, ${cancelledAt}::timestamptz)`);
const bill = (student: number, amount: number, at: string, cancelledAt: string | null = null) =>
  db.query(sql.unsafe`
    insert into invoices (payer_id, student_id, type, amount_minor, status, created_at, cancelled_at)
    values (${student}, ${student}, 'SUBSCRIPTION', ${amount}, ${cancelledAt ? 'CANCELLED' : 'UNPAID'}, ${at}::timestamptz,
      ${cancelledAt}::timestamptz)`);
const newcomer = async (day: Day) => {
  const student = await make.student();
  await db.query(sql.unsafe`update students set registration_date = ${day}::date where id = ${student}`);
  return student;
};

const holding = z.object({
  id: z.int(),
  student_id: z.int(),
  start_date: z.string(),
  end_date: z.string(),
  cancelled_on: z.string().nullable(),
});
const seat = z.object({ student_id: z.int(), status: z.string(), training_date: z.string(), training: z.string() });
const money = z.object({ amount_minor: z.int(), created_at: z.string(), cancelled_at: z.string().nullable() });

/** The same figures, read off the rows one by one. `frozen`: what the test knows of freezes, whether or not they are over. */
async function plainly(day: Day, frozen: Map<number, [Day, Day][]>): Promise<Figures> {
  const subscriptions = await db.any(sql.type(holding)`
    select id, student_id, start_date, end_date, cancelled_on from student_subscriptions`);
  const seats = await db.any(sql.type(seat)`
    select student_id, seat.status, training_date, training.status as training
    from real_training_students seat join real_trainings training on training.id = real_training_id`);
  const trainings = await db.any(sql.type(z.object({ status: z.string(), training_date: z.string() }))`
    select status, training_date from real_trainings`);
  const payments = await db.any(sql.type(money)`select amount_minor::int, created_at, cancelled_at from payments`);
  const invoices = await db.any(sql.type(money)`select amount_minor::int, created_at, cancelled_at from invoices`);
  const students = await db.any(sql.type(z.object({ registration_date: z.string() }))`select registration_date from students`);
  const active = new Set<number>();
  for (const { id, student_id, start_date, end_date, cancelled_on } of subscriptions) {
    const isFrozen = (frozen.get(id) ?? []).some(([from, to]) => from <= day && day <= to);
    if (start_date <= day && day <= end_date && (cancelled_on === null || day < cancelled_on) && !isFrozen)
      active.add(student_id);
  }
  const counted = seats.filter(({ training }) => training !== 'cancelled');
  for (const { student_id, status, training_date } of counted) {
    const since = daysBetween(training_date, day);
    if (status === 'PRESENT' && since >= 0 && since <= 30) active.add(student_id);
  }
  const dayIs = (instant: string | null) => instant !== null && dayOf(new Date(instant), BERLIN) === day;
  const sum = (rows: readonly z.output<typeof money>[], column: 'created_at' | 'cancelled_at') =>
    rows.filter((row) => dayIs(row[column])).reduce((total, { amount_minor }) => total + amount_minor, 0);
  const marked = (status: string) => counted.filter((seat) => seat.training_date === day && seat.status === status).length;
  const given = (status: string) =>
    trainings.filter((training) => training.training_date === day && training.status === status).length;
  return {
    day,
    active_students: active.size,
    trainings_held: given('completed'),
    trainings_cancelled: given('cancelled'),
    present: marked('PRESENT'),
    absent: marked('ABSENT'),
    received_minor: sum(payments, 'created_at'),
    payments_cancelled_minor: sum(payments, 'cancelled_at'),
    invoiced_minor: sum(invoices, 'created_at'),
    invoices_cancelled_minor: sum(invoices, 'cancelled_at'),
    new_registrations: students.filter(({ registration_date }) => registration_date === day).length,
  };
}

test.each([1, 2, 3])('the figures of a studio are those that a plain count finds (studio %i)', async (seed) => {
  const draw = seeded(seed);
  const frozen = new Map<number, [Day, Day][]>();
  const students = await Promise.all(Array.from({ length: 8 }, () => newcomer(ago(draw.int(1, 100)))));
  const some = () => students.filter(() => draw.chance(0.5));
  const at = (day: Day) => `${day}T${String(draw.int(0, 23)).padStart(2, '0')}:30:00Z`;
  const instants = () => {
    const day = draw.int(1, 100);
    return [at(ago(day)), draw.chance(0.3) ? at(ago(draw.int(0, day - 1))) : null] as const;
  };
  for (let n = 0; n < 23; n += 1) {
    const seats = some().map((student): [number, boolean] => [student, draw.chance(0.7)]);
    await held(ago(draw.int(1, 100)), seats, draw.pick(['completed', 'completed', 'cancelled', 'scheduled']), n);
  }
  for (let n = 0; n < 10; n += 1) await pay(draw.pick(students), draw.int(1, 9) * 1_000, ...instants());
  for (let n = 0; n < 10; n += 1) await bill(draw.pick(students), draw.int(1, 9) * 1_000, ...instants());
  const item = await make.item();
  for (const student of some()) {
    const start = draw.int(10, 100);
    const [from, to] = [ago(start), ago(start - draw.int(1, 60))];
    const freeze: [Day, Day] = [ago(start - 3), ago(start - 3 - draw.int(0, 9))];
    const isFrozen = draw.chance(0.5);
    const id = await make.held({ student, item, from, to, ...(isFrozen ? { freeze } : {}) });
    if (isFrozen) frozen.set(id, [freeze]);
    else if (draw.chance(0.5))
      await db.query(sql.unsafe`
        update student_subscriptions set status = 'cancelled', cancelled_at = now(), cancelled_on = ${ago(start - draw.int(0, 9))}::date
        where id = ${id}`);
  }
  await clearFreezes(db, [...frozen.keys()], TODAY);
  await write();
  const rows = await known();
  expect(rows.at(-1)?.day).toBe(ago(1));
  expect(rows.length).toBeGreaterThanOrEqual(35);
  for (const row of rows) expect(row).toEqual(await plainly(row.day, frozen));
  const covered = rows.reduce((sum, row) => sum + row.trainings_held, 0);
  expect(covered).toBe((await db.any(sql.unsafe`select from real_trainings where status = 'completed'`)).length);
});

test('run twice it writes nothing more', async () => {
  await held(ago(60), [[await make.student(), true]]);
  expect(await write()).toEqual({ days_calculated: expect.any(Number), days_written: expect.any(Number) });
  const rows = await db.any(sql.unsafe`select * from daily_figures order by day`);
  expect(await write()).toEqual({ days_calculated: 35, days_written: 0 });
  expect(await db.any(sql.unsafe`select * from daily_figures order by day`)).toEqual(rows);
  const { run } = await requestRun(db, { process_type: 'stats', run_key: `stats:${TODAY}`, process_date: TODAY, params: {} });
  expect(run).toMatchObject({ status: 'success', attempt: 2, details: { days_written: 0 } });
});

test('a day of 60 days ago that changes is written again by the next run, and no other', async () => {
  const [came, missed] = [await newcomer(ago(99)), await newcomer(ago(99))];
  const training = await held(ago(60), [
    [came, true],
    [missed, false],
  ]);
  await write();
  expect(await on(ago(60))).toMatchObject({ present: 1, absent: 1, active_students: 1 });
  expect(await rate(ago(60))).toBe('0.5000');
  await mark(training, missed, 'PRESENT');
  // Being PRESENT made the student active on these days; of them only those before the last 35 had to be noted.
  expect(await write()).toEqual({ days_calculated: 35 + 25, days_written: 31 });
  expect(await on(ago(60))).toMatchObject({ present: 2, absent: 0, active_students: 2 });
  expect(await rate(ago(60))).toBe('1.0000');
  expect(await on(ago(61))).toMatchObject({ active_students: 0 });
  expect(await on(ago(30))).toMatchObject({ active_students: 2 });
  expect(await on(ago(29))).toMatchObject({ active_students: 0 });
  expect(await write()).toEqual({ days_calculated: 35, days_written: 0 });
});

test.each<[string, (training: number, student: number) => Promise<unknown>, Partial<Figures>]>([
  [
    'a training that is cancelled',
    (training) => setTraining(training, 'cancelled'),
    { trainings_held: 0, trainings_cancelled: 1, present: 0 },
  ],
  [
    'a student who is added',
    async (training) => make.register(training, await make.student(), 'ABSENT'),
    { present: 1, absent: 1 },
  ],
  ['a student whose registration is dated back', async () => newcomer(ago(60)), { new_registrations: 1 }],
  ['a payment that is brought in', (_, student) => pay(student, 5_000, `${ago(60)}T12:00:00Z`), { received_minor: 5_000 }],
  [
    'a payment of today that is counted then',
    (_, student) =>
      db.query(
        sql.unsafe`insert into payments (payer_id, amount_minor, payment_date) values (${student}, 5000, ${ago(60)}::date)`,
      ),
    { received_minor: 5_000 },
  ],
  [
    'an absence that is excused',
    async (training) => {
      await make.register(training, await make.student(), 'ABSENT');
      await write();
      return db.query(sql.unsafe`update real_training_students set excused_at = now() where status = 'ABSENT'`);
    },
    { present: 1, absent: 0 },
  ],
  ['an invoice that is brought in', (_, student) => bill(student, 7_000, `${ago(60)}T12:00:00Z`), { invoiced_minor: 7_000 }],
  [
    'a subscription that is sold for the past',
    async () => make.held({ student: await make.student(), item: await make.item(), from: ago(60), to: ago(60) }),
    { active_students: 2 },
  ],
])('%s changes the day of 60 days ago', async (_, change, expected) => {
  const student = await newcomer(ago(99));
  const training = await held(ago(60), [[student, true]]);
  await write();
  expect(await on(ago(60))).toMatchObject({ present: 1, active_students: 1 });
  await change(training, student);
  await write();
  expect(await on(ago(60))).toMatchObject(expected);
});

test('money that is taken back counts on the day it is, and leaves the day it came', async () => {
  const student = await make.student();
  await pay(student, 5_000, `${ago(60)}T12:00:00Z`);
  await write();
  await db.query(sql.unsafe`update payments set cancelled_at = ${`${ago(1)}T12:00:00Z`}::timestamptz`);
  await write();
  expect(await on(ago(60))).toMatchObject({ received_minor: 5_000, payments_cancelled_minor: 0 });
  expect(await on(ago(1))).toMatchObject({ received_minor: 0, payments_cancelled_minor: 5_000 });
});

test.each([
  ['31 days after', 31, 0],
  ['30 days after', 30, 1],
  ['on the day', 0, 1],
  ['the day before', -1, 0],
])('a student who was PRESENT is active %s (R23)', async (_, days, active) => {
  await held(ago(33), [[await make.student(), true]]);
  await write();
  expect(await on(addDays(ago(33), days))).toMatchObject({ active_students: active });
});

test.each([
  ['before its first day', 21, 0],
  ['on its first day', 20, 1],
  ['on the last day before the freeze', 16, 1],
  ['on the first frozen day', 15, 0],
  ['on the last frozen day', 11, 0],
  ['after the freeze', 10, 1],
  ['on its last day', 5, 1],
  ['after it', 4, 0],
])('%s a subscription makes its student active (R23), whatever became of the freeze', async (_, days, active) => {
  const held = { student: await make.student(), item: await make.item(), from: ago(20), to: ago(5) };
  const id = await make.held({ ...held, freeze: [ago(15), ago(11)], status: 'frozen' });
  await clearFreezes(db, [id], ago(10));
  await write();
  expect(await on(ago(days))).toMatchObject({ active_students: active });
});

test('a freeze that is ended early was one until the day before', async () => {
  const freeze: [Day, Day] = [ago(15), ago(6)];
  const id = await make.held({
    student: await make.student(),
    item: await make.item(),
    from: ago(20),
    to: addDays(TODAY, 9),
    freeze,
  });
  expect(await endFreeze(db, id, ago(12))).toBe(7);
  await write();
  expect((await known()).filter(({ active_students }) => active_students === 1).map(({ day }) => day)).toEqual(
    [...Array(5).keys()].map((n) => ago(20 - n)).concat([...Array(12).keys()].map((n) => ago(12 - n))),
  );
});

test.each([
  ['the day on which clocks go forward', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
  ['the day on which clocks go back', '2025-10-26', '2025-10-25T22:00:00Z', '2025-10-26T23:00:00Z'],
  ['a day in summer', '2025-07-05', '2025-07-04T22:00:00Z', '2025-07-05T22:00:00Z'],
])('%s begins and ends at midnight in Berlin', async (_, day, start, end) => {
  const student = await make.student();
  const before = (instant: string) => new Date(Date.parse(instant) - 1).toISOString();
  for (const [amount, instant] of [
    [1, before(start)],
    [10, start],
    [100, before(end)],
    [1_000, end],
  ] as const) {
    await pay(student, amount, instant);
    await bill(student, amount, instant, instant);
  }
  await write(addDays(day, 2));
  for (const [n, minor] of [1, 110, 1_000].entries())
    expect(await on(addDays(day, n - 1))).toMatchObject({
      received_minor: minor,
      invoiced_minor: minor,
      invoices_cancelled_minor: minor,
    });
});

test('it begins 35 days before the end of the last run, however long that has been', async () => {
  const student = await newcomer(ago(99));
  await write(ago(50));
  const training = await held(ago(80), [[student, false]]);
  expect(await write()).toMatchObject({ days_calculated: 35 + 50 });
  await setTraining(training, 'cancelled');
  await write();
  expect(await on(ago(80))).toMatchObject({ trainings_cancelled: 1, absent: 0 });
});

test('a change that commits after the run is written by the next one, although it was made before', async () => {
  const student = await newcomer(ago(99));
  const training = await held(ago(60), [[student, true]]);
  await write();
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  await other.query('begin');
  await other.query(
    `update real_training_students set status = 'ABSENT', attendance_marked_at = now() where real_training_id = $1`,
    [training],
  );
  expect(await write()).toMatchObject({ days_written: 0 });
  await other.query('commit');
  await other.end();
  await write();
  expect(await on(ago(60))).toMatchObject({ present: 0, absent: 1 });
});

test('stopped in the middle it goes on', async () => {
  await held(ago(200), [[await newcomer(ago(200)), true]]);
  const stop = () => {
    throw new Killed();
  };
  await expect(write(TODAY, { onChunk: stop })).rejects.toThrow(Killed);
  expect(await known()).toHaveLength(50);
  expect(await write()).toEqual({ days_calculated: 200, days_written: 200 });
  expect(await known()).toHaveLength(200);
});
