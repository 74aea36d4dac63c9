import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import { sql } from '../../sql/database/database.ts';
import { listTrainings, seatsOf } from '../../sql/trainings/roster.ts';
import { at } from '../bookings/salon.ts';
import { night } from '../finance/acts.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterEach(async () => {
  await emptyStudio(api.db);
  await emptyTables(api.db, 'notifications', 'finance_requests');
});
afterAll(() => api.close());

const id = sql.type(z.object({ id: z.int() }));
const training = async (trainer: number, startsAt: string) =>
  api.db.oneFirst(id`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    select ${await make.type()}, ${trainer}, local::date, local::time, at, at + interval '1 hour', 5, 50000
    from (select at, at at time zone 'Europe/Moscow' as local from (select ${startsAt}::timestamptz as at) given) start returning id`);
const register = (trainingId: number, student: number) =>
  api.db.query(sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${trainingId}, ${student})`);
const trainersOf = (trainingId: number) =>
  api.db.one(sql.unsafe`select trainer_id, regular_trainer_id from real_trainings where id = ${trainingId}`);
const as = (trainer: number): Whose => ({ everything: false, self: trainer, trainer, students: [], payer: null });
const seenBy = async (trainer: number) => {
  const [from, to] = [at(0, '00:00').slice(0, 10), at(20, '00:00').slice(0, 10)];
  return (await listTrainings(api.db, { whose: as(trainer), from, to, limit: 100 })).map((one) => one.id);
};

/** A trainer who is away from tomorrow on for three days, with two trainings then and one after. */
async function away() {
  const [trainer, other] = [await make.trainer(), await make.trainer()];
  const trainings = [
    await training(trainer, at(1, '18:00')),
    await training(trainer, at(2, '18:00')),
    await training(trainer, at(6, '18:00')),
  ];
  const student = await make.student();
  for (const one of trainings) await register(one, student);
  const absence = await api.post('/api/specialist-absences', {
    specialist_id: trainer,
    from: at(1, '00:00'),
    to: at(4, '00:00'),
    reason: 'отпуск',
  });
  const decide = (items: object[], dry_run = false, key?: string) =>
    api.post(`/api/specialist-absences/${absence.body.id}/decisions`, { items, dry_run }, key ? { key } : {});
  return { trainer, other, trainings: trainings as [number, number, number], student, absence: absence.body, decide };
}

test('an absence lists the trainings it runs into', async () => {
  const { absence, trainings } = await away();
  expect(absence.meetings.map((one: { id: number }) => one.id)).toEqual(trainings.slice(0, 2));
  expect(absence.decisions).toEqual([]);
});

describe('a substitute', () => {
  test('gives the training, has that roster only, and whose training it is stays known (case 9)', async () => {
    const { trainer, other, trainings, decide } = await away();
    const done = await decide([
      { real_training_id: trainings[0], decision: 'substitute', trainer_id: other },
      { real_training_id: trainings[1], decision: 'keep' },
    ]);
    expect(done).toMatchObject({ status: 200, body: { dry_run: false, meetings: [{ id: trainings[1] }] } });
    expect(done.body.decisions).toMatchObject([
      { real_training_id: trainings[0], decision: 'substitute', trainer_id: other },
      { real_training_id: trainings[1], decision: 'keep', trainer_id: null },
    ]);
    expect(await trainersOf(trainings[0])).toEqual({ trainer_id: other, regular_trainer_id: trainer });
    expect((await api.get(`/real-trainings/${trainings[0]}`)).body).toMatchObject({
      trainer_id: other,
      regular_trainer_id: trainer,
    });
    expect(await seenBy(other)).toEqual([trainings[0]]);
    expect(await seenBy(trainer)).toEqual(trainings);
    expect(await seatsOf(api.db, trainings[0], as(other))).toHaveLength(1);
    expect(await seatsOf(api.db, trainings[2], as(other))).toHaveLength(0);
    expect((await api.get(`/real-trainings?trainer_id=${other}&to=${at(20, '00:00').slice(0, 10)}`)).body.items).toHaveLength(1);
  });

  test('may be another one later; who has it back substitutes for nobody', async () => {
    const { trainer, other, trainings, decide, absence } = await away();
    const third = await make.trainer();
    await decide([{ real_training_id: trainings[0], decision: 'substitute', trainer_id: other }]);
    await decide([{ real_training_id: trainings[0], decision: 'substitute', trainer_id: third }]);
    expect(await trainersOf(trainings[0])).toEqual({ trainer_id: third, regular_trainer_id: trainer });
    expect((await api.ask('DELETE', `/api/specialist-absences/${absence.id}`)).status).toBe(204);
    expect(await trainersOf(trainings[0])).toEqual({ trainer_id: third, regular_trainer_id: trainer });
    await api.db.query(sql.unsafe`update real_trainings set trainer_id = ${trainer} where id = ${trainings[0]}`);
    expect(await trainersOf(trainings[0])).toEqual({ trainer_id: trainer, regular_trainer_id: null });
  });

  test('is a substitute again when the change back to the regular trainer is taken back', async () => {
    const { trainer, other, trainings, decide, absence } = await away();
    await decide([{ real_training_id: trainings[0], decision: 'substitute', trainer_id: other }]);
    await api.ask('DELETE', `/api/specialist-absences/${absence.id}`);
    const { version } = (await api.get(`/real-trainings/${trainings[0]}`)).body;
    const changed = await api.patch(`/real-trainings/${trainings[0]}`, { trainer_id: trainer, version });
    expect(changed.status).toBe(200);
    expect(await trainersOf(trainings[0])).toEqual({ trainer_id: trainer, regular_trainer_id: null });
    expect((await api.post(changed.body.undo.href, {})).status).toBe(200);
    expect(await trainersOf(trainings[0])).toEqual({ trainer_id: other, regular_trainer_id: trainer });
  });

  test.each(['busy', 'absent', 'inactive', 'nobody'])(
    'a substitute who is %s is refused, with everything else that was asked',
    async (why) => {
      const { trainer, other, trainings, student, decide } = await away();
      if (why === 'busy') await training(other, at(2, '18:30'));
      if (why === 'absent')
        await api.post('/api/specialist-absences', { specialist_id: other, from: at(2, '00:00'), to: at(3, '00:00') });
      if (why === 'inactive') await api.db.query(sql.unsafe`update users set is_active = false where id = ${other}`);
      const trainerId = why === 'nobody' ? student : other;
      const refused = await decide([
        { real_training_id: trainings[0], decision: 'cancel' },
        { real_training_id: trainings[1], decision: 'substitute', trainer_id: trainerId },
      ]);
      expect(refused).toMatchObject({
        status: 409,
        body: { conflicts: [{ real_training_id: trainings[1], trainer_id: trainerId }] },
      });
      expect(await trainersOf(trainings[1])).toEqual({ trainer_id: trainer, regular_trainer_id: null });
      expect((await api.get(`/real-trainings/${trainings[0]}`)).body.status).toBe('scheduled');
    },
  );
});

describe('calling trainings off', () => {
  test('gives everything back and tells everybody; a dry run says so and does nothing', async () => {
    const { trainings, student, decide } = await away();
    await night(api.db, at(2, '00:00').slice(0, 10));
    const items = trainings.slice(0, 2).map((one) => ({ real_training_id: one, decision: 'cancel' }));
    const dry = await decide(items, true);
    expect(dry).toMatchObject({ status: 200, body: { dry_run: true, meetings: [] } });
    expect((await api.get(`/real-trainings/${trainings[0]}`)).body.status).toBe('scheduled');
    const { decisions, ...done } = (await decide(items)).body;
    const { decisions: foreseen, ...said } = dry.body;
    expect({ ...done, dry_run: true }).toEqual(said);
    expect(decisions).toHaveLength(foreseen.length);
    expect((await api.get(`/real-trainings/${trainings[1]}`)).body).toMatchObject({
      status: 'cancelled',
      cancellation_reason: 'отпуск',
    });
    const owed = sql.unsafe`select count(*)::int from invoices where student_id = ${student} and status <> 'CANCELLED'`;
    expect(await api.db.oneFirst(owed)).toBe(0);
    expect(await auditBooks(api.db, '2020-01-01')).toEqual([]);
  });

  test('needs the scope that trainings are called off with', async () => {
    const { trainings, decide } = await away();
    const key = await api.key('records:write');
    expect(await decide([{ real_training_id: trainings[0], decision: 'cancel' }], false, key)).toMatchObject({ status: 403 });
    expect(await decide([{ real_training_id: trainings[0], decision: 'keep' }], false, key)).toMatchObject({ status: 200 });
  });
});

test.each([
  [
    'a training after the absence',
    (of: Awaited<ReturnType<typeof away>>) => [{ real_training_id: of.trainings[2], decision: 'keep' }],
  ],
  ['nobody named', (of) => [{ real_training_id: of.trainings[0], decision: 'substitute' }]],
  ['somebody named for nothing', (of) => [{ real_training_id: of.trainings[0], decision: 'keep', trainer_id: of.other }]],
  ['one training twice', (of) => [of.trainings[0], of.trainings[0]].map((one) => ({ real_training_id: one, decision: 'keep' }))],
] as [string, (of: Awaited<ReturnType<typeof away>>) => object[]][])('%s is refused', async (_, items) => {
  const of = await away();
  expect(await of.decide(items(of))).toMatchObject({ status: 422 });
});
