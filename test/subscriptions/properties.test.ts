import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { expireSubscriptions, studentsToExpire } from '../../sql/cleanup/expiry.ts';
import { type Database, type Sql, sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { lockPayment, payerOf, receivePayment, takeBackPayment } from '../../sql/finance/payments.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { renewNext } from '../../sql/renewal/renew.ts';
import { buySubscription, findInCatalogue } from '../../sql/subscriptions/buy.ts';
import { findHeld, setAutoRenew } from '../../sql/subscriptions/held.ts';
import { Refused } from '../../workers/refusal.ts';
import { callOffSubscription } from '../../workers/subscriptions/call-off.ts';
import { freeze, unfreeze } from '../../workers/subscriptions/freeze.ts';
import { demandLiveSubscription, demandNotRenewed, demandRenewable, judgeStart } from '../../workers/subscriptions/policy.ts';
import { unfreezeNight } from '../../workers/unfreeze/unfreeze-night.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';
import { rounds, sequences } from '../support/nightly-only.ts';
import { ClubModel, type Held } from './model.ts';
import { club } from './studio.ts';

jest.setTimeout(3_600_000);
const SEQUENCES = rounds({ daily: 8, nightly: 200 });
const STUDENTS = 4;
const DAYS = 24;
const day = (n: number) => new Date(Date.UTC(2028, 1, 20 + n)).toISOString().slice(0, 10);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
});
afterAll(() => database.close());

const student = fc.nat(STUDENTS - 1);
const any = fc.nat(30);
/** What happens on a day, in daylight. Numbers that name something are taken modulo how many there are. */
const deed = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('buy' as const),
      student,
      item: any,
      ahead: fc.integer({ min: -2, max: 4 }),
      autoRenew: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pay' as const), student, amount: fc.constantFrom(300, 1_000, 2_500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('takeBack' as const), payment: any }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('freeze' as const),
      held: any,
      ahead: fc.integer({ min: -1, max: 5 }),
      days: fc.integer({ min: 0, max: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unfreeze' as const), held: any }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), held: any, refund: fc.constantFrom(0, 0.5, 1, 2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('autoRenew' as const), held: any, is: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('item' as const),
      item: any,
      price: fc.constantFrom(0, 700, 1_200),
      isActive: fc.boolean(),
    }),
  },
);
/** A day and the night after it; a run may be missed, or come twice. */
const date = fc.record({
  deeds: fc.array(deed, { maxLength: 3 }),
  runs: fc.record({ charge: fc.nat(5), expire: fc.nat(5), renew: fc.nat(4), thaw: fc.nat(4) }),
});
const world = fc.record({
  payers: fc.array(student, { minLength: STUDENTS, maxLength: STUDENTS }),
  items: fc.array(
    fc.record({
      price: fc.constantFrom(0, 500, 1_000),
      sessions: fc.constantFrom(null, 1, 2, 5),
      days: fc.integer({ min: 1, max: 8 }),
    }),
    { minLength: 2, maxLength: 3 },
  ),
  trainings: fc.array(
    fc.record({ day: fc.nat(DAYS), price: fc.constantFrom(0, 200), seats: fc.uniqueArray(student, { minLength: 1 }) }),
    {
      minLength: 12,
      maxLength: 24,
    },
  ),
  dates: fc.array(date, { minLength: DAYS, maxLength: DAYS }),
});
const termOf = (item: { days: number }) => ({ validity_days: item.days, validity_months: null });
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;
type Deed = World['dates'][number]['deeds'][number];

async function build(given: World) {
  await emptyStudio(db);
  const make = club(db);
  const model = new ClubModel(day);
  const people: number[] = [];
  for (let n = 0; n < STUDENTS; n += 1) people.push(await make.student());
  for (const [n, one] of people.entries()) {
    const payer = people[given.payers[n] as number] as number;
    model.payerOf.set(one, payer);
    await db.query(sql.unsafe`update students set payer_id = ${payer} where id = ${one}`);
  }
  for (const drawn of given.items) model.items.push({ id: await make.item(drawn), isActive: true, ...drawn });
  for (const [n, { day: on, price, seats }] of given.trainings.entries()) {
    const startsAt = `${day(on)}T12:${String(n).padStart(2, '0')}:00Z`;
    // They follow each other: nobody is in two places at once.
    const id = await make.training({ startsAt, price, minutes: 1 });
    model.trainings.push({
      id,
      date: day(on),
      startsAt: Date.parse(startsAt),
      price,
      places: 10,
      status: 'scheduled',
      processed: false,
    });
    for (const seat of seats) {
      await make.register(id, people[seat] as number);
      model.seats.push({ student: people[seat] as number, training: id, status: 'REGISTERED', charge: null, isDecided: false });
    }
  }
  return { model, people };
}

/** What a route does: one transaction with the student's lock, judged by the same policy. False where it refuses. */
async function api(
  held: Held,
  today: string,
  act: (transaction: Sql, row: NonNullable<Awaited<ReturnType<typeof findHeld>>>) => Promise<unknown>,
) {
  try {
    await db.transaction(async (transaction) => {
      await lockStudents(transaction, [held.student]);
      const row = await findHeld(transaction, held.id, today);
      if (!row) throw new Error(`there is no subscription ${held.id}`);
      await act(transaction, row);
    });
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

async function perform({ model, people }: Awaited<ReturnType<typeof build>>, candidate: Deed, n: number) {
  const today = day(n);
  const now = new Date(`${today}T00:00:00Z`);
  const person = 'student' in candidate ? (people[candidate.student] as number) : 0;
  const item = 'item' in candidate ? model.items[candidate.item % model.items.length] : undefined;
  const held = 'held' in candidate ? model.subscriptions[candidate.held % Math.max(1, model.subscriptions.length)] : undefined;
  if (candidate.do === 'pay') {
    const payer = model.payerOf.get(person) as number;
    const fields = { payerId: payer, amountMinor: candidate.amount, method: 'cash', createdBy: 'test' };
    const { payment } = await db.transaction((transaction) => receivePayment(transaction, fields));
    model.pay(payer, candidate.amount, payment.id);
  } else if (candidate.do === 'takeBack') {
    const payment = model.payments[candidate.payment % Math.max(1, model.payments.length)];
    if (!payment || payment.isCancelled) return;
    await db.transaction(async (transaction) => {
      const row = await lockPayment(transaction, payment.id);
      if (row) await takeBackPayment(transaction, row, 'test');
    });
    model.takeBack(payment);
  } else if (candidate.do === 'item' && item) {
    await db.query(
      sql.unsafe`update subscriptions set price_minor = ${candidate.price}, is_active = ${candidate.isActive} where id = ${item.id}`,
    );
    Object.assign(item, { price: candidate.price, isActive: candidate.isActive });
  } else if (candidate.do === 'buy' && item) {
    if (!item.isActive || -candidate.ahead >= item.days) {
      if (item.isActive) expect(() => judgeStart(day(n + candidate.ahead), termOf(item), today)).toThrow(Refused);
      return;
    }
    judgeStart(day(n + candidate.ahead), termOf(item), today);
    const { id } = await db.transaction(async (transaction) => {
      await lockStudents(transaction, [person]);
      const [payerId, sold] = [await payerOf(transaction, person), await findInCatalogue(transaction, item.id)];
      if (payerId === null || !sold) throw new Error('nothing to sell, or to nobody');
      const fields = {
        studentId: person,
        payerId,
        item: sold,
        startDate: day(n + candidate.ahead),
        today,
        isAutoRenew: candidate.autoRenew,
      };
      return buySubscription(transaction, fields);
    });
    model.buy(id, person, item, n + candidate.ahead, candidate.autoRenew);
  } else if (held && candidate.do === 'freeze') {
    const [from, to] = [n + candidate.ahead, n + candidate.ahead + candidate.days];
    const did = await api(held, today, (transaction, row) =>
      freeze(transaction, row, { from: day(from), to: day(to), today, now }, { ids: [], payers: [] }),
    );
    expect(model.freeze(held, from, to, n)).toBe(did);
  } else if (held && candidate.do === 'unfreeze') {
    const did = await api(held, today, (transaction, row) => unfreeze(transaction, row, { today, now }));
    expect(model.unfreeze(held, n)).toBe(did);
  } else if (held && candidate.do === 'autoRenew') {
    const did = await api(held, today, async (transaction, row) => {
      demandLiveSubscription(row);
      demandNotRenewed(row);
      demandRenewable(row, candidate.is);
      await setAutoRenew(transaction, held.id, candidate.is);
    });
    expect(did).toBe(model.isLive(held) && !model.liveHeir(held) && !(candidate.is && model.heir(held)));
    if (did) held.autoRenew = candidate.is;
  } else if (held && candidate.do === 'cancel') {
    const refundMinor = Math.ceil(model.paidFor(held) * candidate.refund);
    const did = await api(held, today, (transaction, row) =>
      callOffSubscription(transaction, row, { reason: 'test', refundMinor, today, now }),
    );
    expect(model.cancel(held, refundMinor, n)).toBe(did);
  }
}

/** 0: the run is missed; 1: it comes twice; else once. */
const times = (chance: number) => (chance === 0 ? 0 : chance === 1 ? 2 : 1);
const repeat = async (count: number, run: () => Promise<void>) => {
  for (let n = 0; n < count; n += 1) await run();
};

/** The night after a day: charging and expiry of the day, renewal and unfreeze of the next. */
async function pass({ model }: Awaited<ReturnType<typeof build>>, n: number, runs: World['dates'][number]['runs']) {
  await repeat(times(runs.charge), async () => {
    let progress = initialNightProgress;
    while (!progress.done) progress = await db.transaction((transaction) => chargeChunk(transaction, day(n), progress, null));
    model.night(day(n));
  });
  await repeat(times(runs.expire), async () => {
    await db.transaction(async (transaction) => {
      const students = await studentsToExpire(transaction, day(n), 0, 100);
      await lockStudents(transaction, students);
      if (students.length > 0) await expireSubscriptions(transaction, day(n), students, null);
    });
    model.expire(n);
  });
  await repeat(times(runs.renew), async () => {
    const { decided } = await db.transaction((transaction) => renewNext(transaction, day(n + 1), null, 100, null));
    const made = new Map(
      decided.flatMap((decision) => (decision.renewed_id === null ? [] : [[decision.id, decision.renewed_id] as const])),
    );
    expect(model.renew(n + 1, (old) => made.get(old) ?? Number.NaN)).toBe(made.size);
  });
  await repeat(times(runs.thaw), async () => {
    await night(db, unfreezeNight, 'auto_unfreeze', day(n + 1));
    model.thaw(n + 1);
  });
}

async function stateOfDatabase() {
  const rows = await db.one(sql.type(
    z.object({ seats: z.unknown(), held: z.unknown(), invoices: z.unknown(), wallets: z.unknown() }),
  )`
    select
      (select json_agg(json_build_array(real_training_id, student_id, status, charged_at is not null, session_entry_id is not null, invoice_id is not null)
        order by real_training_id, student_id) from real_training_students) as seats,
      (select json_agg(json_build_array(id, student_id, start_date, end_date, status, sessions_left, transferred_sessions, is_auto_renew,
        renewed_from_id, freeze_start_date, freeze_end_date, pushed_days) order by id) from student_subscriptions) as held,
      (select json_agg(json_build_array(payer_id, amount_minor, status) order by id) from invoices) as invoices,
      (select json_agg(json_build_array(user_id, balance_minor) order by user_id) from wallets where balance_minor > 0) as wallets`);
  return { seats: rows.seats ?? [], held: rows.held ?? [], invoices: rows.invoices ?? [], wallets: rows.wallets ?? [] };
}
const stateOfModel = (model: ClubModel) => ({
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
  held: [...model.subscriptions]
    .sort((a, b) => a.id - b.id)
    .map((item) => [
      item.id,
      item.student,
      item.start,
      item.end,
      item.status,
      item.left,
      item.transferred,
      item.autoRenew,
      item.renewedFrom,
      item.frozen?.[0] ?? null,
      item.frozen?.[1] ?? null,
      item.pushed,
    ]),
  invoices: model.invoices.map((invoice) => [invoice.payer, invoice.amount, invoice.status]),
  wallets: [...model.balance].filter(([, money]) => money > 0).sort(([a], [b]) => a - b),
});

test(`over ${DAYS} days and nights, some of them missed or run twice, database and model agree and the audit is square (${SEQUENCES} histories)`, async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const both = await build(given);
      for (const [n, { deeds, runs }] of given.dates.entries()) {
        for (const deed of deeds) await perform(both, deed, n);
        await pass(both, n, runs);
        expect(await stateOfDatabase()).toEqual(stateOfModel(both.model));
        expect(await auditBooks(db, '2020-01-01')).toEqual([]);
      }
    }),
    { ...sequences, numRuns: SEQUENCES },
  );
});
