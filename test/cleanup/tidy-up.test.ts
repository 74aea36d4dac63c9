import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { isOutage } from '../../sql/database/outage.ts';
import { finishTask, writeTasks } from '../../sql/tasks/tasks.ts';
import type { Operation } from '../../workers/cleanup/operation.ts';
import { operations } from '../../workers/cleanup/operations.ts';
import { render } from '../../workers/notifier/templates/render.ts';
import { HandedBack } from '../../workers/runner/run-context.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type CleanupNight, cleanupNight, countOf, only } from './night.ts';

const D = '2026-11-20';
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight();
});
beforeEach(async () => {
  await emptyStudio(night.db);
  await emptyTables(night.db, 'schedule_ticks', 'notifications', 'idempotency_keys', 'admin_tasks', 'process_history_monthly');
});
afterAll(() => night.close());

/** Something for every operation: 1,500 old rows of each kind, 300 subscriptions that are over, 3 overlooked days. */
async function dirty() {
  const fill = (statement: ReturnType<typeof sql.fragment>) => night.db.query(sql.unsafe`${statement}`);
  await fill(sql.fragment`insert into notifications (template, dedupe_key, status, created_at)
    select 'x', 'old' || n, 'sent', '2025-01-01'::timestamptz + n * interval '1 minute' from generate_series(1, 1500) n`);
  await fill(sql.fragment`insert into idempotency_keys (api_key, key, request_hash, status, headers, created_at)
    select 'desk', 'k' || n, '', 200, '{}', now() - interval '2 days' from generate_series(1, 1500) n`);
  await fill(sql.fragment`insert into schedule_ticks (schedule, nominal_at, outcome)
    select 'daily', '2025-01-01'::timestamptz + n * interval '1 minute', 'enqueued' from generate_series(1, 1500) n`);
  await fill(sql.fragment`
    insert into automated_process_history (process_type, run_key, process_date, requested_at, started_at, completed_at, status, trainings_processed)
    select 'finance', 'old' || n, '2025-01-01', at, at, at + interval '1 second', 'success', 2
    from generate_series(1, 1500) n, lateral (select '2025-01-01'::timestamptz + n * interval '1 hour' as at) asked`);
  await fill(sql.fragment`insert into admin_tasks (kind, title, done_at, done_by)
    select 'by_hand', 'старая', '2026-11-01', 'desk' from generate_series(1, 700)`);
  await fill(
    sql.fragment`insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('8', 1, 8, 30)`,
  );
  await fill(sql.fragment`
    with person as (insert into users (first_name) select 'Ученик' from generate_series(1, 300) returning id),
      student as (insert into students (id) select id from person returning id)
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
    select id, 1, '2026-10-01', '2026-11-19', 2 from student`);
  const [type, trainer] = [await night.make.type(), await night.make.trainer()];
  for (const day of ['2026-11-17', '2026-11-18', '2026-11-19']) {
    await fill(sql.fragment`
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${type}, ${trainer}, ${day}::date, '10:00', ${`${day}T07:00Z`}::timestamptz, ${`${day}T08:00Z`}::timestamptz, 1, 0)`);
  }
}

const all = {
  subscriptions_expired: 300,
  sessions_expired: 600,
  subscriptions_waiting: 0,
  trainings_overlooked: 3,
  bookings_completed: 0,
  tasks_hidden: 700,
  idempotency_keys_deleted: 1_500,
  schedule_ticks_deleted: 1_499,
  notifications_deleted: 1_500,
  runs_deleted: 1_500,
  finance_requests_deleted: 0,
  schedule_changes_deleted: 0,
  alerts_deleted: 0,
  changes_deleted: 0,
  bot_rows_deleted: 0,
  sign_in_rows_deleted: 0,
  jobs_deleted: 0,
  audit_findings: 0,
};
/** What is left, whatever the ids are. */
const endState = () =>
  night.db.one(sql.unsafe`
    select (select count(*)::int from notifications) as messages, (select count(*)::int from idempotency_keys) as keys,
      (select count(*)::int from schedule_ticks) as ticks,
      (select count(*)::int from automated_process_history where process_type = 'finance') as runs,
      (select sum(runs)::int from process_history_monthly) as months, (select sum(trainings_processed)::int from process_history_monthly) as trainings,
      (select count(*)::int from admin_tasks where hidden_at is not null) as hidden,
      (select count(*)::int from admin_tasks where kind = 'trainings_not_completed') as tasks,
      (select count(*)::int from student_subscriptions where status = 'expired' and sessions_left = 0) as expired,
      (select count(*)::int from session_entries where reason = 'expired') as entries`);
const clean = {
  messages: 300,
  keys: 0,
  ticks: 1,
  runs: 0,
  months: 1_500,
  trainings: 3_000,
  hidden: 700,
  tasks: 3,
  expired: 300,
  entries: 300,
};

describe('the night', () => {
  test('tidies everything, and a second time finds nothing to do', async () => {
    await dirty();
    expect(await night.clean(D)).toMatchObject({
      status: 'success',
      result: all,
      details: { failures: [] },
      counts: { errors_count: 0 },
    });
    expect(await endState()).toEqual({ ...clean, messages: 300 });
    const nothing = Object.fromEntries(Object.keys(all).map((kind) => [kind, 0]));
    expect(await night.clean(D)).toMatchObject({ status: 'success', result: nothing });
    expect(await endState()).toEqual({ ...clean, messages: 300 });
  });

  test.each(Array.from({ length: 16 }, (_, n) => n))(
    'killed before chunk %i, it goes on and ends with the same',
    async (chunk) => {
      await dirty();
      const dies = (n: number) => {
        if (n === chunk) throw new HandedBack('killed');
      };
      await expect(night.clean(D, operations, dies)).rejects.toThrow('killed');
      const run = await night.latestRun();
      expect(await night.goOn(run!.id)).toMatchObject({ status: 'success', result: all });
      expect(await endState()).toEqual({ ...clean, messages: 300 });
    },
  );

  test('two at once end with the same', async () => {
    await dirty();
    const [one, two] = await Promise.all([night.clean(D), night.clean(D)]);
    expect(await endState()).toEqual({ ...clean, messages: 300 });
    const sum = (kind: keyof typeof all) => [one, two].reduce((total, { result }) => total + (result as typeof all)[kind], 0);
    // Rows that one holds are left to it by the other.
    for (const kind of ['notifications_deleted', 'runs_deleted', 'sessions_expired', 'tasks_hidden'] as const)
      expect(sum(kind)).toBe(all[kind]);
  });
});

describe('an operation that fails', () => {
  const failing = (name: string): Operation => ({ name, batch: () => Promise.reject(new Error(`${name} is broken\nat line 2`)) });
  const instead = (...names: string[]) =>
    operations.map((operation) => (names.includes(operation.name) ? failing(operation.name) : operation));

  test.each(operations.map(({ name }) => name))(
    '%s: the others are done, the run is partial and says what and why',
    async (name) => {
      await dirty();
      const outcome = await night.clean(D, instead(name));
      expect(outcome).toMatchObject({ status: 'partial', counts: { errors_count: 1 } });
      expect(outcome.details.failures).toEqual([{ operation: name, error: `Error: ${name} is broken` }]);
      const [notice] = outcome.notices ?? [];
      expect(notice).toMatchObject({ template: 'cleanup_partial' });
      expect(
        render(
          { template: 'cleanup_partial', params: notice!.params, locale: 'en' },
          { locale: 'en', zone: 'UTC', currency: 'RUB' },
        ).text,
      ).toContain(`${name}: Error: ${name} is broken`);
      expect(await night.clean(D)).toMatchObject({ status: 'success' });
      expect(await endState()).toEqual(clean);
    },
  );

  test('a statement that the database refuses in the middle keeps the batches before it, and only those', async () => {
    await dirty();
    await night.db.query(sql.unsafe`create table pinned (id integer references automated_process_history)`);
    await night.db.query(sql.unsafe`insert into pinned select id from automated_process_history where run_key = 'old1200'`);
    const outcome = await night.clean(D);
    const { runs_deleted: before } = outcome.result as typeof all;
    expect(outcome).toMatchObject({
      status: 'partial',
      result: { ...all, runs_deleted: before },
      details: { failures: [{ operation: 'history', error: expect.stringContaining('pinned') }] },
    });
    expect(before).toBeGreaterThanOrEqual(500);
    expect(before).toBeLessThan(1_200);
    expect(await endState()).toEqual({ ...clean, runs: 1_500 - before, months: before, trainings: 2 * before });
    await night.db.query(sql.unsafe`drop table pinned`);
    expect(await night.clean(D)).toMatchObject({ status: 'success', result: { runs_deleted: 1_500 - before } });
    expect(await endState()).toEqual(clean);
  });

  test('a connection that is lost in the middle of a batch is no failure of the operation: the run goes on later', async () => {
    await dirty();
    const lost = operations.map(
      (operation): Operation =>
        operation.name === 'notifications' && 'batch' in operation
          ? {
              name: operation.name,
              async batch(transaction, ...how) {
                await operation.batch(transaction, ...how);
                await transaction.query(sql.unsafe`select pg_terminate_backend(pg_backend_pid())`);
                throw new Error('still here');
              },
            }
          : operation,
    );
    const refusal = await night.clean(D, lost).catch((error: unknown) => error);
    expect(isOutage(refusal)).toBe(true);
    const run = await night.latestRun();
    expect(run?.progress).toMatchObject({ done: expect.arrayContaining(['subscriptions', 'schedule_ticks']) });
    expect(await night.goOn(run!.id)).toMatchObject({ status: 'success', result: all });
    expect(await endState()).toEqual(clean);
  });

  test('when all fail, the run fails and names them', async () => {
    const names = operations.map(({ name }) => name);
    await expect(night.clean(D, instead(...names))).rejects.toThrow(
      /^nothing was tidied up: subscriptions: .*; audit: Error: audit is broken/s,
    );
    await expect(night.clean(D, instead(...names.slice(1)))).resolves.toMatchObject({ status: 'partial' });
  });
});

describe('tasks', () => {
  const done = async (at: string) => {
    await writeTasks(night.db, [{ kind: 'call', title: at, dedupe: at }]);
    const id = await night.db.oneFirst(sql.type(z.object({ id: z.int() }))`select id from admin_tasks where dedupe_key = ${at}`);
    await finishTask(night.db, id, 'desk');
    await night.db.query(sql.unsafe`update admin_tasks set done_at = ${at}::timestamptz where id = ${id}`);
  };
  test('done before the day began in the studio are hidden, not deleted', async () => {
    const [before, after] = ['2026-11-19T20:59:59.999Z', '2026-11-19T21:00:00Z'];
    for (const at of [before, after]) await done(at);
    await writeTasks(night.db, [{ kind: 'call', title: 'открыта', dedupe: 'open' }]);
    await night.db.query(sql.unsafe`update admin_tasks set created_at = '2020-01-01'`);
    expect((await night.clean(D)).result).toMatchObject({ tasks_hidden: 1 });
    const hidden = await night.db.anyFirst(
      sql.type(z.object({ title: z.string() }))`select title from admin_tasks where hidden_at is not null`,
    );
    expect(hidden).toEqual([before]);
    expect(await countOf(night.db, 'admin_tasks')).toBe(3);
  });
});

describe('the audit', () => {
  test('findings leave the run partial, are listed, and are reported to the admins', async () => {
    const student = await night.make.student();
    await night.make.subscription({ student, from: '2026-11-01', to: '2026-12-01', left: 5 });
    await night.db.query(sql.unsafe`
      with off as (select set_config('session_replication_role', 'replica', true)) update student_subscriptions set sessions_left = 4 from off`);
    const outcome = await night.clean(D);
    const wrong = { rule: 'sessions_left', id: 1, detail: 'sessions_left 4, entries 5' };
    const { audit_findings: count } = outcome.result as typeof all;
    expect(outcome).toMatchObject({ status: 'partial', details: { failures: [], audit: expect.arrayContaining([wrong]) } });
    expect(outcome.details.audit).toHaveLength(count);
    expect(outcome.notices).toMatchObject([
      {
        template: 'books_not_square',
        dedupe: expect.stringMatching(`^books_not_square:${D}:[0-9a-f]{16}$`),
        params: { date: D, count, findings: expect.arrayContaining([wrong]) },
      },
    ]);
    for (const locale of ['ru', 'uk', 'en'] as const) {
      expect(
        render(
          { template: 'books_not_square', params: outcome.notices![0]!.params, locale },
          { locale, zone: 'UTC', currency: 'RUB' },
        ).text,
      ).toContain('sessions_left 4');
    }
  });

  test('a cleanup for a day to come does not ask for charges of the days between', async () => {
    const student = await night.make.student();
    const [type, trainer] = [await night.make.type(), await night.make.trainer()];
    await night.db.query(sql.unsafe`
      with training as (
        insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
        values (${type}, ${trainer}, '2098-11-10', '10:00', '2098-11-10T07:00Z', '2098-11-10T08:00Z', 1, 100) returning id)
      insert into real_training_students (real_training_id, student_id) select id, ${student} from training`);
    expect(await night.clean('2099-01-01')).toMatchObject({
      status: 'success',
      result: { audit_findings: 0, trainings_overlooked: 0 },
    });
  });
});

test('only the audit and the jobs need no transaction of their own', () => {
  expect(operations.filter((operation) => 'act' in operation).map(({ name }) => name)).toEqual(['jobs', 'audit']);
  expect(only('jobs')).toHaveLength(1);
});
