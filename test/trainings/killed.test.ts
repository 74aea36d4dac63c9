import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { newSecret } from '../../sql/auth/api-keys.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { eventually } from '../support/eventually.ts';
import { type Asking, request } from '../support/front-door.ts';
import { at, type ByHand, byHand, dayIn } from './scene.ts';

const KEY = newSecret();
let scene: ByHand;
let holder: pg.Client;
beforeAll(async () => {
  scene = await byHand();
  holder = new pg.Client({ connectionString: scene.api.database.url });
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await scene.close();
});

/** An API process of its own that is going to be killed. */
async function doomedApi() {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    DATABASE_URL: scene.api.database.url,
    REDIS_URL: '',
    PORT: port,
    API_KEYS: `doomed:${KEY}:*`,
    LOG_LEVEL: 'silent',
  };
  const child: ChildProcess = spawn(process.execPath, ['api/server.ts'], { env, stdio: 'ignore' });
  await eventually(() => request(url, 'GET', '/health/live', {}).catch(() => undefined));
  return {
    ask: (method: string, path: string, asking: Asking) => request(url, method, path, { key: KEY, ...asking }),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
async function group() {
  const student = await scene.make.student();
  const training = await scene.training({ starts_at: at(dayIn(10), '10:00'), student_ids: [student] });
  await scene.reach(student);
  await scene.timePasses();
  await scene.emptyOutbox();
  return training;
}

test('killed between the move and the undo: both are whole, and another process takes it back', async () => {
  const training = await group();
  const doomed = await doomedApi();
  const body = { version: training.version, starts_at: at(dayIn(11), '18:00') };
  const moved = await doomed.ask('PATCH', `/real-trainings/${training.id}`, { body });
  await doomed.kill();
  expect(moved.status).toBe(200);
  expect(await scene.trainings([training.id])).toMatchObject([{ training_date: dayIn(11), start_time: '18:00:00' }]);
  expect((await scene.api.post(moved.body.undo.href)).status).toBe(200);
  expect(await scene.trainings([training.id])).toMatchObject([{ starts_at: training.starts_at }]);
  expect(await scene.notes()).toEqual([]);
  expect(await scene.audit()).toEqual([]);
});

test('killed in the middle of the move: nothing of it is there', async () => {
  const training = await group();
  const doomed = await doomedApi();
  await holder.query('begin; lock table notifications in share mode');
  const body = { version: training.version, starts_at: at(dayIn(11), '20:00') };
  void doomed.ask('PATCH', `/real-trainings/${training.id}`, { body }).catch(() => undefined);
  const pid = await eventually(async () => {
    const { rows } = await holder.query(`select pid from pg_stat_activity
      where datname = current_database() and application_name = 'api' and wait_event_type = 'Lock'`);
    return rows[0]?.pid as number | undefined;
  });
  await doomed.kill();
  await holder.query('select pg_terminate_backend($1)', [pid]);
  await holder.query('commit');
  expect(await scene.trainings([training.id])).toMatchObject([{ starts_at: training.starts_at, version: training.version }]);
  expect(await scene.notes()).toEqual([]);
  const again = await scene.api.patch(`/real-trainings/${training.id}`, body);
  expect(again.status).toBe(200);
  expect(await scene.audit()).toEqual([]);
});
