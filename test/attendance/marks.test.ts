import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { marksOf } from '../../sql/attendance/marks.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { missedClasses } from '../../sql/reminders/holdings.ts';
import { checkIn, makeCheckInCode } from '../../workers/attendance/check-in.ts';
import { type GivenMark, type Marker, markByHand } from '../../workers/attendance/mark.ts';
import { markPresent } from '../../workers/attendance/mark-present.ts';
import { night as charge, pay } from '../finance/acts.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';
import { studio } from '../support/studio.ts';

/** A day years ahead: nothing here depends on today. */
const D = '2031-05-14';
const START = Date.parse(`${D}T17:00:00Z`);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = studio(db);
});
afterEach(() => emptyStudio(db));
afterAll(() => database.close());

const id = sql.type(z.object({ id: z.int() }));
/** A training of the day with so many students registered. */
async function training(students = 1, start = START, who: number[] = []) {
  const trainer = await make.trainer();
  const at = new Date(start).toISOString();
  const made = await db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    values (${await make.type()}, ${trainer}, (${at}::timestamptz at time zone 'Europe/Moscow')::date, '20:00', ${at}::timestamptz,
      ${at}::timestamptz + interval '1 hour', 10, 50000) returning id`);
  const seated = [...who];
  while (seated.length < students) seated.push(await make.student());
  for (const student of seated)
    await db.query(sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${made}, ${student})`);
  return { id: made, trainer, students: seated as [number, ...number[]] };
}
const admin = (offset = 10 * MINUTE): Marker => ({
  author: 'person:1',
  kind: 'person',
  trainerId: null,
  now: new Date(START + offset),
  today: D,
});
const mark = (training: number, marks: GivenMark[], by: Marker = admin()) =>
  db.transaction((transaction) => markByHand(transaction, training, marks, by));
const state = z.object({
  status: z.string(),
  marked_by: z.string().nullable(),
  is_excused: z.boolean(),
  is_charged: z.boolean(),
});
const seatOf = (training: number, student: number) =>
  db.one(sql.type(state)`
    select status, marked_by, excused_at is not null as is_excused, charged_at is not null as is_charged
    from real_training_students where real_training_id = ${training} and student_id = ${student}`);
const ABSENT = { status: 'ABSENT', marked_by: 'person' };

describe('marking is open to each role in its own time (R8)', () => {
  const opening = -60 * MINUTE;
  test.each([
    ['an administrator a millisecond before it opens', null, opening - 1, 'marking opens 60 minutes before the start'],
    ['an administrator as it opens', null, opening, null],
    ['an administrator a year after', null, 365 * DAY, null],
    ['its trainer seven days after', 'own', 7 * DAY, null],
    ['its trainer a millisecond later', 'own', 7 * DAY + 1, 'trainers mark up to seven days after the start'],
    ['another trainer', 'other', 0, 'there is no training'],
  ] as const)('%s', async (_who, trainer, offset, refusal) => {
    const one = await training();
    const trainerId = trainer === null ? null : trainer === 'own' ? one.trainer : await make.trainer();
    const marking = mark(one.id, [{ student_id: one.students[0], status: 'PRESENT' }], { ...admin(offset), trainerId });
    if (refusal === null) expect(await marking).toBe(1);
    else await expect(marking).rejects.toThrow(refusal);
  });

  test('nobody marks a cancelled training', async () => {
    const one = await training();
    await db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${one.id}`);
    await expect(mark(one.id, [{ student_id: one.students[0], status: 'PRESENT' }])).rejects.toThrow('the training is cancelled');
  });

  test('one wrong mark, and none is made; each wrong one is named', async () => {
    const one = await training(2);
    const stranger = await make.student();
    const marks: GivenMark[] = [
      { student_id: one.students[0], status: 'PRESENT' },
      { student_id: stranger, status: 'PRESENT' },
      { student_id: one.students[1] as number, status: 'PRESENT', excused: true },
    ];
    await expect(mark(one.id, marks)).rejects.toMatchObject({
      kind: 'invalid',
      fields: { errors: [{ path: 'marks.1.student_id' }, { path: 'marks.2.excused' }] },
    });
    expect(await seatOf(one.id, one.students[0])).toMatchObject({ status: 'REGISTERED', marked_by: null });
  });

  test('a trainer does not excuse', async () => {
    const one = await training();
    const by = { ...admin(), trainerId: one.trainer };
    await expect(mark(one.id, [{ student_id: one.students[0], status: 'ABSENT', excused: true }], by)).rejects.toMatchObject({
      fields: { errors: [{ path: 'marks.0.excused', message: 'only administrators excuse' }] },
    });
  });
});

test('absent by hand at 20:00, the night at 23:00, the list saved again with another change: absent', async () => {
  const one = await training(2);
  const [first, second] = one.students as unknown as [number, number];
  await charge(db, D);
  await mark(one.id, [{ student_id: first, status: 'ABSENT' }]);
  await night(db, markPresent, 'attendance', D);
  expect(await seatOf(one.id, first)).toMatchObject(ABSENT);
  expect(await seatOf(one.id, second)).toMatchObject({ status: 'PRESENT', marked_by: 'automatic' });
  expect(await mark(one.id, [{ student_id: second, status: 'ABSENT' }], admin(DAY))).toBe(1);
  expect(await seatOf(one.id, first)).toMatchObject(ABSENT);
  expect(await auditBooks(db, D)).toEqual([]);
});

test('saving the same list again changes nothing; every change is kept with its author', async () => {
  const one = await training();
  const [student] = one.students;
  expect(await mark(one.id, [{ student_id: student, status: 'PRESENT', notes: 'опоздала' }])).toBe(1);
  expect(await mark(one.id, [{ student_id: student, status: 'PRESENT' }])).toBe(0);
  expect(await mark(one.id, [{ student_id: student, status: 'ABSENT' }], { ...admin(), author: 'person:2' })).toBe(1);
  expect(await marksOf(db, one.id, student)).toMatchObject([
    { was: 'REGISTERED', status: 'PRESENT', author: 'person:1', notes: 'опоздала' },
    { was: 'PRESENT', status: 'ABSENT', author: 'person:2', notes: 'опоздала' },
  ]);
});

describe('money (R8)', () => {
  const balance = (student: number) =>
    db.oneFirst(sql.type(z.object({ balance_minor: z.int() }))`select balance_minor from wallets where user_id = ${student}`);

  test('between present and absent nothing moves; excused, what was charged comes back, once; no more excused, it is charged', async () => {
    const one = await training();
    const [student] = one.students;
    await pay(db, student, 60_000);
    await charge(db, addDays(D, -1));
    expect(await balance(student)).toBe(10_000);
    for (const status of ['PRESENT', 'ABSENT', 'PRESENT', 'ABSENT'] as const)
      await mark(one.id, [{ student_id: student, status }]);
    expect(await balance(student)).toBe(10_000);
    for (let n = 0; n < 2; n += 1) await mark(one.id, [{ student_id: student, status: 'ABSENT', excused: true }]);
    expect(await balance(student)).toBe(60_000);
    expect(await seatOf(one.id, student)).toMatchObject({ ...ABSENT, is_excused: true, is_charged: false });
    await charge(db, D);
    expect(await balance(student)).toBe(60_000);
    // The list is saved again by whoever does not know of it.
    expect(await mark(one.id, [{ student_id: student, status: 'ABSENT' }])).toBe(0);
    await mark(one.id, [{ student_id: student, status: 'PRESENT' }]);
    await charge(db, D);
    expect(await balance(student)).toBe(10_000);
    expect(await auditBooks(db, D)).toEqual([]);
  });

  test('a session comes back to the subscription it came from', async () => {
    const one = await training();
    const [student] = one.students;
    const held = await make.subscription({ student, from: addDays(D, -5), to: addDays(D, 20), left: 3 });
    await db.query(sql.unsafe`
      insert into session_entries (student_subscription_id, delta, reason)
      select ${held}, 3, 'granted' where not exists (select from session_entries where student_subscription_id = ${held})`);
    const left = () =>
      db.oneFirst(
        sql.type(z.object({ sessions_left: z.int() }))`select sessions_left from student_subscriptions where id = ${held}`,
      );
    await charge(db, addDays(D, -1));
    const after = await left();
    await mark(one.id, [{ student_id: student, status: 'ABSENT', excused: true }]);
    expect(await left()).toBe(after + 1);
  });
});

describe('missed classes (R9)', () => {
  const missed = async () =>
    (await missedClasses(db, addDays(D, 10), 2, 30)).map(({ student_id, missed }) => [student_id, missed]);
  async function visits(...statuses: ('PRESENT' | 'ABSENT' | 'excused' | 'cancelled')[]) {
    const student = await make.student();
    for (const [day, status] of statuses.entries()) {
      const one = await training(1, START + day * DAY, [student]);
      if (status === 'cancelled') {
        await mark(one.id, [{ student_id: student, status: 'ABSENT' }], admin(day * DAY));
        await db.query(sql.unsafe`update real_trainings set status = 'cancelled', cancelled_at = now() where id = ${one.id}`);
      } else
        await mark(
          one.id,
          [{ student_id: student, status: status === 'PRESENT' ? 'PRESENT' : 'ABSENT', excused: status === 'excused' }],
          admin(day * DAY),
        );
    }
    return student;
  }
  test.each([
    ['two in a row', ['ABSENT', 'ABSENT'], 2],
    ['the streak ends with present', ['ABSENT', 'ABSENT', 'PRESENT'], null],
    ['and begins anew after it', ['ABSENT', 'PRESENT', 'ABSENT', 'ABSENT'], 2],
    ['excused does not count', ['ABSENT', 'excused'], null],
    ['what the studio cancelled does not count', ['ABSENT', 'cancelled'], null],
  ] as const)('%s', async (_what, statuses, count) => {
    const student = await visits(...statuses);
    expect(await missed()).toEqual(count === null ? [] : [[student, count]]);
  });
});

describe('check-in', () => {
  const desk = (offset = 0) => ({ author: 'person:9', trainerId: null, now: new Date(START + offset), today: D });
  const come = (code: string, offset = 0, trainingId?: number) =>
    db.transaction((transaction) => checkIn(transaction, code, trainingId, desk(offset)));
  const code = (student: number, offset = 0) => makeCheckInCode(db, student, new Date(START + offset));

  test.each(['digits', 'token'] as const)('by the %s: present, once', async (kind) => {
    const one = await training();
    const made = await code(one.students[0]);
    expect(await come(made[kind])).toMatchObject({ student_id: one.students[0], real_training_id: one.id });
    expect(await seatOf(one.id, one.students[0])).toMatchObject({ status: 'PRESENT', marked_by: 'check-in' });
    await expect(come(made[kind])).rejects.toThrow('this code is not valid, or not any more');
  });
  test.each([
    [120_000 - 1, true],
    [120_000, false],
  ])('a code %d ms old is valid: %s', async (age, isValid) => {
    const one = await training();
    const { digits } = await code(one.students[0]);
    if (isValid) expect(await come(digits, age)).toMatchObject({ real_training_id: one.id });
    else await expect(come(digits, age)).rejects.toThrow('not valid');
  });
  test('a new code replaces the one before', async () => {
    const one = await training();
    const before = await code(one.students[0]);
    const now = await code(one.students[0], 1_000);
    await expect(come(before.token)).rejects.toThrow('not valid');
    expect(await come(now.token, 1_000)).toMatchObject({ real_training_id: one.id });
  });
  test('without a place in what is on or begins within the hour there is nothing to check in to, and the code is not used up', async () => {
    const one = await training(1, START + 61 * MINUTE);
    const { digits } = await code(one.students[0]);
    await expect(come(digits)).rejects.toThrow('no place in a training that is on or begins within the hour');
    expect(await come(digits, MINUTE)).toMatchObject({ real_training_id: one.id });
  });
});
