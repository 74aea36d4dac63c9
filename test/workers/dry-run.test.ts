import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { canBeDry } from '../../api/routes/dry-runs.ts';
import { type RunName, runNames, runs } from '../../queues/jobs/catalog.ts';
import type { RunDefinition } from '../../queues/jobs/run-definition.ts';
import { addDays, dayOf, mondayAfter } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { handlers as attendance } from '../../workers/attendance/handlers.ts';
import { handlers as cleanup } from '../../workers/cleanup/handlers.ts';
import { handlers as finance } from '../../workers/finance/handlers.ts';
import { handlers as generation } from '../../workers/generation/handlers.ts';
import { handlers as renewal } from '../../workers/renewal/handlers.ts';
import { startWorker } from '../../workers/runner/run.ts';
import { handlers as unfreeze } from '../../workers/unfreeze/handlers.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

/** The demo studio in the middle of its life, with every nightly worker behind the API. */
let api: TestApi;
let db: Database;
const workers: { waitUntilReady(): Promise<unknown>; close(): Promise<void> }[] = [];
const draining = new AbortController();
const today = dayOf(new Date(), 'Europe/Moscow');

beforeAll(async () => {
  api = await testApi();
  db = api.db;
  await loadDemo(db, { today });
  for (const [noun, handlers] of [
    ['generation', generation],
    ['attendance', attendance],
    ['finance', finance],
    ['renewal', renewal],
    ['unfreeze', unfreeze],
    ['cleanup', cleanup],
  ] as const)
    workers.push(startWorker(api.fleet, noun, { runs: handlers }, draining.signal));
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
});
afterAll(async () => {
  draining.abort();
  await Promise.all(workers.map((worker) => worker.close()));
  await api.close();
});

/** Every process that can be asked for dry, and where. */
const processes = runNames.filter(canBeDry).map((name) => [name, String((runs[name] as RunDefinition).path)] as const);

/** Every row of the studio, whatever table it is in; not what says that somebody asked, or when. */
async function everything() {
  const tables = await db.anyFirst(sql.type(z.object({ name: z.string() }))`
    select tablename as name from pg_tables where schemaname = 'public'
      and tablename not in ('api_keys', 'worker_beats', 'slot_changes') order by 1`);
  return db.any(
    sql.unsafe`${sql.join(
      tables.map(
        (
          table,
        ) => sql.fragment`select ${table} as table, count(*)::int as rows, md5(coalesce(string_agg(row::text, ';' order by row::text), ''))
          from ${sql.identifier([table])} row`,
      ),
      sql.fragment` union all `,
    )} order by 1`,
  );
}

/** What is the same in both answers: not the second it was given, nor the ids of what is gone again. */
const comparable = (body: unknown) =>
  JSON.parse(
    JSON.stringify(body, (key, value) => (key === 'timestamp' || key === 'id' || key === 'real_training_id' ? undefined : value)),
  );

async function rehearsed(path: string, body: object = {}) {
  const before = await everything();
  const dry = await api.post(path, { ...body, dry_run: true });
  expect({ path, status: dry.status, body: dry.body }).toMatchObject({ status: 200 });
  expect(await everything()).toEqual(before);
  return comparable(dry.body);
}
async function done(path: string, body: object = {}) {
  const real = await api.post(path, { ...body, again: true }, { headers: { Prefer: 'wait=60' } });
  expect({ path, status: real.status, body: real.body }).toMatchObject({ status: 200 });
  return comparable(real.body);
}

describe('a dry run writes nothing and equals the run that follows', () => {
  const results: Record<string, unknown[]> = {};
  for (const night of ['the first', 'the second']) {
    test.each(processes)(`%s, ${night} time`, async (name, path) => {
      if (night === 'the second' && name === 'daily') await studioGoesOn();
      const foretold = await rehearsed(path);
      expect(await done(path)).toEqual(foretold);
      results[name] = [...(results[name] ?? []), foretold];
    });
  }

  /** Trainings that began, children who came without being charged, money, subscriptions that end and freezes that are over. */
  async function studioGoesOn() {
    await db.query(sql.unsafe`
      update real_trainings set starts_at = now() - interval '3 hours' - (id % 500) * interval '2 days', ends_at = now() - interval '2 hours' - (id % 500) * interval '2 days',
        training_date = ((now() - interval '3 hours' - (id % 500) * interval '2 days') at time zone 'Europe/Moscow')::date
      where status = 'scheduled'`);
  }

  test('there was something to tell', () => {
    expect(results).toMatchObject({
      generation: [{ created_count: expect.any(Number) }, { created_count: 0 }],
      daily: [{}, { attendance_processing: {}, finance_processing: {} }],
    });
    const [, second] = results.daily as {
      attendance_processing: { students_marked_present: number };
      finance_processing: { invoices_created: number; sessions_deducted: number };
    }[];
    expect(second?.attendance_processing.students_marked_present).toBeGreaterThan(50);
    expect(second?.finance_processing.invoices_created).toBeGreaterThan(0);
    expect(second?.finance_processing.sessions_deducted).toBeGreaterThan(0);
  });
});

test('subscriptions to renew, freezes that are over and terms that are: foretold as they come', async () => {
  await db.query(sql.unsafe`
    update student_subscriptions set end_date = ${today}::date, is_auto_renew = true
    where id in (select id from student_subscriptions where status = 'active' and sessions_left > 0 order by id limit 20)`);
  await db.query(sql.unsafe`
    update student_subscriptions set freeze_start_date = ${addDays(today, -9)}::date, freeze_end_date = ${addDays(today, -1)}::date, status = 'frozen'
    where id in (select id from student_subscriptions where status = 'active' and end_date > ${today}::date order by id desc limit 5)`);
  await db.query(sql.unsafe`
    update student_subscriptions set start_date = ${addDays(today, -90)}::date, end_date = ${addDays(today, -60)}::date, is_auto_renew = false
    where id in (select id from student_subscriptions where status = 'active' and end_date > ${today}::date order by id limit 7)`);
  for (const [name, path] of processes.filter(([name]) => name !== 'generation' && name !== 'daily')) {
    const foretold = await rehearsed(path);
    expect({ name, ...(await done(path)) }).toEqual({ name, ...foretold });
    if (name === 'auto_renewal') expect(foretold.renewals_processed).toBeGreaterThan(0);
    if (name === 'auto_unfreeze') expect(foretold).toHaveLength(5);
    if (name === 'cleanup') expect(foretold.subscriptions_expired).toBeGreaterThanOrEqual(7);
  }
});

test('with an Idempotency-Key it is foretold once', async () => {
  const headers = { 'Idempotency-Key': 'a-look-ahead' };
  const [, path] = processes[1]!;
  const first = await api.post(path, { dry_run: true }, { headers });
  const second = await api.post(path, { dry_run: true }, { headers });
  expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
});

test('many at once come one after the other', async () => {
  const [, path] = processes[1]!;
  const answers = await Promise.all(Array.from({ length: 5 }, () => api.post(path, { dry_run: true })));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});

test('it gives way to whoever holds a row it needs, and a run does not wait for its lock', async () => {
  const week = mondayAfter(today);
  const holder = new pg.Client({ connectionString: api.database.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query(`select pg_advisory_xact_lock(hashtext('roster'))`);
  const [, path] = processes[0]!;
  expect(await api.post(path, { week_start: week, dry_run: true })).toMatchObject({
    status: 409,
    body: { detail: 'others are at work on the same rows; ask again in a moment' },
  });
  await holder.query('rollback');
  // While the process's own lock is held, as a run holds it, a dry run answers all the same.
  await holder.query(`select pg_advisory_lock(hashtext('run'), hashtext('generation'))`);
  expect((await api.post(path, { week_start: week, dry_run: true })).status).toBe(200);
  await holder.end();
});

test.each(['attendance', 'finance', 'slots'] as RunName[])('%s has none', async (name) => {
  expect('dry_run' in (runs[name] as RunDefinition).body.shape).toBe(false);
});
