import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { chargeChunk, initialNightProgress } from '../../sql/finance/night.ts';
import type { Json } from '../support/front-door.ts';
import { at, byHandForEach, dayIn } from './scene.ts';

const scene = byHandForEach();

/** The night before the day after tomorrow charges up to it. */
async function charge(day = dayIn(1)) {
  let progress = initialNightProgress;
  while (!progress.done) progress = await scene.db.transaction((db) => chargeChunk(db, day, progress, null));
}
const balance = async (id: number) =>
  (await scene.db.maybeOneFirst(
    sql.type(z.object({ balance_minor: z.int() }))`select balance_minor from wallets where user_id = ${id}`,
  )) ?? 0;
const left = (id: number) =>
  scene.db.oneFirst(
    sql.type(z.object({ left: z.int().nullable() }))`select sessions_left as left from student_subscriptions where id = ${id}`,
  );
const invoices = async (student: number) =>
  (await scene.db.any(
    sql.unsafe`select status, amount_minor from invoices where student_id = ${student} and type = 'TRAINING' order by id`,
  )) as Json[];

/** A charged training two days ahead: one pays by a session that ends that day, one from the wallet, one owes. */
async function charged() {
  const training = await scene.training({ starts_at: at(dayIn(2), '10:00') });
  const [holder, payer, debtor] = [await scene.make.student(), await scene.make.student(), await scene.make.student()];
  const held = await scene.make.subscription({ student: holder, from: dayIn(-20), to: dayIn(2), left: 3 });
  await scene.api.post(`/api/students/${payer}/payments`, { amount_minor: 60_000 });
  await scene.seat(training.id, holder, payer, debtor);
  await charge();
  await scene.timePasses();
  await scene.emptyOutbox();
  expect([await left(held), await balance(payer)]).toEqual([2, 10_000]);
  return { training, holder, payer, debtor, held };
}
const move = (training: Json, body: Record<string, unknown>) =>
  scene.api.patch(`/real-trainings/${training.id}`, { version: training.version, ...body });

test('a booking whose hold is over is in nobody’s way when a move is taken back', async () => {
  const start = at(dayIn(2), '10:00');
  const training = await scene.training({ starts_at: start });
  const moved = (await move(training, { starts_at: at(dayIn(2), '14:00') })).body;
  const client = await scene.make.student();
  await scene.db.query(sql.unsafe`
    with service as (insert into services (name, duration_minutes) values ('Массаж', 30) returning id)
    insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, ends_at, busy_until, duration_minutes, service_price_minor,
      price_minor, status, held_until)
    select ${client}, ${client}, ${training.trainer_id}, service.id, start, start + interval '30 minutes', start + interval '30 minutes', 30, 0, 0,
      'PENDING', now() - interval '1 minute'
    from service, (select ${start}::timestamptz as start) as begin`);
  expect((await scene.api.post(moved.undo.href, {})).status).toBe(200);
  const status = sql.unsafe`select status from bookings`;
  expect(await scene.db.any(status)).toEqual([{ status: 'CANCELLED' }]);
});

describe('a session that does not cover the new day goes back and the place is decided anew (R12)', () => {
  test.each([
    ['its last day', 2, '12:00', [2, 0]],
    ['the day after it', 3, '10:00', [3, 1]],
  ] as const)('moved to %s', async (_, day, time, [sessions, owed]) => {
    const { training, holder, held, payer } = await charged();
    const dry = await move(training, { starts_at: at(dayIn(day), time), dry_run: true });
    const moved = await move(training, { starts_at: at(dayIn(day), time) });
    expect(moved.body.consequences).toEqual(dry.body.consequences);
    expect(moved.body.consequences.loses.map(({ what, student_id }: Json) => [what, student_id])).toEqual(
      owed ? [['subscription', holder]] : [],
    );
    expect(await left(held)).toBe(sessions);
    expect(await invoices(holder)).toEqual(owed ? [{ status: 'UNPAID', amount_minor: 50_000 }] : []);
    expect(await balance(payer)).toBe(10_000);
    expect(await scene.audit()).toEqual([]);
  });

  test('by another subscription that covers it, if there is one; undone, it is as it was', async () => {
    const { training, holder, held } = await charged();
    const next = await scene.make.subscription({ student: holder, from: dayIn(3), to: dayIn(30), left: 4 });
    const moved = await move(training, { starts_at: at(dayIn(3), '10:00') });
    expect([await left(held), await left(next), await invoices(holder)]).toEqual([3, 3, []]);
    expect((await scene.api.post(moved.body.undo.href)).status).toBe(200);
    expect([await left(held), await left(next)]).toEqual([2, 4]);
    expect(await scene.audit()).toEqual([]);
  });

  test('dragged on and back untold: the session pays as before, and nothing is said', async () => {
    const { training, holder, held } = await charged();
    await scene.reach(holder, training.trainer_id);
    const moved = await move(training, { starts_at: at(dayIn(3), '10:00') });
    await move(moved.body, { starts_at: at(dayIn(2), '10:00') });
    expect([await left(held), (await invoices(holder)).map(({ status }) => status)]).toEqual([2, ['CANCELLED']]);
    expect((await scene.notes('training_moved')).filter(({ status }) => status === 'pending')).toEqual([]);
    expect(await scene.audit()).toEqual([]);
  });

  test('a new price is for places that are not charged yet', async () => {
    const { training, holder, payer } = await charged();
    const late = await scene.make.student();
    await scene.seat(training.id, late);
    await move(training, { price_minor: 90_000 });
    await charge();
    expect([await invoices(payer), await invoices(late), await invoices(holder)]).toEqual([
      [{ status: 'PAID', amount_minor: 50_000 }],
      [{ status: 'UNPAID', amount_minor: 90_000 }],
      [],
    ]);
  });
});

describe('a training that was called off is taken back whole (D49)', () => {
  const cancel = (training: Json) => scene.api.post(`/real-trainings/${training.id}/cancel`, { reason: 'burst pipe' });
  const picture = async (training: Json) => {
    const { body } = await scene.api.get(`/real-trainings/${training.id}`);
    return { ...body, version: 0 };
  };

  test('the rows, the session, the money, and no message is left', async () => {
    const { training, holder, payer, debtor, held } = await charged();
    const before = await picture(training);
    const cancelled = await cancel(training);
    expect(cancelled.body).toMatchObject({ students: 3, version: training.version + 1, undo: { href: expect.any(String) } });
    expect([await left(held), await balance(payer)]).toEqual([3, 60_000]);
    expect(await scene.notes('training_cancelled')).toHaveLength(4);
    expect(await scene.api.post(cancelled.body.undo.href)).toMatchObject({
      status: 200,
      body: { kind: 'trainings_cancelled', subject_id: training.id },
    });
    expect(await picture(training)).toEqual(before);
    expect([await left(held), await balance(payer)]).toEqual([2, 10_000]);
    expect([await invoices(payer), await invoices(debtor), await invoices(holder)]).toEqual([
      [{ status: 'PAID', amount_minor: 50_000 }],
      [{ status: 'UNPAID', amount_minor: 50_000 }],
      [],
    ]);
    expect(await scene.notes()).toEqual([]);
    expect(await scene.audit()).toEqual([]);
    expect((await cancel(training)).body).toMatchObject({ students: 3, returned: { sessions: 1 } });
    expect(await scene.audit()).toEqual([]);
  });

  test('until it is over nothing is settled from what came back; then it is', async () => {
    const { training, payer } = await charged();
    const held = await scene.make.subscription({ student: payer, from: dayIn(-1), to: dayIn(60) });
    await scene.db.query(sql.unsafe`
      insert into invoices (payer_id, student_id, type, amount_minor, student_subscription_id)
      values (${payer}, ${payer}, 'SUBSCRIPTION', 55000, ${held})`);
    await cancel(training);
    expect(await balance(payer)).toBe(60_000);
    expect(await scene.timePasses()).toBe(1);
    expect(await balance(payer)).toBe(5_000);
    expect(await scene.timePasses()).toBe(0);
  });

  test.each([
    ['the trainer gives another one then', 'trainer'],
    ['a student has booked something else', 'student'],
    ['the money is spent', 'money'],
    ['it is too late', 'late'],
  ])('%s: 409 that says so, and nothing is half', async (_, what) => {
    const { training, holder, payer } = await charged();
    const { body } = await cancel(training);
    if (what === 'trainer') await scene.training({ starts_at: at(dayIn(2), '10:30'), trainer_id: training.trainer_id });
    if (what === 'student') await scene.seat((await scene.training({ starts_at: at(dayIn(2), '10:30') })).id, holder);
    if (what === 'money')
      await scene.db.query(
        sql.unsafe`insert into wallet_transactions (user_id, amount_minor, kind) values (${payer}, -20000, 'adjustment')`,
      );
    if (what === 'late') await scene.timePasses();
    const reply = await scene.api.post(body.undo.href);
    expect(reply).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringMatching(
          {
            trainer: /the trainer gives the training/,
            student: /registered in the training/,
            money: /spent/,
            late: /too late/,
          }[what] as RegExp,
        ),
      },
    });
    expect(await scene.trainings([training.id])).toMatchObject([{ status: 'cancelled', registered: 0 }]);
    expect((await scene.audit()).filter(({ rule }) => rule !== 'balance')).toEqual([]);
  });
});

describe('a change is taken back by its author, an owner or an admin', () => {
  test('its maker and an owner’s key; another key knows of none', async () => {
    const [mine, other] = [await scene.api.key('records:write'), await scene.api.key('records:write')];
    const training = await scene.training({ starts_at: at(dayIn(5), '10:00') });
    const change = async (notes: string) => {
      const [{ version }] = (await scene.trainings([training.id])) as [Json];
      return (await scene.api.patch(`/real-trainings/${training.id}`, { version, notes }, { key: mine })).body.undo.href;
    };
    const href = await change('one');
    expect((await scene.api.post(href, undefined, { key: other })).status).toBe(404);
    expect((await scene.api.post(href, undefined, { key: mine })).status).toBe(200);
    const again = await scene.api.post(href, undefined, { key: mine });
    expect(again.status).toBe(200);
    expect((await scene.api.post(await change('two'))).status).toBe(200);
    expect(await scene.trainings([training.id])).toMatchObject([{ notes: null }]);
  });

  test('something built on it meanwhile is named', async () => {
    const training = await scene.training({ starts_at: at(dayIn(5), '10:00') });
    const first = await move(training, { starts_at: at(dayIn(6), '10:00') });
    const student = await scene.make.student();
    await scene.seat(training.id, student);
    expect((await scene.api.post(first.body.undo.href)).body.detail).toContain(`the student ${student} has taken a place`);
    const second = await move(first.body, { starts_at: at(dayIn(7), '10:00') });
    expect((await scene.api.post(first.body.undo.href)).body.detail).toContain('was changed again');
    expect((await scene.api.post(second.body.undo.href)).status).toBe(200);
    expect(await scene.trainings([training.id])).toMatchObject([{ training_date: dayIn(6), version: training.version + 3 }]);
  });
});

describe('a booking answers with its version and how it is taken back', () => {
  async function booking() {
    const client = await scene.make.user('Client', 'client');
    const specialist = await scene.make.trainer();
    const hours = JSON.stringify(Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((day) => [day, [['08:00', '22:00']]])));
    await scene.db.query(sql.unsafe`update specialists set work_schedule = ${hours}::jsonb where id = ${specialist}`);
    const service = await scene.db.oneFirst(sql.type(z.object({ id: z.int() }))`
      insert into services (name, duration_minutes, price_minor) values (${`Massage ${randomUUID()}`}, 60, 100000) returning id`);
    await scene.db.query(
      sql.unsafe`insert into specialist_services (specialist_id, service_id) values (${specialist}, ${service})`,
    );
    await scene.api.post(`/api/clients/${client}/payments`, { amount_minor: 150_000 });
    const made = await scene.api.post('/bookings', {
      client_id: client,
      service_id: service,
      specialist_id: specialist,
      starts_at: at(dayIn(3), '10:00'),
      pay_from: 'wallet',
    });
    expect(made.status).toBe(201);
    await scene.emptyOutbox();
    return { ...made.body, client } as Json;
  }

  test('moved and back', async () => {
    const made = await booking();
    const moved = await scene.api.post(`/bookings/${made.id}/reschedule`, { starts_at: at(dayIn(4), '12:00') });
    expect(moved.body).toMatchObject({ version: made.version + 1, moves: 1, undo: { href: expect.any(String) } });
    expect((await scene.notes()).length).toBeGreaterThan(0);
    expect((await scene.api.post(moved.body.undo.href)).status).toBe(200);
    expect((await scene.api.get(`/bookings/${made.id}`)).body).toMatchObject({
      starts_at: made.starts_at,
      moves: 0,
      version: made.version + 2,
    });
    expect(await scene.notes()).toEqual([]);
  });

  test('cancelled and back: paid from the wallet again', async () => {
    const made = await booking();
    const cancelled = await scene.api.post(`/bookings/${made.id}/cancel`, { reason: 'ill' });
    expect(cancelled.body).toMatchObject({ outcome: 'safe', version: made.version + 1, undo: { href: expect.any(String) } });
    expect(await balance(made.client)).toBe(150_000);
    expect((await scene.api.post(cancelled.body.undo.href)).status).toBe(200);
    expect((await scene.api.get(`/bookings/${made.id}`)).body).toMatchObject({
      status: 'CONFIRMED',
      invoice: { status: 'PAID' },
      cancellation_reason: null,
    });
    expect(await balance(made.client)).toBe(50_000);
    expect(await scene.audit()).toEqual([]);
  });

  test('somebody has the time since: 409', async () => {
    const made = await booking();
    const { body } = await scene.api.post(`/bookings/${made.id}/cancel`, { reason: 'ill' });
    await scene.training({ starts_at: made.starts_at, trainer_id: made.specialist_id });
    expect(await scene.api.post(body.undo.href)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('gives the training') },
    });
    expect((await scene.api.get(`/bookings/${made.id}`)).body.status).toBe('CANCELLED');
  });
});
