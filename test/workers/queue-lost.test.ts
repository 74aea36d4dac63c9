import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../support/eventually.ts';
import { done, ONE_TRY, type Stage, stage } from './stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage('postgres');
});
afterAll(() => on.close());

test('a queue on PostgreSQL that is cut off while it hears that a run has ended hears it again, and counts no failure', async () => {
  const failures: string[] = [];
  const holding = new pg.Client({ connectionString: on.database.url });
  await holding.connect();
  const run = await on.request('cut off');
  on.worker({
    'cut off': async () => {
      await holding.query('begin');
      await holding.query('select from bullmq.job where id = $1 for update', [`run-${run.id}-1`]);
      return done;
    },
  }).on('failed', (_, error) => failures.push(error.message));
  await on.enqueueAll(run);
  await on.over(run);
  await eventually(async () => {
    const cut = await on.elsewhere(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'test queues' and wait_event_type = 'Lock'`);
    return cut.rowCount;
  });
  await holding.end();
  expect(await on.heard(run)).toMatchObject({ attemptsMade: ONE_TRY, returnvalue: { run_id: run.id, status: 'success' } });
  expect(failures).toEqual([]);
});
