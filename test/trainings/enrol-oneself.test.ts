import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { openSession } from '../../workers/sign-in/sessions.ts';
import { at, inHours, salon } from '../bookings/salon.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

let api: TestApi;
let make: ReturnType<typeof salon>;
let trainer: number;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
  await make.type();
  trainer = await make.specialist([]);
});
afterAll(() => api.close());

/** A client who is no student, signed in. */
async function client() {
  const id = await make.client();
  const device = { agent: 'test', address: '' };
  const { token } = await openSession(api.db, { id, roles: ['client'] }, 'password', device, new Date());
  const asking = { key: null, headers: { Cookie: `sf_session=${token}` } };
  return {
    id,
    join: (training: number, student = id) => api.post(`/real-trainings/${training}/students`, { student_id: student }, asking),
    wait: (training: number, student = id) => api.post(`/real-trainings/${training}/waitlist`, { student_id: student }, asking),
  };
}
const studentOf = (id: number) =>
  api.db.maybeOne(
    sql.type(z.object({ payer_id: z.int().nullable(), registration_date: z.string() }))`
      select payer_id, registration_date::text from students where id = ${id}`,
  );
const seatsIn = (training: number) =>
  api.db.any(
    sql.type(z.object({ student_id: z.int(), status: z.string() }))`
      select student_id, status from real_training_students where real_training_id = ${training} order by id`,
  );

test('a client who takes a place, or waits for one, becomes a student from today on; a second time nothing changes', async () => {
  const training = await make.training({ trainer, at: at(3, '10:00') });
  await api.db.query(sql.unsafe`update real_trainings set max_participants = 1 where id = ${training}`);
  const [one, two] = [await client(), await client()];
  expect((await one.join(training)).status).toBe(200);
  expect((await two.wait(training)).status).toBe(200);
  expect(await seatsIn(training)).toEqual([
    { student_id: one.id, status: 'REGISTERED' },
    { student_id: two.id, status: 'WAITLIST' },
  ]);
  const today = await api.db.oneFirst(sql.type(z.object({ day: z.string() }))`
    select (now() at time zone 'Europe/Moscow')::date::text as day`);
  for (const { id } of [one, two]) expect(await studentOf(id)).toEqual({ payer_id: id, registration_date: today });
  await api.db.query(sql.unsafe`update students set registration_date = '2024-05-01' where id = ${one.id}`);
  expect((await one.join(await make.training({ trainer, at: at(4, '10:00') }))).status).toBe(200);
  expect((await studentOf(one.id))?.registration_date).toBe('2024-05-01');
});

test('of a training that is over, cancelled or not there nobody becomes a student', async () => {
  const over = await make.training({ trainer, at: inHours(-3) });
  const off = await make.training({ trainer, at: at(5, '10:00'), isCancelled: true });
  const who = await client();
  for (const training of [over, off, 999_999]) {
    expect([404, 409]).toContain((await who.join(training)).status);
    expect([404, 409]).toContain((await who.wait(training)).status);
  }
  expect(await studentOf(who.id)).toBeNull();
});

test('nobody enrols somebody else: neither another client nor a key', async () => {
  const training = await make.training({ trainer, at: at(6, '10:00') });
  const [who, other] = [await client(), await client()];
  expect((await who.join(training, other.id)).status).toBe(404);
  expect((await who.wait(training, other.id)).status).toBe(404);
  expect((await api.post(`/real-trainings/${training}/students`, { student_id: other.id })).status).toBe(404);
  expect(await studentOf(other.id)).toBeNull();
  expect(await seatsIn(training)).toEqual([]);
});
