import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { requestRow } from '../../sql/finance/requests.ts';
import { nightShift, register, trainingIn } from './night.ts';

let shift: Awaited<ReturnType<typeof nightShift>>;
let api: typeof shift.api;
/** What stands for the numbers in the paths below: a training to come, one that has begun, one called off, and who is (not) in them. */
const known: Record<string, number> = {};
beforeAll(async () => {
  shift = await nightShift();
  ({ api } = shift);
  const [next, begun, off] = [await trainingIn(shift, 20), await trainingIn(shift, -0.5), await trainingIn(shift, 30)];
  const [student, stranger] = [await shift.make.student(), await shift.make.student()];
  for (const training of [next, begun, off]) await register(api, training.id, student);
  Object.assign(known, { NEXT: next.id, BEGUN: begun.id, OFF: off.id, STUDENT: student, STRANGER: stranger });
  expect(await api.post(path('/real-trainings/OFF/cancel'), { reason: 'x' })).toMatchObject({ status: 200 });
  const { body } = await api.post(path('/api/students/STUDENT/payments'), { amount_minor: 10 });
  known.PAYMENT = body.payment.id;
});
afterAll(() => shift.close());
const path = (text: string) => text.replaceAll(/[A-Z]+/g, (name) => String(known[name] ?? name));
const filled = (body: object) => JSON.parse(path(JSON.stringify(body)).replaceAll(/"(\d+)"/g, '$1')) as object;

const reason = { reason: 'заболел' };
const routes: [string, body: object][] = [
  ['/real-trainings/NEXT/cancel', reason],
  ['/real-trainings/NEXT/students/STUDENT/cancel', reason],
  ['/real-trainings/NEXT/students', { student_id: 'STRANGER' }],
  ['/api/students/STUDENT/payments', { amount_minor: 1 }],
  ['/api/payments/PAYMENT/cancel', reason],
  ['/api/invoices/1/cancel', reason],
];

/** Everything that may change; the same before and after whatever is refused. */
const books = () =>
  api.db.one(sql.unsafe`
    select (select count(*)::int from payments where cancelled_at is null) as payments, (select count(*)::int from wallet_transactions) as transactions,
      (select json_agg(json_build_array(real_training_id, student_id, status) order by id) from real_training_students) as seats,
      (select json_agg(status order by id) from real_trainings) as trainings`);
async function isRefused(asking: Promise<{ status: number; body: unknown; headers: Headers }>, status: number, says: object) {
  const before = await books();
  const answer = await asking;
  expect(answer).toMatchObject({ status, body: { type: 'about:blank', status, ...says } });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(await books()).toEqual(before);
}

test.each([
  ['/real-trainings/999999/cancel', reason, 'there is no training 999999'],
  ['/real-trainings/999999/students/STUDENT/cancel', reason, 'there is no training 999999'],
  ['/real-trainings/NEXT/students/999999/cancel', reason, 'there is no student 999999'],
  ['/real-trainings/NEXT/students/STRANGER/cancel', reason, 'the student STRANGER is not registered in the training NEXT'],
  ['/real-trainings/999999/students', { student_id: 'STUDENT' }, 'there is no training 999999'],
  ['/real-trainings/NEXT/students', { student_id: 999_999 }, 'there is no student 999999'],
  ['/api/students/999999/payments', { amount_minor: 1 }, 'there is no student 999999'],
  ['/api/payments/999999/cancel', reason, 'there is no payment 999999'],
  ['/api/invoices/999999/cancel', reason, 'there is no invoice 999999'],
])('%s with %j: unknown, 404', (where, body, detail) =>
  isRefused(api.post(path(where), filled(body)), 404, { detail: path(detail) }),
);

test.each([['/api/students/999999/wallet'], ['/finance-requests/999999']])('%s: unknown, 404', (where) =>
  isRefused(api.get(where), 404, {}),
);

test.each([
  ['/real-trainings/BEGUN/cancel', reason, 'the training has started'],
  ['/real-trainings/BEGUN/students/STUDENT/cancel', reason, 'the training has started'],
  ['/real-trainings/BEGUN/students', { student_id: 'STRANGER' }, 'the training has started'],
  ['/real-trainings/OFF/students/STUDENT/cancel', reason, 'the training is cancelled'],
  ['/real-trainings/OFF/students', { student_id: 'STRANGER' }, 'the training is cancelled'],
])('%s with %j: too late, 409', (where, body, detail) => isRefused(api.post(path(where), filled(body)), 409, { detail }));

/** How the API read a refusal before it knew kinds of them; such a process may run beside new ones while a fleet is updated. */
const readEarlier = z.object({ status: z.union([z.literal(404), z.literal(409)]), detail: z.string() });

describe('GET /finance-requests/{id} of a refused request', () => {
  const asked = async (outcome: object) => {
    const id = await api.db.oneFirst(sql.unsafe`
      insert into finance_requests (kind, real_training_id, requested_at, requested_by, status, outcome, decided_at)
      values ('cancel_training', ${Number(known.NEXT)}, now(), 'test', 'refused', ${sql.jsonb(outcome as never)}, now()) returning id`);
    return (await api.get(`/finance-requests/${id}`)).body.outcome;
  };

  test.each([
    ['missing', 404],
    ['conflict', 409],
  ])('says %s as the status %d', async (kind, status) => {
    expect(await asked({ kind, detail: 'no' })).toEqual({ status, detail: 'no' });
  });

  test('says the status that an earlier version noted', async () => {
    expect(await asked({ status: 409, detail: 'no' })).toEqual({ status: 409, detail: 'no' });
  });

  test('shows any other outcome as it is', async () => {
    expect(await asked({ detail: '-' })).toEqual({ detail: '-' });
  });

  test.each([
    ['/real-trainings/BEGUN/cancel', 'conflict', 409],
    ['/real-trainings/NEXT/students/STRANGER/cancel', 'missing', 404],
  ])('says what %s has answered, as an API process of an earlier version does, too', async (where, kind, status) => {
    const { body } = await api.post(path(where), reason);
    const last = await api.db.one(
      sql.type(requestRow.pick({ id: true, outcome: true }))`select id, outcome from finance_requests order by id desc limit 1`,
    );
    const answer = { status, detail: body.detail };
    expect(body).toMatchObject(answer);
    expect(last.outcome).toEqual({ kind, ...answer });
    expect(readEarlier.parse(last.outcome)).toEqual(answer);
    expect((await api.get(`/finance-requests/${last.id}`)).body.outcome).toEqual(answer);
  });
});

describe.each(routes)('%s', (where, body) => {
  const field = 'reason' in body ? 'reason' : undefined;
  test('needs the scope money:write', async () => {
    const key = await api.key('records:write', 'money:read');
    await isRefused(api.post(path(where), filled(body), { key }), 403, {});
  });

  test.each([['one'], ['-1'], ['0'], ['1.5'], ['9999999999']])('does not know the id %s', (id) =>
    isRefused(api.post(path(where).replace(/\d+/, id), filled(body)), 422, {
      errors: [{ path: 'id', message: expect.any(String) }],
    }),
  );

  test('takes no field it does not know', () =>
    isRefused(api.post(path(where), { ...filled(body), amount: 1 }), 422, {
      errors: [{ path: 'amount', message: expect.stringMatching(/^no such field; there are: /) }],
    }));

  if (field) {
    test.each([['x'.repeat(501)], [''], ['   '], [7], [null]])('takes a reason of 1 to 500 characters', (given) =>
      isRefused(api.post(path(where), { reason: given }), 422, { errors: [{ path: 'reason', message: '1 to 500 characters' }] }),
    );
  }
});

test.each([[-1], [0], [1.5], [1e12 + 1], ['100'], [null]])('an amount of %p is refused and the field named', (amount_minor) =>
  isRefused(api.post(path('/api/students/STUDENT/payments'), { amount_minor }), 422, {
    errors: [{ path: 'amount_minor', message: 'a whole number of minor units of the currency from 1 to 1000000000000' }],
  }),
);

test.each([['one'], [1.5], [-1], [0], [3_000_000_000], [null]])(
  'a student_id of %p is refused and the field named',
  (student_id) =>
    isRefused(api.post(path('/real-trainings/NEXT/students'), { student_id }), 422, {
      errors: [{ path: 'student_id', message: 'the id of a student' }],
    }),
);

test('just within the limits is accepted', async () => {
  const [student, other] = [await shift.make.student(), await shift.make.student()];
  for (const amount_minor of [1, 1e12]) {
    expect(await api.post(`/api/students/${student}/payments`, { amount_minor })).toMatchObject({ status: 201 });
  }
  const training = await trainingIn(shift, 50);
  await register(api, training.id, other);
  expect(await api.post(`/real-trainings/${training.id}/students/${other}/cancel`, { reason: 'ё'.repeat(500) })).toMatchObject({
    status: 200,
  });
});

test('a payment repeated with its key and another amount is refused, and repeated at once is one payment', async () => {
  const student = await shift.make.student();
  const pay = (amount_minor: number) =>
    api.post(`/api/students/${student}/payments`, { amount_minor }, { headers: { 'Idempotency-Key': `twice-${student}` } });
  const statuses = (await Promise.all([pay(300), pay(300), pay(300)])).map(({ status }) => status);
  expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(0);
  expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
  expect(await pay(300)).toMatchObject({ status: 201, body: { balance_minor: 300 } });
  expect(await pay(301)).toMatchObject({ status: 422 });
  expect((await api.get(`/api/students/${student}/wallet`)).body).toMatchObject({
    balance_minor: 300,
    items: [{ amount_minor: 300 }],
  });
});

test('a training called off twice answers the first outcome', async () => {
  const again = await api.post(path('/real-trainings/OFF/cancel'), { reason: 'another one' });
  expect(again).toMatchObject({ status: 200, body: { reason: 'x', students: 1 } });
});
