import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { nightShift, register, trainingIn } from './night.ts';

let shift: Awaited<ReturnType<typeof nightShift>>;
let api: typeof shift.api;
let make: typeof shift.make;
beforeAll(async () => {
  shift = await nightShift();
  ({ api, make } = shift);
});
afterAll(() => shift.close());

const reason = { reason: 'заболел' };
const wallet = async (student: number) => (await api.get(`/api/students/${student}/wallet`)).body;

describe('cancelling', () => {
  test.each([
    [13, 'safe', 'CANCELLED_SAFE'],
    [11, 'late', 'ABSENT'],
  ])(
    'a participation %i h before the start is %s, and a second time answers the first outcome',
    async (hours, outcome, status) => {
      const training = await trainingIn(shift, hours);
      const student = await make.student();
      await register(api, training.id, student);
      const first = await api.post(`/real-trainings/${training.id}/students/${student}/cancel`, reason);
      expect(first).toMatchObject({ status: 200, body: { outcome, status } });
      const second = await api.post(`/real-trainings/${training.id}/students/${student}/cancel`, reason);
      expect(second).toMatchObject({ status: 200, body: first.body });
      const told = await api.db.any(sql.unsafe`select template, status from notifications where user_id = ${student}`);
      expect(told).toEqual([{ template: 'participation_cancelled', status: 'pending' }]);
    },
  );

  test('a training gives everything back, tells everyone and is closed', async () => {
    const training = await trainingIn(shift, 5);
    const [holder, payer] = [await make.student(), await make.student()];
    const held = await make.subscription({ student: holder, from: '2020-01-01', to: '2099-01-01', left: 3 });
    await api.post(`/api/students/${payer}/payments`, { amount_minor: 100_000 });
    for (const student of [holder, payer]) await register(api, training.id, student);
    await api.post(
      '/real-trainings/process-daily-operations',
      { date: addDays(training.training_date, -1) },
      { headers: { Prefer: 'wait=20' } },
    );
    expect(await wallet(payer)).toMatchObject({ balance_minor: 30_000 });
    const called = await api.post(`/real-trainings/${training.id}/cancel`, { reason: 'прорвало трубу' });
    expect(called).toMatchObject({ status: 200, body: { students: 2, returned: { sessions: 1, refunded_minor: 70_000 } } });
    expect(await wallet(payer)).toMatchObject({ balance_minor: 100_000 });
    expect(await api.db.oneFirst(sql.unsafe`select sessions_left from student_subscriptions where id = ${held}`)).toBe(3);
    expect((await api.get(`/real-trainings/${training.id}`)).body).toMatchObject({ status: 'cancelled', registered: 0 });
    expect((await api.get('/api/audit')).body).toMatchObject({ square: true });
  });

  test.each([
    ['an unknown training', '/real-trainings/999999/cancel', 404],
    ['an unknown student', '/real-trainings/ID/students/999999/cancel', 404],
    ['a started training', '/real-trainings/STARTED/cancel', 409],
  ])('%s is refused', async (_, path, status) => {
    const [soon, started] = [await trainingIn(shift, 20), await trainingIn(shift, -2)];
    const where = path.replace('ID', String(soon.id)).replace('STARTED', String(started.id));
    expect(await api.post(where, reason)).toMatchObject({ status });
  });
});

describe('adding by hand', () => {
  test('takes a seat, once, while there is one', async () => {
    const training = await trainingIn(shift, 40, { places: 1 });
    const [one, other] = [await make.student(), await make.student()];
    const add = (student: number) => api.post(`/real-trainings/${training.id}/students`, { student_id: student });
    expect(await add(one)).toMatchObject({ status: 200, body: { status: 'REGISTERED' } });
    expect(await add(one)).toMatchObject({ status: 409, body: { detail: 'the student is registered already' } });
    expect(await add(other)).toMatchObject({ status: 409, body: { detail: 'the training is full' } });
  });
});

describe('payments', () => {
  test('the example of the rule: 5000 taken back with 2000 left and 2000, 2000, 500 paid', async () => {
    const student = await make.student();
    for (const [hours, price] of [
      [-90, 500],
      [-80, 2_000],
      [-70, 2_000],
    ] as const) {
      const training = await trainingIn(shift, hours, { price });
      await register(api, training.id, student);
    }
    await api.post('/real-trainings/process-daily-operations', { again: true }, { headers: { Prefer: 'wait=20' } });
    await api.post(`/api/students/${student}/payments`, { amount_minor: 1_500 });
    const paid = await api.post(`/api/students/${student}/payments`, { amount_minor: 5_000 });
    expect(paid).toMatchObject({ status: 201, body: { invoices_paid: 2, balance_minor: 2_000 } });
    const cancel = () => api.post(`/api/payments/${paid.body.payment.id}/cancel`, { reason: 'ошибка' });
    expect(await cancel()).toMatchObject({ status: 200, body: { invoices_owed_again: 2, balance_minor: 1_000 } });
    expect(await cancel()).toMatchObject({ status: 200, body: { invoices_owed_again: 0, balance_minor: 1_000 } });
    const { items } = (await api.get(`/api/invoices?payer_id=${student}`)).body;
    expect(items.map((invoice: { status: string }) => invoice.status)).toEqual(['UNPAID', 'UNPAID', 'PAID']);
    expect((await api.get('/api/audit?date=2020-01-01')).body).toMatchObject({ square: true });
  });

  test('repeated with its key, a payment is one payment', async () => {
    const student = await make.student();
    const pay = () =>
      api.post(`/api/students/${student}/payments`, { amount_minor: 300 }, { headers: { 'Idempotency-Key': `pay-${student}` } });
    expect((await pay()).body).toEqual((await pay()).body);
    expect(await wallet(student)).toMatchObject({ balance_minor: 300 });
  });

  test.each([[-1], [0], [1.5], [1e12 + 1], ['100'], [null]])('an amount of %p is refused', async (amount_minor) => {
    const student = await make.student();
    expect(await api.post(`/api/students/${student}/payments`, { amount_minor })).toMatchObject({ status: 422 });
    expect(await wallet(student)).toMatchObject({ balance_minor: 0, items: [] });
  });

  test('a reason of 501 characters, an unknown student and a key of another scope are refused', async () => {
    const key = await api.key('records:write');
    expect(await api.post('/api/payments/1/cancel', { reason: 'x'.repeat(501) })).toMatchObject({ status: 422 });
    expect(await api.post('/api/students/999999/payments', { amount_minor: 1 })).toMatchObject({ status: 404 });
    expect(await api.post('/api/students/1/payments', { amount_minor: 1 }, { key })).toMatchObject({ status: 403 });
  });
});

describe('the database itself refuses', () => {
  test.each([
    ['a balance that is set', sql.unsafe`update wallets set balance_minor = balance_minor + 1`],
    ['sessions that are set', sql.unsafe`update student_subscriptions set sessions_left = sessions_left + 1`],
    ['a ledger line that is changed', sql.unsafe`update wallet_transactions set amount_minor = 1`],
    ['a session entry that is deleted', sql.unsafe`delete from session_entries`],
    [
      'a second session for a registration',
      sql.unsafe`insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason)
        select student_subscription_id, real_training_student_id, charge_no, delta, reason from session_entries where reason = 'training'`,
    ],
    [
      'a second invoice for a registration',
      sql.unsafe`insert into invoices (payer_id, student_id, type, amount_minor, real_training_student_id, charge_no)
        select payer_id, student_id, type, amount_minor, real_training_student_id, charge_no from invoices`,
    ],
  ])('%s', async (_, statement) => {
    await expect(api.db.query(statement)).rejects.toThrow();
    expect((await api.get('/api/audit?date=2020-01-01')).body).toMatchObject({ square: true });
  });
});
