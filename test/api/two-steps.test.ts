import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { UnrecoverableError } from 'bullmq';
import pg from 'pg';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { eventually } from '../support/eventually.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { studio } from '../support/studio.ts';

let api: TestApi;
let training: number;
let student: number;
beforeAll(async () => {
  api = await testApi();
  const { type, trainer, student: person } = studio(api.db);
  student = await person();
  training = await api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
    values (${await type()}, ${await trainer()}, (now() at time zone 'Europe/Moscow')::date - 1, '10:00', now() - interval '1 day', now() - interval '23 hours', 10, 0)
    returning id`);
});
afterAll(() => api.close());

const path = () => `/real-trainings/${training}/students`;
const post = (key: string) => api.post(path(), { student_id: student }, { headers: { 'Idempotency-Key': key } });

/** Decides what is asked of the finance worker. */
const decideRequests = () =>
  api.fleet.backend.worker('finance', (job) => answerRequest(api.db, job.data.finance_request_id, api.fleet.settings.zone));

/** The training held in another session, so that nothing about it can be decided. */
async function hold() {
  const client = new pg.Client({ connectionString: api.database.url });
  await client.connect();
  await client.query('begin');
  await client.query(`select from real_trainings where id = ${training} for no key update`);
  return () => client.end();
}

test('a refusal that was waited for is what a repeat gets; a twin that comes before it is told to wait', async () => {
  const release = await hold();
  const asking = post('late');
  await eventually(() => api.db.exists(sql.unsafe`select from finance_requests where status = 'open'`));
  const twin = await post('late');
  await release();
  expect(twin).toMatchObject({ status: 409, body: { detail: expect.stringContaining('being answered right now') } });
  const worker = decideRequests();
  const first = await asking;
  expect(first).toMatchObject({ status: 409, body: { title: 'Conflict', detail: 'the training has started', instance: path() } });

  const again = await post('late');
  expect(again).toMatchObject({ status: 409, text: first.text });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  await worker.close();
});

test('a failure that was waited for is what a repeat gets', async () => {
  const worker = await api.startWorker(async () => {
    throw new UnrecoverableError('broken');
  });
  const asking = { headers: { 'Idempotency-Key': 'failed', Prefer: 'wait=20' } };
  const first = await api.post('/real-trainings/generate-next-week', {}, asking);
  expect(first).toMatchObject({ status: 500, body: { detail: expect.stringContaining('broken') } });
  const again = await api.post('/real-trainings/generate-next-week', {}, asking);
  expect(again).toMatchObject({ status: 500, text: first.text });
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  await worker.close();
});

test('a request whose process died while it was answered is found by a repeat, as it was asked for', async () => {
  const release = await hold();
  const asked = await post('died');
  await release();
  expect(asked.status).toBe(202);
  const store = (age: string) =>
    api.db.query(
      sql.unsafe`update idempotency_keys set is_final = false, created_at = now() - ${age}::interval where key = 'died'`,
    );
  await store('74 seconds');
  expect(await post('died')).toMatchObject({ status: 409 });
  await store('76 seconds');
  expect(await post('died')).toMatchObject({ status: 202, text: asked.text });
});
