import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { today } from '../support/days.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let student: number;
let training: number;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
  student = await make.student();
  await make.type();
  training = await make.training({ trainer: await make.specialist([]), at: inHours(-2) });
  await api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${student})`,
  );
});
afterAll(() => api.close());

test('trainings answer under both paths alike', async () => {
  const span = `?from=${addDays(today(), -2)}&to=${addDays(today(), 2)}`;
  expect((await api.get(`/api/trainings${span}`)).body).toEqual((await api.get(`/real-trainings${span}`)).body);
  expect((await api.get(`/api/trainings/${training}`)).body).toEqual((await api.get(`/real-trainings/${training}`)).body);
});

test('an attendance is a mark', async () => {
  const { status, body } = await api.post('/api/attendances', {
    student_id: student,
    training_id: training,
    status: 'ABSENT',
    notes: 'болеет',
  });
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { student_id: student, real_training_id: training, status: 'ABSENT', notes: 'болеет', marked_by: 'person' },
  });
  const listed = await api.get(`/api/attendances?student_id=${student}`);
  expect(listed.body.items).toEqual([body]);
  expect((await api.get(`/api/attendances?student_id=${student}&status=PRESENT`)).body.items).toEqual([]);
});

test('visits are counted over the whole span', async () => {
  const { body } = await api.get(`/api/students/${student}/visits`);
  expect(body).toMatchObject({
    counts: { present: 0, absent: 1, excused: 0, registered: 0, cancelled: 0 },
    items: [{ real_training_id: training, status: 'ABSENT' }],
  });
  expect((await api.get('/api/students/2147483647/visits')).status).toBe(404);
});

test('a payment counts on its day; not on one to come, nor on one of a closed period', async () => {
  const pay = (payment_date?: string) =>
    api.post('/api/payments', { student_id: student, amount_minor: 1_000, method: 'card', payment_date });
  expect((await pay()).body.payment).toMatchObject({
    payer_id: student,
    amount_minor: 1_000,
    method: 'card',
    payment_date: null,
  });
  const before = addDays(today(), -10);
  expect((await pay(before)).body).toMatchObject({ payment: { payment_date: before }, balance_minor: 2_000 });
  expect(
    (await api.get(`/api/payments?student_id=${student}&to=${addDays(today(), -1)}`)).body.items.map(
      (one: Json) => one.payment_date,
    ),
  ).toEqual([before]);
  expect((await pay(addDays(today(), 2))).body.errors).toMatchObject([
    { path: 'payment_date', message: expect.stringContaining('or before') },
  ]);
  const closed = await api.ask('PUT', '/api/closed-period', { body: { through: before } });
  expect(closed.body).toMatchObject({ through: before, closed_by: 'key-1' });
  expect(await pay(before)).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'payment_date', message: expect.stringContaining('closed') }] },
  });
  expect((await pay(addDays(before, 1))).status).toBe(201);
  expect((await api.ask('PUT', '/api/closed-period', { body: { through: null } })).body.through).toBeNull();
  expect((await pay(before)).status).toBe(201);
  expect((await api.post('/api/payments', { student_id: student, payer_id: student, amount_minor: 1 })).status).toBe(422);
});

test('a student is changed by PUT, and deactivated by DELETE: nothing is lost', async () => {
  const one = await api.post('/api/students', { first_name: 'Пояс' });
  expect(one.body.current_belt).toBe('White');
  expect((await api.ask('PUT', `/api/students/${one.body.id}`, { body: { last_name: 'Новый' } })).body).toMatchObject({
    first_name: 'Пояс',
    last_name: 'Новый',
  });
  for (let n = 0; n < 2; n += 1) expect((await api.ask('DELETE', `/api/students/${one.body.id}`)).status).toBe(204);
  expect((await api.get(`/api/students/${one.body.id}`)).body).toMatchObject({ is_active: false, last_name: 'Новый' });
  expect((await api.ask('DELETE', '/api/students/2147483647')).status).toBe(404);
});
