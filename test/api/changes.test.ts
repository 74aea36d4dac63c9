import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { inHours, salon } from '../bookings/salon.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());

const changes = async (query: string) => (await api.get(`/api/changes?${query}`)).body.items as Json[];

test('a person’s change says who, when, why, and what was before; a request that changes nothing says nothing', async () => {
  const made = await api.post('/api/clients', { first_name: 'Анна', phone: '+79161112233' });
  const id = made.body.id;
  await api.patch(`/api/clients/${id}`, { first_name: 'Анна-Мария' });
  await api.patch(`/api/clients/${id}`, { first_name: 'Анна-Мария' });
  const [changed, created, ...rest] = await changes(`record=person&record_id=${id}`);
  expect(changed).toMatchObject({
    actor: 'key-1',
    action: 'changed',
    before: { first_name: 'Анна' },
    after: { first_name: 'Анна-Мария' },
    cause: expect.stringMatching(/^PATCH \/api\/clients\/\{id\} \S+$/),
  });
  expect(Object.keys(changed.after)).toEqual(['first_name']);
  expect(created).toMatchObject({ action: 'created', after: { first_name: 'Анна', phone: '+79161112233' } });
  expect(rest).toEqual([]);
  expect(await changes(`record=role&record_id=${id}`)).toMatchObject([{ action: 'created', after: { role: 'client' } }]);
});

test('the log leaves out what a run makes by the thousand and a night’s marks, and keeps a person’s mark', async () => {
  const specialist = await make.specialist([]);
  await make.type();
  const training = await make.training({ trainer: specialist, at: inHours(-1) });
  const [one, other] = [await make.student(), await make.student()];
  await api.db.query(sql.unsafe`
    insert into real_training_students (real_training_id, student_id, run_id) values (${training}, ${one}, 1), (${training}, ${other}, 1)`);
  await api.db.query(sql.unsafe`
    update real_training_students set status = 'PRESENT', marked_by = 'automatic', attendance_marked_at = now() where student_id = ${one}`);
  await api.post(`/real-trainings/${training}/attendance`, { marks: [{ student_id: other, status: 'ABSENT' }] });
  const kept = (await changes('record=registration')).filter((change) => change.after.real_training_id === training);
  expect(kept).toMatchObject([
    { before: { status: 'REGISTERED' }, after: { status: 'ABSENT', student_id: other }, actor: 'key-1' },
  ]);
});

test('a decided cancellation is the asker’s', async () => {
  const specialist = await make.specialist([]);
  const training = await make.training({ trainer: specialist, at: inHours(30) });
  const student = await make.student();
  await api.db.query(
    sql.unsafe`insert into real_training_students (real_training_id, student_id) values (${training}, ${student})`,
  );
  const { status } = await api.post(`/real-trainings/${training}/students/${student}/cancel`, { reason: 'болеет' });
  expect(status).toBe(200);
  const [change] = (await changes('record=registration')).filter((one) => one.after.student_id === student);
  expect(change).toMatchObject({ actor: 'key-1', after: { status: 'CANCELLED_SAFE' } });
});

test('the log names the person who ends a standing place', async () => {
  const template = await make.template({ type: await make.type(), trainer: await make.trainer() });
  const student = await make.student();
  await make.link(template, student);
  await api.ask('DELETE', `/api/training-templates/${template}/students/${student}`);
  const [change] = await changes('record=standing+place');
  expect(change).toMatchObject({ action: 'deleted', actor: 'key-1', before: { student_id: student } });
});

test('a change written straight into the database is the system’s', async () => {
  const id = await make.client();
  await api.db.query(sql.unsafe`update users set notes = 'x' where id = ${id}`);
  expect(await changes(`record=person&record_id=${id}`)).toMatchObject([
    { actor: 'system', cause: null, after: { notes: 'x' } },
    { action: 'created' },
  ]);
});

test('of ten thousand rows in one statement each is kept, in one insert', async () => {
  const type = await make.type();
  await api.db.query(sql.unsafe`
    insert into training_templates (day_number, start_time, training_type_id, trainer_id)
    select 1 + n % 7, '10:00', ${type}, ${await make.trainer()} from generate_series(1, 1000) as n`);
  await api.db.query(sql.unsafe`update training_templates set is_active = false where training_type_id = ${type}`);
  const count = await api.db.oneFirst(sql.unsafe`
    select count(*)::int from changes_log where record = 'training template' and after = '{"is_active": false}'`);
  expect(count).toBe(1_000);
});
