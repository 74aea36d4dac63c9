import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { giveBack } from '../../sql/finance/give-back.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { writeRequest } from '../../sql/finance/requests.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { renewNext } from '../../sql/renewal/renew.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { club, entriesOf, heldBy, invoicesOf } from './studio.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
const at = (days: number) => addDays(TODAY, days);
const reason = 'переезд';
let api: TestApi;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  api = await testApi();
  db = api.db;
  make = club(db);
});
afterEach(async () => expect((await api.get('/api/audit?date=2020-01-01')).body).toMatchObject({ square: true }));
afterAll(() => api.close());

const cancel = (id: number, body: Json = {}) => api.post(`/api/student-subscriptions/${id}/cancel`, { reason, ...body });
const balance = async (student: number) => (await api.get(`/api/students/${student}/wallet`)).body.balance_minor;
const billsOf = async (student: number) => (await invoicesOf(db, student)).map((bill) => `${bill.status} ${bill.amount_minor}`);

/** A subscription that was bought some days ago, and sessions that were taken from it for trainings on the given days. */
async function bought(fields: {
  price?: number;
  sessions?: number | null;
  days?: number;
  start?: number;
  money?: number;
  taken?: number[];
}) {
  const student = await make.student();
  if (fields.money) await make.money(student, fields.money);
  const subscription_id = await make.item({
    price: fields.price ?? 1_002,
    sessions: fields.sessions === undefined ? 4 : fields.sessions,
    days: fields.days ?? 30,
  });
  const { body } = await api.post(`/api/students/${student}/subscriptions`, {
    subscription_id,
    start_date: at(fields.start ?? -10),
    is_auto_renew: true,
  });
  const seats = await take(student, fields.taken ?? []);
  return { id: body.id as number, student, seats };
}
async function take(student: number, days: number[]) {
  const seats: number[] = [];
  for (const day of days)
    seats.push(await make.register(await make.training({ startsAt: `${at(day)}T12:00:00Z`, date: at(day) }), student));
  await charge(Math.max(0, ...days));
  return seats;
}
async function charge(day: number) {
  let progress = initialNightProgress;
  while (!progress.done) progress = await db.transaction((transaction) => chargeChunk(transaction, at(day), progress, null));
}
const back = (student: number, seat: number) =>
  db.transaction(async (transaction) => {
    await lockStudents(transaction, [student]);
    const [one] = await giveBack(transaction, [seat]);
    await transaction.query(sql.unsafe`update real_training_students set status = 'CANCELLED_SAFE' where id = ${seat}`);
    return one;
  });
const renew = () => db.transaction((transaction) => renewNext(transaction, TODAY, null, 100, null));

describe('the used share is kept (D22)', () => {
  test.each([
    [0, 0, ['CANCELLED 1002']],
    [1, 251, ['CANCELLED 1002', 'UNPAID 251']],
    [3, 752, ['CANCELLED 1002', 'UNPAID 752']],
    [4, 1_002, ['UNPAID 1002']],
  ])('of one that is not paid, with %i of 4 sessions used, %i of 1002 is owed', async (used, owed, bills) => {
    const holding = await bought({ taken: Array.from({ length: used }, (_, n) => -n - 1) });
    expect(await cancel(holding.id)).toMatchObject({
      status: 200,
      body: { kept_minor: owed, owed_minor: owed, cancelled_minor: 1_002 - owed, refunded_minor: 0, used_units: used, units: 4 },
    });
    expect(await billsOf(holding.student)).toEqual(bills);
  });

  test.each([
    [0, 1_002],
    [3, 250],
    [4, 0],
  ])('of one that is paid, with %i of 4 used, at most %i goes back', async (used, most) => {
    const holding = await bought({ money: 1_002, taken: Array.from({ length: used }, (_, n) => -n - 1) });
    expect(await cancel(holding.id, { refund_minor: most + 1 })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'refund_minor' }] },
    });
    expect(await cancel(holding.id, { refund_minor: most })).toMatchObject({
      status: 200,
      body: { refunded_minor: most, kept_minor: 1_002 - most, balance_minor: most },
    });
  });

  test.each([
    ['on its first day, unused', 0, [], 0],
    ['on its second day', -1, [], 100],
    ['on its tenth day', -9, [], 900],
    ['used today', 0, [0], 100],
    ['taken for tomorrow', -1, [1], 300],
  ])('an unlimited one by its days: %s', async (_, start, taken, owed) => {
    const holding = await bought({ price: 1_000, sessions: null, days: 10, start, taken });
    expect(await cancel(holding.id)).toMatchObject({ status: 200, body: { owed_minor: owed, units: 10 } });
  });

  test('days it was frozen are not used', async () => {
    const holding = await bought({ price: 1_000, sessions: null, days: 10, start: 0 });
    await api.post(`/api/student-subscriptions/${holding.id}/freeze`, { from: TODAY, to: at(6) });
    await db.query(sql.unsafe`
      update student_subscriptions set start_date = start_date - 4, end_date = end_date - 4, freeze_start_date = freeze_start_date - 4,
        freeze_end_date = freeze_end_date - 4 where id = ${holding.id}`);
    expect(await cancel(holding.id)).toMatchObject({ body: { owed_minor: 0, units: 10, used_units: 0 } });
  });

  test('one that was waived stays so', async () => {
    const holding = await bought({ taken: [-1] });
    const [bill] = (await api.get(`/api/invoices?payer_id=${holding.student}`)).body.items;
    await api.post(`/api/invoices/${bill.id}/cancel`, { reason });
    expect(await cancel(holding.id)).toMatchObject({ status: 200, body: { owed_minor: 0, kept_minor: 0 } });
    expect(await billsOf(holding.student)).toEqual(['CANCELLED 1002']);
  });

  test('the rest that is owed is a debt like any other: no renewal is recalled', async () => {
    const holding = await bought({ taken: [-1] });
    await db.query(sql.unsafe`update invoices set is_auto_renewal = true where student_subscription_id = ${holding.id}`);
    await cancel(holding.id);
    expect((await invoicesOf(db, holding.student)).at(-1)).toMatchObject({ status: 'UNPAID', is_auto_renewal: false });
  });
});

test('a dry run says what the deed then does, and changes nothing', async () => {
  const holding = await bought({ money: 1_002, taken: [-2, -1] });
  const state = async () => [await heldBy(db, holding.student), await billsOf(holding.student), await balance(holding.student)];
  const before = await state();
  const body = { refund_minor: 500 };
  const dry = await cancel(holding.id, { ...body, dry_run: true });
  expect(dry).toMatchObject({ status: 200, body: { dry_run: true, refunded_minor: 500, kept_minor: 502, balance_minor: 500 } });
  expect(await state()).toEqual(before);
  expect(await cancel(holding.id, { refund_minor: 502, dry_run: true })).toMatchObject({ status: 422 });
  const done = await cancel(holding.id, body);
  expect(done.body).toEqual({ ...dry.body, dry_run: false });
});

describe('a session that comes back afterwards (D47)', () => {
  test.each([
    ['paid', 1_002, { sessions: 0, refunded_minor: 250, cancelled_minor: 0 }, ['CANCELLED 1002', 'PAID 752'], 250],
    ['not paid', 0, { sessions: 0, refunded_minor: 0, cancelled_minor: 250 }, ['CANCELLED 1002', 'UNPAID 752'], 0],
  ])('to one that is called off, and %s: its share of the price', async (_, money, share, bills, left) => {
    const holding = await bought({ money, taken: [-2, -1, 0, 1] });
    await cancel(holding.id);
    expect(await back(holding.student, holding.seats[3] as number)).toMatchObject(share);
    expect((await billsOf(holding.student)).slice(-2)).toEqual(bills);
    expect(await balance(holding.student)).toBe(left);
    expect(await heldBy(db, holding.student)).toMatchObject([{ sessions_left: 0, status: 'cancelled' }]);
    expect(await entriesOf(db, holding.id)).toEqual(['granted 4', ...Array(4).fill('training -1'), 'returned 1', 'refunded -1']);
  });

  test('all of them, one after the other: nothing is kept', async () => {
    const holding = await bought({ money: 1_002, taken: [0, 1] });
    await cancel(holding.id, { refund_minor: 500 });
    for (const seat of holding.seats) await back(holding.student, seat);
    expect(await balance(holding.student)).toBe(1_002);
  });

  test('to one that was waived or cost nothing: nothing, and it does not sit there', async () => {
    const holding = await bought({ price: 0, taken: [1] });
    await cancel(holding.id);
    expect(await back(holding.student, holding.seats[0] as number)).toMatchObject({
      sessions: 0,
      refunded_minor: 0,
      cancelled_minor: 0,
    });
    expect(await heldBy(db, holding.student)).toMatchObject([{ sessions_left: 0 }]);
  });
});

describe('on the last day of one that was renewed', () => {
  /** Of two sessions one is used; one moves over to the next one, of two more. */
  async function renewed(fields: { money?: number; taken?: number[] } = {}) {
    const old = await bought({ price: 1_000, sessions: 2, days: 11, money: fields.money ?? 2_000, taken: fields.taken ?? [-1] });
    await renew();
    const [, next] = await heldBy(db, old.student);
    if (!next) throw new Error('it was not renewed');
    return { ...old, next: next.id };
  }
  const left = async (student: number) => (await heldBy(db, student)).map((held) => held.sessions_left);

  test('the renewal is called off: what moved over comes back', async () => {
    const holding = await renewed();
    expect(await left(holding.student)).toEqual([0, 3]);
    expect(await cancel(holding.next, { refund_minor: 1_000 })).toMatchObject({
      status: 200,
      body: { sessions_carried_back: 1, sessions_cancelled: 2, refunded_minor: 1_000, transferred_sessions: 0 },
    });
    expect(await left(holding.student)).toEqual([1, 0]);
    expect(await entriesOf(db, holding.id)).toEqual(['granted 2', 'training -1', 'carried_out -1', 'carried_out 1']);
    expect(await entriesOf(db, holding.next)).toEqual(['granted 2', 'carried_in 1', 'carried_in -1', 'cancelled -2']);
    expect((await api.get(`/api/students/${holding.student}/subscriptions`)).body.items[1]).toMatchObject({
      renewed_by_id: null,
      renewal_called_off: true,
      next_renewal: null,
    });
    expect(await api.patch(`/api/student-subscriptions/${holding.id}`, { is_auto_renew: true })).toMatchObject({ status: 409 });
    expect(await renew()).toMatchObject({ decided: [] });
  });

  test('the old one is called off: what moved over is used, and cannot be refunded', async () => {
    const holding = await renewed({ taken: [] });
    expect(await left(holding.student)).toEqual([0, 4]);
    expect(await cancel(holding.id, { refund_minor: 1 })).toMatchObject({ status: 422 });
    expect(await cancel(holding.id)).toMatchObject({
      status: 200,
      body: { used_units: 2, refundable_minor: 0, kept_minor: 1_000 },
    });
    expect(await left(holding.student)).toEqual([0, 4]);
  });

  test('both are called off: whichever is first, the same is refundable', async () => {
    const [a, b] = [await renewed(), await renewed()];
    await cancel(a.next, { refund_minor: 1_000 });
    expect(await cancel(a.id, { refund_minor: 500 })).toMatchObject({ status: 200 });
    await cancel(b.id);
    expect(await cancel(b.next, { refund_minor: 1_000 })).toMatchObject({ status: 200, body: { refunded_minor: 1_500 } });
    expect([await balance(a.student), await balance(b.student)]).toEqual([1_500, 1_500]);
    expect([await left(a.student), await left(b.student)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('a session comes back: it goes to the renewal, and does not expire with the old one', async () => {
    const holding = await renewed({ taken: [0] });
    expect(await back(holding.student, holding.seats[0] as number)).toMatchObject({ sessions: 1, returned_to_id: holding.next });
    expect(await left(holding.student)).toEqual([0, 4]);
    expect(await heldBy(db, holding.student)).toMatchObject([{}, { transferred_sessions: 2 }]);
  });

  test('to one whose renewal was called off it comes back itself', async () => {
    const holding = await renewed({ taken: [0] });
    await cancel(holding.next);
    expect(await back(holding.student, holding.seats[0] as number)).toMatchObject({ sessions: 1, returned_to_id: holding.id });
    expect(await left(holding.student)).toEqual([2, 0]);
  });

  test('a carried session that comes back to a renewal that was called off is worth its share of the old one', async () => {
    const holding = await renewed();
    const [seat] = await take(holding.student, [1]);
    await db.query(sql.unsafe`update student_subscriptions set status = 'expired' where id = ${holding.id}`);
    expect(await cancel(holding.next, { refund_minor: 1_000 })).toMatchObject({ status: 200, body: { used_units: 0 } });
    expect(await back(holding.student, seat as number)).toMatchObject({ sessions: 0, refunded_minor: 500 });
    expect(await balance(holding.student)).toBe(1_500);
  });
});

test('a training that the studio calls off once the subscription is over: its share of the price', async () => {
  const holding = await bought({ money: 1_002, days: 10, start: -9, taken: [-1, -2] });
  await db.query(sql.unsafe`
    update student_subscriptions set start_date = start_date - 1, end_date = end_date - 1 where id = ${holding.id}`);
  expect(await heldBy(db, holding.student)).toMatchObject([{ end_date: at(-1), status: 'active', sessions_left: 2 }]);
  const training = await db.oneFirst(
    sql.type(
      z.object({ id: z.int() }),
    )`select real_training_id as id from real_training_students where id = ${holding.seats[0] as number}`,
  );
  const request = await writeRequest(db, {
    kind: 'cancel_training',
    trainingId: training,
    byStudio: true,
    reason,
    requestedAt: new Date(),
    by: 'test',
    requestId: 'test',
  });
  expect(await answerRequest(db, request.id, 'Europe/Moscow')).toMatchObject({
    answer: { returned: { sessions: 0, refunded_minor: 251, cancelled_minor: 0 } },
  });
  expect(await balance(holding.student)).toBe(251);
  expect(await heldBy(db, holding.student)).toMatchObject([{ sessions_left: 2 }]);
});
