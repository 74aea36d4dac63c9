import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { sql } from '../../sql/database/database.ts';
import { testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';
import { trainingIn } from './night.ts';

let api: Awaited<ReturnType<typeof testApi>>;
let make: ReturnType<typeof studio>;
beforeAll(async () => {
  api = await testApi();
  make = studio(api.db);
});
afterAll(() => api.close());

/** Somebody whose session was taken for a training that is completed now. No finance worker runs: the API decides by itself. */
async function completed() {
  const training = await trainingIn({ api, make }, 5);
  const student = await make.student();
  const held = await make.subscription({ student, from: '2020-01-01', to: '2099-01-01', left: 3 });
  await api.db.query(sql.unsafe`update real_trainings set processed_at = now() where id = ${training.id}`);
  expect(await api.post(`/real-trainings/${training.id}/students`, { student_id: student })).toMatchObject({
    status: 200,
    body: { charged: { sessions: 1 } },
  });
  await api.db.query(sql.unsafe`
    update real_trainings set status = 'completed', starts_at = starts_at - interval '1 day', ends_at = ends_at - interval '1 day' where id = ${training.id}`);
  await api.db.query(sql.unsafe`update real_training_students set status = 'PRESENT' where real_training_id = ${training.id}`);
  const left = () => api.db.oneFirst(sql.unsafe`select sessions_left from student_subscriptions where id = ${held}`);
  return { training: `/real-trainings/${training.id}`, student, left };
}
const reason = { reason: 'тренер не пришёл' };
const square = async () => expect((await api.get('/api/audit')).body).toMatchObject({ square: true });

test.each(['training', 'participation'])('a %s that is completed is taken back by the studio only, and once', async (what) => {
  const { training, student, left } = await completed();
  const path = what === 'training' ? `${training}/cancel` : `${training}/students/${student}/cancel`;
  expect(await left()).toBe(2);
  expect(await api.post(path, reason)).toMatchObject({ status: 409, body: { detail: 'the training has started' } });
  expect(await api.post(path, { ...reason, by: 'boss' })).toMatchObject({ status: 422 });
  const first = await api.post(path, { ...reason, by: 'studio' });
  expect(first).toMatchObject({ status: 200, body: { returned: { sessions: 1 } } });
  expect(await left()).toBe(3);
  expect(await api.post(path, { ...reason, by: 'studio' })).toMatchObject({ status: 200, body: first.body });
  expect(await left()).toBe(3);
  await square();
});

test('a request about rows that others hold is left to the worker, and is not lost', async () => {
  const training = await trainingIn({ api, make }, 30);
  const student = await make.student();
  await api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training.id}, ${student})`,
  );
  const holder = new pg.Client({ connectionString: api.database.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from students where id = $1 for no key update', [student]);
  const asked = api.post(`/real-trainings/${training.id}/students/${student}/cancel`, reason);
  expect(await asked).toMatchObject({ status: 202, body: { status: 'open' } });
  await holder.query('rollback');
  await holder.end();
});
