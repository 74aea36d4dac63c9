import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';
import { type CleanupNight, cleanupNight, only } from './night.ts';

const D = '2026-11-21';
const expiry = only('subscriptions');
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight();
});
afterAll(() => night.close());

const clean = (date = D) => night.clean(date, expiry);
const state = (id: number) =>
  night.db.one(sql.type(z.object({ status: z.string(), left: z.int().nullable(), gone: z.int() }))`
    select status, sessions_left as left,
      coalesce((select -sum(delta)::int from session_entries where student_subscription_id = held.id and reason = 'expired'), 0) as gone
    from student_subscriptions held where id = ${id}`);
const told = (student: number) =>
  night.db.any(sql.type(z.object({ template: z.string(), params: z.record(z.string(), z.unknown()), dedupe_key: z.string() }))`
    select template, params, dedupe_key from notifications where user_id = ${student}`);
const hold = async (fields: Partial<Parameters<CleanupNight['make']['subscription']>[0]> = {}) => {
  const student = fields.student ?? (await night.make.student());
  return { student, id: await night.make.subscription({ student, from: '2026-10-01', to: addDays(D, -1), left: 5, ...fields }) };
};
/** A registration on a day, as finance finds it. */
const seat = async (student: number, date: string, fields: { status?: string; training?: string } = {}) => {
  const [type, trainer] = [await night.make.type(), await night.make.trainer()];
  const training = await night.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, status, cancelled_at)
    values (${type}, ${trainer}, ${date}::date, '10:00', ${`${date}T07:00Z`}::timestamptz, ${`${date}T08:00Z`}::timestamptz, 10, 50000,
      ${fields.training ?? 'scheduled'}, ${fields.training === 'cancelled' ? '2026-11-01' : null}::timestamptz) returning id`);
  return night.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_training_students (real_training_id, student_id, status) values (${training}, ${student}, ${fields.status ?? 'REGISTERED'})
    returning id`);
};
const charge = (date: string) =>
  night.db.transaction(async (transaction) => {
    let progress = initialNightProgress;
    while (!progress.done) progress = await chargeChunk(transaction, date, progress, null);
  });

describe('D27', () => {
  test.each([
    ['active', -1, 'expired'],
    ['active', 0, 'active'],
    ['active', 1, 'active'],
    ['frozen', -1, 'expired'],
    ['frozen', 0, 'frozen'],
    ['cancelled', -1, 'cancelled'],
    ['active', -400, 'expired'],
  ])('%s, end date D%+d: %s', async (status, days, then) => {
    // What was called off has no sessions any more.
    const left = status === 'cancelled' ? 0 : 5;
    const { id } = await hold({ status, left, to: addDays(D, days), from: addDays(D, days - 30) });
    await clean();
    const isOver = then === 'expired';
    expect(await state(id)).toEqual({ status: then, left: isOver ? 0 : left, gone: isOver ? 5 : 0 });
    await clean();
    expect(await state(id)).toEqual({ status: then, left: isOver ? 0 : left, gone: isOver ? 5 : 0 });
  });

  test.each([
    ['unlimited', null],
    ['used up', 0],
  ])('a subscription that is %s expires without an entry', async (_, left) => {
    const { id } = await hold({ left });
    expect((await clean()).result).toMatchObject({ subscriptions_expired: 1, sessions_expired: 0 });
    expect(await state(id)).toEqual({ status: 'expired', left, gone: 0 });
  });

  test('the counts say how many and how much, the entries know their run, the ledgers stay square', async () => {
    const [one, two] = [await hold({ left: 3 }), await hold({ left: 4 })];
    expect((await clean()).result).toMatchObject({ subscriptions_expired: 2, sessions_expired: 7, subscriptions_waiting: 0 });
    expect((await clean()).result).toMatchObject({ subscriptions_expired: 0, sessions_expired: 0 });
    const runs = await night.db.anyFirst(sql.type(z.object({ run_id: z.int() }))`
      select run_id from session_entries where reason = 'expired' and student_subscription_id in (${one.id}, ${two.id})`);
    expect(new Set(runs).size).toBe(1);
    expect(await auditBooks(night.db, '2020-01-01')).toEqual([]);
  });

  test('more than a batch is done in batches', async () => {
    const students = Array.from({ length: 1_203 }, (_, n) => n);
    const kind = await night.db.oneFirst(sql.type(z.object({ id: z.int() }))`
      insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('много', 1, 8, 30) returning id`);
    await night.db.query(sql.unsafe`
      with person as (insert into users (first_name) select 'Ученик' from generate_series(1, ${students.length}::int) returning id),
        student as (insert into students (id) select id from person returning id)
      insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
      select id, ${kind}, '2026-10-01', ${addDays(D, -1)}::date, 2 from student`);
    const chunks: number[] = [];
    const { result } = await night.clean(D, expiry, (n) => chunks.push(n));
    expect(result).toMatchObject({ subscriptions_expired: 1_203, sessions_expired: 2_406 });
    expect(chunks.length).toBeGreaterThan(1);
  });
});

describe('a subscription that is still needed waits', () => {
  const FIRST = '2026-10-01';
  const LAST = addDays(D, -1);
  test.each([
    ['on the last day', LAST, {}, true],
    ['on the first day', FIRST, {}, true],
    ['the day before the term', addDays(FIRST, -1), {}, false],
    ['after the term', D, {}, false],
    ['that a person marked absent', LAST, { status: 'ABSENT' }, true],
    ['marked as present', LAST, { status: 'PRESENT' }, true],
    ['cancelled safely', LAST, { status: 'CANCELLED_SAFE' }, false],
    ['on the waiting list', LAST, { status: 'WAITLIST' }, false],
    ['in a cancelled training', LAST, { training: 'cancelled' }, false],
  ])('a registration nobody has charged, %s', async (_, day, fields, waits) => {
    const { student, id } = await hold();
    await seat(student, day, fields);
    expect((await clean()).result).toMatchObject({ subscriptions_expired: waits ? 0 : 1, subscriptions_waiting: waits ? 1 : 0 });
    expect((await state(id)).status).toBe(waits ? 'active' : 'expired');
    await charge(D);
    await clean();
    expect(await state(id)).toEqual({ status: 'expired', left: 0, gone: waits ? 4 : 5 });
  });

  test('after a missed night finance takes the session first, and the rest expires a night later', async () => {
    const { student, id } = await hold();
    const registration = await seat(student, LAST);
    await clean();
    await charge(D);
    const paid = await night.db.one(sql.type(z.object({ session: z.boolean(), invoice: z.boolean() }))`
      select session_entry_id is not null as session, invoice_id is not null as invoice
      from real_training_students where id = ${registration}`);
    expect(paid).toEqual({ session: true, invoice: false });
    await clean(addDays(D, 1));
    expect(await state(id)).toEqual({ status: 'expired', left: 0, gone: 4 });
    expect(await auditBooks(night.db, D)).toEqual([]);
  });

  test('a freeze over the day needs no session', async () => {
    const { student, id } = await hold({ frozen: [LAST, LAST] });
    await seat(student, LAST);
    await clean();
    expect((await state(id)).status).toBe('expired');
    await charge(D);
  });

  test.each([
    ['with nothing left', 0],
    ['unlimited', null],
  ])('%s there is nothing to wait for', async (_, left) => {
    const { student, id } = await hold({ left });
    await seat(student, LAST);
    await clean();
    expect((await state(id)).status).toBe('expired');
    await charge(D);
  });

  test.each([
    [-1, 'active'],
    [-6, 'active'],
    [-7, 'expired'],
    [-8, 'expired'],
  ])('a renewal that was missed may still come: end date D%+d is %s', async (days, status) => {
    const { id } = await hold({ autoRenew: true, to: addDays(D, days) });
    await clean();
    expect((await state(id)).status).toBe(status);
    await night.db.query(sql.unsafe`update student_subscriptions set is_auto_renew = false where id = ${id}`);
    await clean();
    expect((await state(id)).status).toBe('expired');
  });

  test.each([
    ['renewed already', sql.fragment`renewed_from_id = null`],
    ['of a type that is not renewed any more', null],
  ])('%s, it expires at once', async (what, renewed) => {
    const { student, id } = await hold({ autoRenew: true });
    if (renewed) {
      const heir = await night.make.subscription({ student, from: D, to: '2099-01-01', left: 8 });
      await night.db.query(sql.unsafe`update student_subscriptions set renewed_from_id = ${id} where id = ${heir}`);
    } else {
      await night.db.query(sql.unsafe`
        update subscriptions set is_active = false where id = (select subscription_id from student_subscriptions where id = ${id})`);
    }
    await clean();
    expect([what, (await state(id)).status]).toEqual([what, 'expired']);
  });
});

describe('the student is notified', () => {
  test('once, with a text that can be said', async () => {
    const { student, id } = await hold({ left: 2 });
    await clean();
    await night.db.query(sql.unsafe`update student_subscriptions set status = 'active' where id = ${id}`);
    await clean();
    const [notice, ...others] = await told(student);
    expect(others).toEqual([]);
    expect(notice).toMatchObject({
      template: 'subscription_expired',
      dedupe_key: `subscription_expired:${id}`,
      params: { student_subscription_id: id, end_date: addDays(D, -1), sessions_expired: 2 },
    });
    for (const locale of ['ru', 'uk', 'en'] as const) {
      const studio = { locale, zone: 'Europe/Moscow', currency: 'RUB' };
      expect(render({ template: 'subscription_expired', params: notice!.params, locale }, studio).text).toMatch(/\S/);
    }
  });

  test('and so is whoever pays for the student, who reads for whom it is', async () => {
    const { student, id } = await hold({ left: 2 });
    const parent = await night.make.student();
    await night.db.query(sql.unsafe`update students set payer_id = ${parent} where id = ${student}`);
    await clean();
    expect(await told(student)).toMatchObject([{ params: { student: null } }]);
    expect(await told(parent)).toMatchObject([
      { dedupe_key: `subscription_expired:${id}:payer`, params: { student: expect.stringContaining('Ученик') } },
    ]);
  });

  test.each([
    [-30, 1],
    [-31, 0],
  ])('of an end date D%+d %i times: old records are no news', async (days, times) => {
    const { student } = await hold({ to: addDays(D, days), from: addDays(D, -90) });
    await clean();
    expect(await told(student)).toHaveLength(times);
  });

  test.each([
    [0, 0],
    [2, 1],
  ])('when it goes on under another number and %i sessions were lost, %i times', async (left, times) => {
    const { student, id } = await hold({ left, autoRenew: true });
    const heir = await night.make.subscription({ student, from: D, to: '2099-01-01', left: 3 });
    await night.db.query(sql.unsafe`update student_subscriptions set renewed_from_id = ${id} where id = ${heir}`);
    await clean();
    expect(await told(student)).toHaveLength(times);
  });
});

test('somebody who charges at that moment is waited for, and what he took is not taken again', async () => {
  const { student, id } = await hold({ left: 2 });
  const registration = await seat(student, '2026-09-01');
  const other = await holdOpen(
    night.database.url,
    `
    with locked as (select id from students where id = ${student} for no key update)
    insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason)
    select ${id}, ${registration}, 0, -1, 'training' from locked`,
  );
  const cleaning = clean();
  await waitingForLock(night.db);
  await other.commit();
  await cleaning;
  expect(await state(id)).toEqual({ status: 'expired', left: 0, gone: 1 });
});

test('two cleanups at once take what is left once', async () => {
  const held: Awaited<ReturnType<typeof hold>>[] = [];
  for (let n = 0; n < 20; n += 1) held.push(await hold({ left: 3 }));
  const results = await Promise.all([clean(), clean()]);
  const sum = results.reduce((total, { result }) => total + (result as { sessions_expired: number }).sessions_expired, 0);
  expect(sum).toBe(60);
  for (const { id } of held) expect(await state(id)).toEqual({ status: 'expired', left: 0, gone: 3 });
  await night.db.transaction((transaction) =>
    lockStudents(
      transaction,
      held.map(({ student }) => student),
    ),
  );
});
