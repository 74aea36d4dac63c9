import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { at } from '../bookings/salon.ts';
import { night } from '../finance/acts.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());

const id = sql.type(z.object({ id: z.int() }));
async function training(type: number, days = 3) {
  const starts = at(days, '18:00');
  return api.db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    values (${type}, ${await make.trainer()}, ${starts.slice(0, 10)}::date, '18:00', ${starts}::timestamptz, ${starts}::timestamptz + interval '1 hour', 5, 50000)
    returning id`);
}
const trial = (trainingId: number, student: number, price_minor?: number | null) =>
  api.post(`/real-trainings/${trainingId}/trial`, { student_id: student, price_minor });
const phoned = async (phone: string | null) => {
  const student = await make.student();
  await api.db.query(sql.unsafe`update users set phone = ${phone} where id = ${student}`);
  return student;
};
const owed = (student: number) =>
  api.db.anyFirst(sql.unsafe`select amount_minor from invoices where student_id = ${student} and status <> 'CANCELLED'`);

test('one per person and program, ever; of another program there is another', async () => {
  const [karate, yoga] = [await make.type(), await make.type()];
  const student = await make.student();
  expect(await trial(await training(karate), student, 0)).toMatchObject({ status: 201, body: { status: 'REGISTERED' } });
  const second = await training(karate, 4);
  expect(await trial(second, student)).toMatchObject({ status: 409 });
  expect((await api.get(`/real-trainings/${second}`)).body).toMatchObject({ registered: 0 });
  expect(await trial(await training(yoga, 5), student)).toMatchObject({ status: 201 });
});

test('types that share a program share the trial', async () => {
  const [kids, adults] = [await make.type(), await make.type()];
  for (const type of [kids, adults]) await api.patch(`/api/training-types/${type}`, { program: 'Дзюдо' });
  const student = await make.student();
  expect(await trial(await training(kids), student)).toMatchObject({ status: 201, body: { program: 'Дзюдо' } });
  expect(await trial(await training(adults, 4), student)).toMatchObject({ status: 409 });
});

test('a guest who comes again under another name, with the same phone, is the same person', async () => {
  const type = await make.type();
  const first = await phoned('+79990000001');
  expect(await trial(await training(type), first)).toMatchObject({ status: 201 });
  await api.db.query(sql.unsafe`update users set phone = null where id = ${first}`);
  expect(await trial(await training(type, 4), await phoned('+79990000001'))).toMatchObject({ status: 409 });
  expect(await trial(await training(type, 5), await phoned('+79990000002'))).toMatchObject({ status: 201 });
});

test('one that was cancelled in time was none', async () => {
  const type = await make.type();
  const student = await make.student();
  const first = await training(type);
  await trial(first, student);
  await api.post(`/real-trainings/${first}/students/${student}/cancel`, { reason: 'болен' });
  expect(await trial(await training(type, 4), student)).toMatchObject({ status: 201 });
  expect(await trial(first, student)).toMatchObject({ status: 409 });
});

test('one that was cancelled in time may be had in the same training', async () => {
  const student = await make.student();
  const only = await training(await make.type());
  await trial(only, student);
  await api.post(`/real-trainings/${only}/students/${student}/cancel`, { reason: 'болен' });
  expect(await trial(only, student)).toMatchObject({ status: 201 });
});

test.each([
  ['a price of its own', 10_000, [10_000]],
  ['no price', 0, []],
  ["the training's price", null, [50_000]],
])('is charged at %s', async (_, price, bills) => {
  const type = await make.type();
  const student = await make.student();
  await trial(await training(type), student, price);
  await night(api.db, addDays(at(3, '18:00').slice(0, 10), -1));
  expect(await owed(student)).toEqual(bills);
});

test.each([
  ['thirty days after it', '30 days', true],
  ['a second later', '30 days 1 second', false],
  ['before the trial was given', '-10 days', false],
])('has converted with a subscription bought %s', async (_, after, isConverted) => {
  const type = await make.type();
  const student = await make.student();
  const trialId = (await trial(await training(type), student)).body.trial_id;
  const held = await make.subscription({ student, from: '2020-01-01', to: '2099-01-01' });
  await api.db.query(sql.unsafe`
    update student_subscriptions set created_at = (select starts_at from trial_conversions where id = ${trialId}) + ${after}::interval where id = ${held}`);
  const found = await api.db.oneFirst(sql.unsafe`select student_subscription_id from trial_conversions where id = ${trialId}`);
  expect(found).toBe(isConverted ? held : null);
});

test('two at once are one', async () => {
  const type = await make.type();
  const student = await make.student();
  const trainings = [await training(type, 3), await training(type, 4)];
  const answers = await Promise.all(trainings.map((one) => trial(one, student)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
});
