import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readSettings } from '../../queues/process/settings.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { lockPlace } from '../../sql/finance/seats.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { remind } from '../../workers/notifier/reminders/remind.ts';
import { fillFromWaitlist, joinWaitlist, leaveWaitlist } from '../../workers/trainings/waitlist.ts';
import { ask, night } from '../finance/acts.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { eventually } from '../support/eventually.ts';
import { studio } from '../support/studio.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const ZONE = 'Europe/Moscow';
/** Every training here begins then. */
const START = Date.now() + 72 * HOUR;
const before = (ms: number) => new Date(START - ms);

let database: TestDatabase;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  database = await testDatabase({ max: 10 });
  make = studio(database.db);
});
afterAll(() => database.close());
beforeEach(async () => {
  await emptyStudio(database.db);
  await emptyTables(database.db, 'services', 'notifications', 'finance_requests');
});

const id = sql.type(z.object({ id: z.int() }));
async function training({ places = 1, price = 50_000, subscriptionOnly = false } = {}) {
  const type = await make.type({ places, price, subscriptionOnly });
  return database.db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select ${type}, ${await make.trainer()}, local::date, local::time, at, at + interval '1 hour', ${places}, ${price}
    from (select at, at at time zone ${ZONE} as local from (select ${new Date(START).toISOString()}::timestamptz as at) given) start
    returning id`);
}
const register = (trainingId: number, student: number) =>
  database.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${trainingId}, ${student})`,
  );
const wait = (trainingId: number, studentId: number, now = before(70 * HOUR)) =>
  database.db.transaction((transaction) => joinWaitlist(transaction, { trainingId, studentId, now }));
const fill = (trainingId: number, now: Date) =>
  database.db.transaction((transaction) => fillFromWaitlist(transaction, trainingId, now));
const cancel = (trainingId: number, student: number, at: Date) =>
  ask(database.db, 'cancel_participation', { training: trainingId, student, at: at.getTime() });
const setPlaces = (trainingId: number, places: number) =>
  database.db.query(sql.unsafe`update real_trainings set max_participants = ${places} where id = ${trainingId}`);
/** A full training with these waiting, in this order. */
async function fullTraining(waiting: number, of: Parameters<typeof training>[0] = {}) {
  const trainingId = await training(of);
  const holder = await make.student();
  await register(trainingId, holder);
  const students: number[] = [];
  for (let n = 0; n < waiting; n += 1) {
    const student = await make.student();
    await wait(trainingId, student, before(70 * HOUR - n * MINUTE));
    students.push(student);
  }
  return { trainingId, holder, students: students as [number, number, number] };
}
const statuses = async (trainingId: number) => {
  const rows = await database.db.any(sql.type(z.object({ student_id: z.int(), status: z.string() }))`
    select student_id, status from real_training_students where real_training_id = ${trainingId} order by id`);
  return new Map(rows.map(({ student_id, status }) => [student_id, status]));
};
const told = (student: number) =>
  database.db.anyFirst(sql.type(z.object({ template: z.string() }))`
    select template from notifications where user_id = ${student} order by id`);
const charges = () =>
  database.db.any(sql.type(z.object({ student_id: z.int(), amount_minor: z.int() }))`
    select student_id, amount_minor from invoices where status <> 'CANCELLED' order by id`);
/** The night that charges the trainings here. */
const chargeAll = async () => {
  const day = await database.db.oneFirst(sql.type(z.object({ day: z.iso.date() }))`
    select (${new Date(START).toISOString()}::timestamptz at time zone ${ZONE})::date - 1 as day`);
  await night(database.db, day);
};

describe('waiting', () => {
  test('costs nothing, keeps the order of asking, and is told', async () => {
    const { trainingId, students } = await fullTraining(2);
    expect(await wait(trainingId, students[1])).toMatchObject({ place: 2, student_id: students[1] });
    await chargeAll();
    expect((await charges()).map((one) => one.student_id)).not.toContain(students[0]);
    expect(await told(students[0])).toEqual(['waitlisted']);
  });

  test.each([
    ['there is a free place', 2, false, /free places/],
    ['the student is registered', 1, true, /registered already/],
  ])('is refused where %s', async (_, places, isOwn, why) => {
    const { trainingId, holder } = await fullTraining(0, { places });
    await expect(wait(trainingId, isOwn ? holder : await make.student())).rejects.toThrow(why);
  });

  test('is over once one leaves, and begins at the end of the line when one comes back', async () => {
    const { trainingId, holder, students } = await fullTraining(2);
    const leave = () =>
      database.db.transaction((transaction) =>
        leaveWaitlist(transaction, { trainingId, studentId: students[0], now: before(60 * HOUR) }),
      );
    await leave();
    await expect(leave()).rejects.toThrow(/not on the waitlist/);
    expect(await wait(trainingId, students[0], before(59 * HOUR))).toMatchObject({ place: 2 });
    await cancel(trainingId, holder, before(50 * HOUR));
    expect(await statuses(trainingId)).toEqual(
      new Map([
        [holder, 'CANCELLED_SAFE'],
        [students[0], 'WAITLIST'],
        [students[1], 'REGISTERED'],
      ]),
    );
  });

  test('late, a cancellation of it is free all the same', async () => {
    const { trainingId, students } = await fullTraining(1);
    const decision = await cancel(trainingId, students[0], before(HOUR));
    expect(decision).toMatchObject({ answer: { outcome: 'safe', status: 'CANCELLED_SAFE' } });
    expect(await charges()).toEqual([]);
    expect(await told(students[0])).toEqual(['waitlisted', 'waitlist_released']);
  });
});

describe('a seat that becomes free', () => {
  test('goes to the first, who is charged once, at the full price (case 12)', async () => {
    const { trainingId, holder, students } = await fullTraining(2);
    await cancel(trainingId, holder, before(50 * HOUR));
    expect(await charges()).toEqual([]);
    await chargeAll();
    await chargeAll();
    expect(await charges()).toEqual([{ student_id: students[0], amount_minor: 50_000 }]);
    expect((await statuses(trainingId)).get(students[1])).toBe('WAITLIST');
    expect(await told(students[0])).toEqual(['waitlisted', 'waitlist_promoted']);
    expect(await auditBooks(database.db, '2026-01-01')).toEqual([]);
  });

  test('after the training was charged it is charged at once: a session where there is one, else an invoice', async () => {
    const { trainingId, holder, students } = await fullTraining(2);
    await make.subscription({ student: students[1], from: '2020-01-01', to: '2099-01-01', left: 3 });
    await chargeAll();
    await cancel(trainingId, holder, before(13 * HOUR));
    expect(await charges()).toEqual([{ student_id: students[0], amount_minor: 50_000 }]);
    await cancel(trainingId, students[0], before(12.5 * HOUR));
    expect(await charges()).toEqual([]);
    const left = sql.unsafe`select sessions_left from student_subscriptions where student_id = ${students[1]}`;
    expect(await database.db.oneFirst(left)).toBe(2);
  });

  test('passes over who is busy; the next one has it, and who was passed over stays and is told once (case 10)', async () => {
    const { trainingId, holder, students } = await fullTraining(3);
    const elsewhere = await training({ places: 5 });
    await register(elsewhere, students[0]);
    await cancel(trainingId, holder, before(50 * HOUR));
    expect((await statuses(trainingId)).get(students[0])).toBe('WAITLIST');
    expect((await statuses(trainingId)).get(students[1])).toBe('REGISTERED');
    await cancel(trainingId, students[1], before(49 * HOUR));
    expect((await statuses(trainingId)).get(students[2])).toBe('REGISTERED');
    expect(await told(students[0])).toEqual(['waitlisted', 'waitlist_skipped']);
    expect(await told(students[1])).toEqual(['waitlisted', 'waitlist_promoted', 'participation_cancelled']);
  });

  test.each([
    ['inactive', (student: number) => database.db.query(sql.unsafe`update users set is_active = false where id = ${student}`)],
    ['no_subscription', async () => {}],
    [
      'frozen',
      (student: number) =>
        make.subscription({
          student,
          from: '2020-01-01',
          to: '2099-01-01',
          frozen: ['2020-02-01', '2098-01-01'],
          status: 'frozen',
        }),
    ],
  ])('passes over who is %s', async (reason, become) => {
    const { trainingId, holder, students } = await fullTraining(2, { subscriptionOnly: true });
    await become(students[0]);
    await make.subscription({ student: students[1], from: '2020-01-01', to: '2099-01-01', left: 1 });
    await cancel(trainingId, holder, before(50 * HOUR));
    expect([...(await statuses(trainingId)).values()]).toEqual(['CANCELLED_SAFE', 'WAITLIST', 'REGISTERED']);
    const params = sql.unsafe`select params ->> 'reason' as reason from notifications where template = 'waitlist_skipped'`;
    expect(await database.db.oneFirst(params)).toBe(reason);
  });

  test('goes to nobody where the cancellation is late: that seat is not free', async () => {
    const { trainingId, holder, students } = await fullTraining(1);
    await cancel(trainingId, holder, before(11 * HOUR));
    expect((await statuses(trainingId)).get(students[0])).toBe('WAITLIST');
  });

  test.each([
    [120 * MINUTE, 'REGISTERED'],
    [120 * MINUTE - 1_000, 'WAITLIST'],
  ])('%i ms before the start leaves the first one %s', async (ms, status) => {
    const { trainingId, students } = await fullTraining(1);
    await setPlaces(trainingId, 2);
    await fill(trainingId, before(ms));
    expect((await statuses(trainingId)).get(students[0])).toBe(status);
  });

  test('more places promote as many as there are (case 11)', async () => {
    const { trainingId, students } = await fullTraining(3);
    await setPlaces(trainingId, 3);
    expect(await fill(trainingId, before(50 * HOUR))).toMatchObject({ skipped: 0 });
    expect(await fill(trainingId, before(50 * HOUR))).toEqual({ promoted: [], skipped: 0 });
    expect(students.map(async (student) => (await statuses(trainingId)).get(student))).toHaveLength(3);
    expect([...(await statuses(trainingId)).values()]).toEqual(['REGISTERED', 'REGISTERED', 'REGISTERED', 'WAITLIST']);
  });
});

describe('declining a place from the waitlist', () => {
  test.each([
    ['an hour after it came, inside twelve hours', 8 * HOUR, 7 * HOUR, 'safe'],
    ['a second later', 8 * HOUR, 7 * HOUR - 1_000, 'late'],
    ['when it came long before, twelve hours before the start', 50 * HOUR, 12 * HOUR, 'safe'],
    ['when it came long before, a second later', 50 * HOUR, 12 * HOUR - 1_000, 'late'],
  ])('%s', async (_, promotedBefore, declinedBefore, outcome) => {
    const { trainingId, students } = await fullTraining(1);
    await setPlaces(trainingId, 2);
    await fill(trainingId, before(promotedBefore));
    expect(await cancel(trainingId, students[0], before(declinedBefore))).toMatchObject({ answer: { outcome } });
  });

  test('is no matter of whoever was registered by hand', async () => {
    const { trainingId, students } = await fullTraining(1);
    await setPlaces(trainingId, 2);
    await ask(database.db, 'add_student', { training: trainingId, student: students[0], at: before(8 * HOUR).getTime() });
    expect(await cancel(trainingId, students[0], before(7.5 * HOUR))).toMatchObject({ answer: { outcome: 'late' } });
  });
});

describe('every quarter of an hour', () => {
  const settings = readSettings({}, '/nowhere/.env');
  async function perform(at: Date) {
    const run = { id: 1, progress: null, params: { at: at.toISOString() } } as unknown as Run;
    const { result } = await remind(run, {
      settings,
      db: database.db,
      backend: undefined as never,
      now: at,
      chunk: (step) => database.db.transaction(step),
    });
    return result as Record<string, number>;
  }

  test.each([
    ['at the start they are let go', 0, 'CANCELLED_SAFE'],
    ['before it they are not', 1_000, 'WAITLIST'],
  ])('those who wait: %s', async (_, ms, status) => {
    const { trainingId, students } = await fullTraining(1);
    await perform(before(ms));
    await perform(before(ms));
    expect((await statuses(trainingId)).get(students[0])).toBe(status);
    expect((await told(students[0])).filter((one) => one === 'waitlist_released')).toHaveLength(ms === 0 ? 1 : 0);
  });

  test('a student who was busy and is free now gets the seat that is still there', async () => {
    const { trainingId, holder, students } = await fullTraining(1);
    const elsewhere = await training({ places: 5 });
    await register(elsewhere, students[0]);
    await cancel(trainingId, holder, before(50 * HOUR));
    expect(await perform(before(49 * HOUR))).toMatchObject({ waitlists_filled: 0 });
    await cancel(elsewhere, students[0], before(48 * HOUR));
    expect(await perform(before(47 * HOUR))).toMatchObject({ waitlists_filled: 1 });
    expect((await statuses(trainingId)).get(students[0])).toBe('REGISTERED');
  });
});

describe('at once', () => {
  const atOnce = (...acts: (() => Promise<unknown>)[]) => Promise.allSettled(acts.map((act) => act()));
  const seated = async (trainingId: number) =>
    [...(await statuses(trainingId))].filter(([, status]) => status === 'REGISTERED').map(([student]) => student);

  test('a cancellation and a student added by hand: the one who waited has it, or the training is full either way', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { trainingId, holder, students } = await fullTraining(2);
      const other = await make.student();
      await atOnce(
        () => cancel(trainingId, holder, before(50 * HOUR)),
        () => ask(database.db, 'add_student', { training: trainingId, student: other, at: before(50 * HOUR).getTime() }),
        () => chargeAll(),
      );
      expect(await seated(trainingId)).toEqual([students[0]]);
      await chargeAll();
      expect((await charges()).filter(({ student_id }) => student_id === students[0])).toHaveLength(1);
      expect(await auditBooks(database.db, '2026-01-01')).toEqual([]);
    }
  });

  test('one seat and twenty waiting: ten who look at once promote the first one, once', async () => {
    const { trainingId, holder, students } = await fullTraining(20);
    await chargeAll();
    await atOnce(
      () => cancel(trainingId, holder, before(13 * HOUR)),
      ...Array.from({ length: 9 }, () => () => fill(trainingId, before(13 * HOUR))),
    );
    expect(await seated(trainingId)).toEqual([students[0]]);
    expect((await charges()).filter(({ student_id }) => student_id !== holder)).toEqual([
      { student_id: students[0], amount_minor: 50_000 },
    ]);
    expect((await told(students[0])).filter((one) => one === 'waitlist_promoted')).toHaveLength(1);
  });

  test('capacity raised by two, a cancellation and the night: three of twenty, each charged once, and no deadlock', async () => {
    const { trainingId, holder, students } = await fullTraining(20, { places: 1 });
    await atOnce(
      async () => {
        await setPlaces(trainingId, 3);
        await fill(trainingId, before(50 * HOUR));
      },
      () => cancel(trainingId, holder, before(50 * HOUR)),
      () => chargeAll(),
      () => chargeAll(),
    );
    expect(await seated(trainingId)).toEqual(students.slice(0, 3));
    await chargeAll();
    expect((await charges()).map(({ student_id }) => student_id).sort()).toEqual(students.slice(0, 3));
    const deadlocks = sql.unsafe`select deadlocks::int from pg_stat_database where datname = current_database()`;
    expect(await database.db.oneFirst(deadlocks)).toBe(0);
    expect(await auditBooks(database.db, '2026-01-01')).toEqual([]);
  });

  test('somebody who began to wait when the cancellation had looked who does gets the seat', async () => {
    const { trainingId, holder } = await fullTraining(0);
    const late = await make.student();
    const isBlocked = sql.type(z.object({ is_blocked: z.boolean() }))`
      select exists (select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0) as is_blocked`;
    const [joined, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const joining = database.db.transaction(async (transaction) => {
      await joinWaitlist(transaction, { trainingId, studentId: late, now: before(70 * HOUR) });
      joined.resolve();
      await seen.promise;
    });
    await joined.promise;
    const cancelling = cancel(trainingId, holder, before(50 * HOUR));
    await eventually(() => database.db.oneFirst(isBlocked)).finally(seen.resolve);
    await joining;
    expect(await cancelling).toMatchObject({ answer: { outcome: 'safe' } });
    expect(await seated(trainingId)).toEqual([late]);
  });

  test.each([
    ['somebody waits', 1],
    ['there is none', 0],
  ])('a place is not locked where %s: who is to be locked first is not known yet', async (_, waiting) => {
    const { trainingId, holder } = await fullTraining(waiting);
    const studentId = waiting > 0 ? holder : await make.student();
    const free = sql.unsafe`
      select (select count(*) from (select from students where id = ${studentId} for update skip locked) student)
        + (select count(*) from (select from real_trainings where id = ${trainingId} for update skip locked) training)`;
    const freeWhileLocking = async (ifNobodyWaits: boolean) => {
      const [locked, seen] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()];
      const locking = database.db.transaction(async (transaction) => {
        locked.resolve(await lockPlace(transaction, { trainingId, studentId, ifNobodyWaits }));
        await seen.promise;
      });
      const place = await locked.promise;
      const left = await database.db.oneFirst(free).finally(seen.resolve);
      await locking;
      return { place, left };
    };
    expect(await freeWhileLocking(true)).toEqual({ place: null, left: 2 });
    expect(await freeWhileLocking(false)).toMatchObject({ left: 0 });
  });

  test('somebody who begins to wait while the seat becomes free gets it, or is told that there is one', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { trainingId, holder } = await fullTraining(0);
      const late = await make.student();
      const [, joined] = await atOnce(
        () => cancel(trainingId, holder, before(50 * HOUR)),
        () => wait(trainingId, late),
      );
      expect(await seated(trainingId)).toEqual(joined?.status === 'fulfilled' ? [late] : []);
    }
  });
});
