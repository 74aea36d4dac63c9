import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import type { Backend } from '../../queues/backend/backend.ts';
import { nouns } from '../../queues/jobs/catalog.ts';
import type { Schedule } from '../../queues/timetable/timetable.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { testBackend } from './backends.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { emptyTables } from './emptying.ts';
import { eventually } from './eventually.ts';

/** A schedule such as the timetable's first, with whatever a case is about. */
export const schedule = (fields: Partial<Schedule> = {}): Schedule => ({
  name: 'generation',
  pattern: '0 21 * * 0',
  run: 'generation',
  misfire: 'latest',
  windowHours: 144,
  deadlineMinutes: 60,
  ...fields,
});

/** What became of every tick, oldest first, as `instant outcome (reason) run key`. */
export async function ledger(db: Database, name = 'generation'): Promise<string[]> {
  const rows = await db.any(sql.type(
    z.object({ nominal_at: z.string(), outcome: z.string(), reason: z.string().nullable(), run_key: z.string().nullable() }),
  )`
    select nominal_at, outcome, reason, run_key
    from schedule_ticks left join automated_process_history run on run.id = run_id
    where schedule = ${name} order by nominal_at`);
  return rows.map(({ nominal_at, outcome, reason, run_key }) =>
    [nominal_at.replace(':00.000Z', 'Z'), outcome, reason && `(${reason})`, run_key?.replace('generation:', '')]
      .filter(Boolean)
      .join(' '),
  );
}

/** Every run, oldest first. */
export const book = (db: Database) =>
  db.any(sql.type(
    z.object({
      id: z.int(),
      run_key: z.string(),
      attempt: z.int(),
      status: z.string(),
      process_date: z.string(),
      scheduled_for: z.string().nullable(),
      params: z.record(z.string(), z.unknown()),
      rings: z.int(),
    }),
  )`
    select id, run_key, attempt, status, process_date, scheduled_for, params, rings
    from automated_process_history order by id`);

/** Every message, oldest first. */
export const outbox = (db: Database) =>
  db.any(sql.type(z.object({ chat_id: z.int().nullable(), template: z.string(), params: z.record(z.string(), z.unknown()) }))`
    select chat_id, template, params from notifications order by id`);

/** Ends every open run, or starts it. */
export const endRuns = (db: Database, status: 'success' | 'partial' | 'error' | 'running') =>
  db.query(sql.unsafe`
    update automated_process_history set status = ${status}, completed_at = case when ${status} <> 'running' then now() end
    where status in ('queued', 'running')`);

/** As it is before the first start. */
export const emptyLedger = (db: Database) =>
  emptyTables(
    db,
    'schedules',
    'schedule_ticks',
    'automated_process_history',
    'notifications',
    'alerts',
    'leases',
    'worker_beats',
  );

/** Throws away every job of every queue. */
export const emptyQueues = (backend: Backend) =>
  Promise.all(nouns.map((noun) => backend.queue(noun).obliterate({ force: true })));

/** A database and queues of a kind for the tests around, as they are before the first start. */
export function fleetAnew(kind: Backend['kind']) {
  const fleet = {} as { database: TestDatabase; db: Database; backend: Backend };
  beforeAll(async () => {
    fleet.database = await testDatabase();
    fleet.db = fleet.database.db;
    fleet.backend = testBackend(kind, fleet.database.url);
  });
  beforeEach(async () => {
    await emptyLedger(fleet.db);
    await emptyQueues(fleet.backend);
  });
  afterAll(async () => {
    await fleet.backend.close();
    await fleet.database.close();
  });
  return fleet;
}

/** Several schedulers, each with a connection of its own. */
export async function crowd(url: string, size: number) {
  const members = await Promise.all(Array.from({ length: size }, () => openDatabase(url, { max: 1, name: 'crowd' })));
  return { members, close: () => Promise.all(members.map((member) => member.end())) };
}

/** Runs a statement in a transaction of somebody else's, left open until `commit`. */
export async function holdOpen(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  await client.query(statement);
  return {
    async commit() {
      await client.query('commit');
      await client.end();
    },
  };
}

/** Resolves once that many statements wait for a lock in this database. */
export const waitingForLock = (db: Database, count = 1) =>
  eventually(async () => {
    const waiting = await db.oneFirst(sql.type(z.object({ waiting: z.int() }))`
      select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
    return waiting >= count;
  });
