import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { stepsOf } from '../../sql/belts/steps.ts';
import { sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { findings } from '../../workers/notifier/reminders/remind.ts';
import { today } from '../support/days.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { academy } from './stage.ts';

let api: TestApi;
let place: ReturnType<typeof academy>;
beforeAll(async () => {
  api = await testApi();
  place = academy(api);
});
afterAll(() => api.close());

const stepTo = async (student: number, belt: string, on: string) =>
  (await stepsOf(api.db, student, on)).find((step) => step.to_belt === belt);

test.each([
  ['2020-12-31', '2026-12-31', ['age']],
  ['2020-12-31', '2027-01-01', []],
  ['2020-01-01', '2026-12-31', ['age']],
  [null, '2026-12-31', ['birth_date']],
] as const)('yellow from the year of turning 7: born on %s, on %s %j is missing', async (birth, on, missing) => {
  const student = await place.student(birth);
  await place.award(student, await place.belt('Grey/Black', 'kids'), '2025-06-01');
  expect(await stepTo(student, 'Yellow/White', on)).toMatchObject({ min_age: 7, missing });
});

test('a student who trains no more is not ready', async () => {
  const student = await place.student();
  await place.award(student, await place.belt('White'), '2024-01-10', { reason: null });
  const missing = async () => (await stepTo(student, 'Blue', '2026-01-01'))?.missing;
  expect(await missing()).toEqual([]);
  await api.db.query(sql.unsafe`update users set is_active = false where id = ${student}`);
  expect(await missing()).toEqual(['inactive']);
});

test('trainings for a stripe are counted from the last award, those for a belt from the belt', async () => {
  const student = await place.student();
  const asks = { program: 'Самбо', path: 'adult', trainings: 3, max_stripes: 2, stripe_trainings: 2 };
  const belt = (await api.post('/api/belts', { ...asks, position: 1, name: 'Красный' })).body;
  await api.post('/api/belts', { program: 'Самбо', path: 'adult', position: 2, name: 'Синий' });
  await place.award(student, belt.id, '2026-03-01');
  const steps = async (on: string) =>
    (await stepsOf(api.db, student, on)).map(({ kind, to_stripes, attended, missing }) => [
      kind,
      to_stripes,
      attended,
      ...missing,
    ]);
  for (const on of ['2026-03-02', '2026-03-03']) await place.came(student, on, { program: 'Самбо' });
  expect(await steps('2026-03-02')).toEqual([
    ['belt', 0, 1, 'trainings'],
    ['stripe', 1, 1, 'trainings'],
  ]);
  expect(await steps('2026-03-03')).toEqual([
    ['belt', 0, 2, 'trainings'],
    ['stripe', 1, 2],
  ]);
  await place.award(student, belt.id, '2026-03-03', { stripes: 1, reason: null });
  await place.came(student, '2026-03-04', { program: 'Самбо' });
  expect(await steps('2026-03-04')).toEqual([
    ['belt', 0, 3],
    ['stripe', 2, 1, 'trainings'],
  ]);
});

test('born on 2003-10-01 with a grey belt: what it becomes is asked from 1 January 2019', async () => {
  const student = await place.student('2003-10-01');
  await place.award(student, await place.belt('Grey', 'kids'), '2016-01-01');
  const kinds = async (on: string) =>
    (await stepsOf(api.db, student, on)).map(({ kind, to_belt, may_become }) => [
      kind,
      to_belt,
      ...may_become.map(({ name }) => name),
    ]);
  expect(await kinds('2018-12-31')).toEqual([['belt', 'Grey/Black']]);
  expect(await kinds('2019-01-01')).toEqual([['transition', null, 'White', 'Blue']]);
});

test('the belt that is shown is the newest one of all programs, also once one of them is voided', async () => {
  const student = await place.student();
  const judo = (await api.post('/api/belts', { program: 'Дзюдо', path: 'adult', position: 1, name: 'Жёлтый' })).body;
  await place.award(student, await place.belt('White'), '2024-01-10', { reason: null });
  const second = await place.award(student, judo.id, '2024-06-01');
  expect(await place.currentBelt(student)).toBe('Жёлтый');
  // Newer in its program, and older than that of the other.
  const third = await place.award(student, await place.belt('Blue'), '2024-03-01', { reason: null });
  expect([third.status, await place.currentBelt(student)]).toEqual([201, 'Жёлтый']);
  await api.post(`/api/belt-awards/${third.body.id}/void`, { reason: 'ошибка' });
  expect(await place.currentBelt(student)).toBe('Жёлтый');
  await api.post(`/api/belt-awards/${second.body.id}/void`, { reason: 'ошибка' });
  expect(await place.currentBelt(student)).toBe('White');
});

test('readiness comes as one message to each who trains them and to the office, once', async () => {
  const owner = await place.make.user('Хозяйка', 'owner');
  const students = [await place.student(), await place.student()];
  for (const student of students) {
    await place.award(student, await place.belt('Brown'), '2010-01-01');
    await place.came(student, today());
  }
  const trainers = await api.db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select trainer_id as id from real_trainings training join real_training_students seat on seat.real_training_id = training.id
    where student_id = any(${sql.array(students, 'int4')}) order by student_id`);
  const remind = () =>
    api.db.transaction(async (transaction) => {
      const found = await findings.belts_ready!(transaction, new Date(), api.fleet.settings);
      await notifyPeople(transaction, found);
      return found.length;
    });
  const told = (reader: number) =>
    api.db.anyFirst(sql.type(z.object({ id: z.int() }))`
      select (student ->> 'student_id')::int as id from notifications, json_array_elements(params::json -> 'students') student
      where template = 'belt_ready' and user_id = ${reader} and (student ->> 'student_id')::int = any(${sql.array(students, 'int4')}) order by 1`);
  expect(await remind()).toBeGreaterThan(0);
  expect(await told(owner)).toEqual(students);
  expect([await told(trainers[0]!), await told(trainers[1]!)]).toEqual([[students[0]], [students[1]]]);
  expect(await remind()).toBe(0);
});
