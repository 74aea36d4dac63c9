import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit.ts';
import { type Database, sql } from '../../sql/database.ts';
import { chargeChunk, lockPayment, nightfall, receivePayment, takeBackPayment, writeRequest } from '../../sql/finance.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { studio } from '../support/studio.ts';
import { Model } from './model.ts';

jest.setTimeout(600_000);
const SEQUENCES = Number(process.env.FLEET_TEST_SEQUENCES ?? 200);
const FIRST = '2026-11-23';
const DAYS = 4;
const HOUR = 3_600_000;
const day = (n: number) => new Date(Date.parse(FIRST) + n * 24 * HOUR).toISOString().slice(0, 10);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
});
afterEach(() =>
  db.query(
    sql.unsafe`truncate users, locations, training_types, subscriptions, automated_process_history restart identity cascade`,
  ),
);
afterAll(() => database.close());

/** A studio: who pays for whom, what is held, which trainings there are and who is registered. Numbers are indexes. */
const students = 5;
const trainingsMost = 6;
const world = fc.record({
  payers: fc.array(fc.integer({ min: 0, max: students - 1 }), { minLength: students, maxLength: students }),
  trainings: fc.array(
    fc.record({
      day: fc.integer({ min: 0, max: DAYS - 1 }),
      hour: fc.integer({ min: 0, max: 23 }),
      price: fc.constantFrom(0, 500, 700, 2_000),
      places: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 2, maxLength: trainingsMost },
  ),
  seats: fc.array(fc.tuple(fc.nat(trainingsMost - 1), fc.nat(students - 1)), { maxLength: 14 }),
  held: fc.array(
    fc.record({
      student: fc.nat(students - 1),
      from: fc.integer({ min: -3, max: DAYS }),
      length: fc.integer({ min: 0, max: 6 }),
      left: fc.constantFrom(null, 0, 1, 2, 3),
      frozen: fc.option(fc.tuple(fc.nat(DAYS), fc.nat(2)), { freq: 4 }),
    }),
    { maxLength: 6 },
  ),
});
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('night' as const), day: fc.integer({ min: -1, max: DAYS }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      payer: fc.nat(students - 1),
      amount: fc.constantFrom(300, 500, 1_200, 5_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('takeBack' as const), payment: fc.nat(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('cancel' as const),
      training: fc.nat(trainingsMost - 1),
      student: fc.nat(students - 1),
      // Seconds before the start, on either side of twelve hours and of the start itself.
      ahead: fc.constantFrom(-1, 0, 1, 12 * 3_600 - 1, 12 * 3_600, 12 * 3_600 + 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('callOff' as const),
      training: fc.nat(trainingsMost - 1),
      ahead: fc.constantFrom(0, 1, 3_600),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      training: fc.nat(trainingsMost - 1),
      student: fc.nat(students - 1),
      ahead: fc.constantFrom(0, 3_600),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('price' as const),
      training: fc.nat(trainingsMost - 1),
      price: fc.constantFrom(0, 900),
    }),
  },
);
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Builds the studio twice: in the database and in the model. */
async function build(given: World) {
  const make = studio(db);
  const model = new Model();
  const people: number[] = [];
  for (let n = 0; n < students; n += 1) people.push(await make.student());
  for (const [n, student] of people.entries()) {
    const payer = people[given.payers[n] as number] as number;
    model.payerOf.set(student, payer);
    await db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${student}`);
  }
  for (const { day: on, hour, price, places } of given.trainings) {
    const type = await make.type({ places, price });
    const startsAt = new Date(Date.parse(day(on)) + hour * HOUR);
    const id = await db.oneFirst(sql.type(z.object({ id: z.int() }))`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${type}, ${await make.trainer()}, ${day(on)}::date, ${`${hour}:00`}::time, ${startsAt.toISOString()}::timestamptz,
        ${new Date(startsAt.getTime() + 60_000).toISOString()}::timestamptz, ${places}, ${price}) returning id`);
    model.trainings.push({
      id,
      date: day(on),
      startsAt: startsAt.getTime(),
      price,
      places,
      status: 'scheduled',
      processed: false,
    });
  }
  for (const { student, from, length, left, frozen } of given.held) {
    const freeze = frozen ? ([day(frozen[0]), day(frozen[0] + frozen[1])] as [string, string]) : undefined;
    const of = { student: people[student] as number, from: day(from), to: day(from + length), left };
    const id = await make.subscription({ ...of, frozen: freeze });
    model.subscriptions.push({ id, student: of.student, start: of.from, end: of.to, left, frozen: freeze ?? null });
  }
  for (const [trainingIndex, studentIndex] of given.seats) {
    const training = model.trainings[trainingIndex];
    const student = people[studentIndex] as number;
    if (!training || model.seat(training.id, student)) continue;
    await db.query(
      sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training.id}, ${student})`,
    );
    model.seats.push({ student, training: training.id, status: 'REGISTERED', charge: null, isDecided: false });
  }
  return { model, people };
}

/** Asks as the door does, and lets the worker decide. Returns the decision in the model's words. */
async function ask(
  kind: 'cancel_training' | 'cancel_participation' | 'add_student',
  trainingId: number,
  studentId: number | undefined,
  at: number,
) {
  const request = await writeRequest(db, {
    kind,
    trainingId,
    studentId,
    reason: 'test',
    requestedAt: new Date(at),
    by: 'test',
    requestId: 'test',
  });
  return answerRequest(db, request.id);
}

async function take({ model, people }: Awaited<ReturnType<typeof build>>, one: Step) {
  const training = 'training' in one ? model.trainings[one.training] : undefined;
  const at = training && 'ahead' in one ? training.startsAt - one.ahead * 1_000 : 0;
  const student = 'student' in one ? (people[one.student] as number) : 0;
  if (one.do === 'night') {
    model.night(day(one.day));
    let so = nightfall;
    while (!so.done) so = await db.transaction((transaction) => chargeChunk(transaction, day(one.day), so, null));
  } else if (one.do === 'pay') {
    const payer = people[one.payer] as number;
    const { payment } = await db.transaction((transaction) =>
      receivePayment(transaction, { payerId: payer, amountMinor: one.amount, method: 'cash', createdBy: 'test' }),
    );
    model.pay(payer, one.amount, payment.id);
  } else if (one.do === 'takeBack') {
    const payment = model.payments[one.payment];
    if (!payment) return;
    await db.transaction(async (transaction) => {
      const row = await lockPayment(transaction, payment.id);
      if (row && !row.cancelled_at) await takeBackPayment(transaction, row, 'test');
    });
    model.takeBack(payment);
  } else if (one.do === 'price') {
    if (!training || training.processed) return;
    training.price = one.price;
    await db.query(sql.unsafe`update real_trainings set price_minor = ${one.price} where id = ${training.id}`);
  } else if (training && one.do === 'cancel') {
    const said = model.cancelSeat(training.id, student, at);
    const decision = await ask('cancel_participation', training.id, student, at);
    if (said === 'refused' || said === 'over') expect(decision?.refused ?? said).toBeTruthy();
    else if (said !== 'again') expect(decision).toMatchObject({ answer: { outcome: said } });
    else expect(decision?.refused).toBeUndefined();
    if (said === 'refused') expect(decision?.refused).toBeDefined();
  } else if (training && one.do === 'callOff') {
    const said = model.cancelTraining(training.id, at);
    expect(Boolean((await ask('cancel_training', training.id, undefined, at))?.refused)).toBe(said === 'refused');
  } else if (training && one.do === 'add') {
    const said = model.add(training.id, student, at);
    expect(Boolean((await ask('add_student', training.id, student, at))?.refused)).toBe(said === 'refused');
  }
}

/** Everything the two must agree on, in a shape that can be compared. */
async function stateOfDatabase() {
  const rows = await db.one(sql.type(
    z.object({ seats: z.unknown(), held: z.unknown(), invoices: z.unknown(), wallets: z.unknown() }),
  )`
    select
      (select json_agg(json_build_array(real_training_id, student_id, status, charged_at is not null, session_entry_id is not null, invoice_id is not null)
        order by real_training_id, student_id) from real_training_students) as seats,
      (select json_agg(json_build_array(id, sessions_left) order by id) from student_subscriptions) as held,
      (select json_agg(json_build_array(payer_id, amount_minor, status) order by id) from invoices) as invoices,
      (select json_agg(json_build_array(user_id, balance_minor) order by user_id) from wallets where balance_minor > 0) as wallets`);
  return { seats: rows.seats ?? [], held: rows.held ?? [], invoices: rows.invoices ?? [], wallets: rows.wallets ?? [] };
}
function stateOfModel(model: Model) {
  return {
    seats: [...model.seats]
      .sort((a, b) => a.training - b.training || a.student - b.student)
      .map((seat) => [
        seat.training,
        seat.student,
        seat.status,
        seat.isDecided,
        seat.charge?.kind === 'session',
        seat.charge?.kind === 'invoice',
      ]),
    held: model.subscriptions.map((held) => [held.id, held.left]),
    invoices: model.invoices.map((invoice) => [invoice.payer, invoice.amount, invoice.status]),
    wallets: [...model.balance].filter(([, money]) => money > 0).sort(([a], [b]) => a - b),
  };
}

test(`whatever happens in whatever order, database and model agree and the books are square (${SEQUENCES} sequences)`, async () => {
  await fc.assert(
    fc
      .asyncProperty(world, fc.array(step, { minLength: 1, maxLength: 12 }), async (given, steps) => {
        const both = await build(given);
        for (const one of steps) {
          await take(both, one);
          expect(await stateOfDatabase()).toEqual(stateOfModel(both.model));
        }
        const findings = await auditBooks(db, '2026-01-01');
        expect(findings).toEqual([]);
      })
      .afterEach(() =>
        db
          .query(sql.unsafe`truncate users, locations, training_types, subscriptions restart identity cascade`)
          .then(() => undefined),
      ),
    { numRuns: SEQUENCES, seed: process.env.FLEET_TEST_SEED ? Number(process.env.FLEET_TEST_SEED) : undefined },
  );
});
