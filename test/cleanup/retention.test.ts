import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, startOfDay } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { scheduleStates } from '../../sql/schedule/schedule.ts';
import { emptyTables } from '../support/emptying.ts';
import { holdOpen } from '../support/ledger.ts';
import { type CleanupNight, cleanupNight, countOf, only } from './night.ts';

const D = '2026-06-15';
const ZONE = 'Europe/Moscow';
let night: CleanupNight;
beforeAll(async () => {
  night = await cleanupNight();
});
beforeEach(async () => {
  await emptyTables(
    night.db,
    'automated_process_history',
    'schedule_ticks',
    'notifications',
    'idempotency_keys',
    'finance_requests',
    'process_history_monthly',
  );
});
afterAll(() => night.close());

/** The first instant that is kept on D, moved by days and milliseconds. */
const edge = (days = 0, ms = 0) => new Date(Date.parse(startOfDay(addDays(D, days - 400), ZONE)) + ms).toISOString();
const ages: [string, string, number][] = [
  ['a day older than what is kept', edge(-1), 0],
  ['a millisecond older', edge(0, -1), 0],
  ['the oldest that is kept', edge(), 1],
  ['a day younger', edge(1), 1],
];

const run = (at: string, fields: { status?: string; type?: string; parts?: number[]; seconds?: number } = {}) => {
  const { status = 'success', type = 'finance', parts = [], seconds = 2 } = fields;
  const isOpen = status === 'queued' || status === 'running';
  return night.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into automated_process_history (process_type, run_key, attempt, process_date, requested_at, started_at, completed_at, status,
      part_ids, trainings_processed, students_processed, students_added, sessions_deducted, invoices_created, errors_count)
    select ${type}, 'k' || n, 1, '2025-05-10', at - make_interval(secs => ${seconds}), at - make_interval(secs => ${seconds}),
      ${isOpen ? null : at}::timestamptz, ${status}, ${sql.array(parts, 'int4')}, 1, 2, 3, 4, 5, 6
    from (select ${at}::timestamptz as at, (select count(*) from automated_process_history) as n) as given returning id`);
};
const message = (at: string, status = 'sent') =>
  night.db.query(sql.unsafe`
    insert into notifications (template, dedupe_key, status, created_at)
    select 'run_failed', 'k' || count(*), ${status}, ${at}::timestamptz from notifications`);
const tick = (at: string, fields: { schedule?: string; run?: number; outcome?: string } = {}) =>
  night.db.query(sql.unsafe`
    insert into schedule_ticks (schedule, nominal_at, outcome, reason, run_id)
    values (${fields.schedule ?? 'daily'}, ${at}::timestamptz, ${fields.outcome ?? 'enqueued'}, 'x', ${fields.run ?? null}::int)`);
const request = async (at: string, status = 'done') => {
  const [type, trainer] = [await night.make.type(), await night.make.trainer()];
  await night.db.query(sql.unsafe`
    with training as (
      insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
      values (${type}, ${trainer}, '2025-05-10', '10:00', '2025-05-10T07:00Z', '2025-05-10T08:00Z', 1, 0) returning id)
    insert into finance_requests (kind, real_training_id, requested_at, requested_by, status, decided_at)
    select 'cancel_training', id, now(), 'desk', ${status}, case when ${status} <> 'open' then ${at}::timestamptz end from training`);
};

describe('each table keeps its rows for its own time', () => {
  test.each(ages)('a run %s', async (_, at, left) => {
    await run(at);
    await night.clean(D, only('history'));
    expect(await countOf(night.db, 'automated_process_history')).toBe(left + 1);
    expect(await countOf(night.db, 'process_history_monthly')).toBe(1 - left);
  });

  test.each(ages)('a message %s', async (_, at, left) => {
    for (const status of ['sent', 'failed', 'undeliverable', 'skipped']) await message(at, status);
    await night.clean(D, only('notifications'));
    expect(await countOf(night.db, 'notifications')).toBe(4 * left);
  });

  test.each(ages)('a tick %s', async (_, at, left) => {
    await tick(at);
    await tick(edge(30));
    await night.clean(D, only('schedule_ticks'));
    expect(await countOf(night.db, 'schedule_ticks')).toBe(left + 1);
  });

  test.each(ages)('a request that was decided %s', async (_, at, left) => {
    for (const status of ['done', 'refused']) await request(at, status);
    await night.clean(D, only('finance_requests'));
    expect(await countOf(night.db, 'finance_requests')).toBe(2 * left);
  });

  test.each([
    ['a minute older than 24 hours', '24 hours 1 minute', 0],
    ['a minute younger than 24 hours', '23 hours 59 minutes', 1],
  ])('an answer %s, whatever day the cleanup is for', async (_, age, left) => {
    for (const date of [D, '2026-01-01', '2099-01-01']) {
      await emptyTables(night.db, 'idempotency_keys');
      await night.db.query(sql.unsafe`
        insert into idempotency_keys (api_key, key, request_hash, status, headers, created_at)
        values ('desk', 'one', '', 200, '{}', now() - ${age}::interval)`);
      await night.clean(date, only('idempotency_keys'));
      expect(await countOf(night.db, 'idempotency_keys')).toBe(left);
    }
  });

  test('a cleanup for a day to come deletes nothing that one for today would keep', async () => {
    const recent = new Date(Date.now() - 399 * 86_400_000).toISOString();
    await run(recent);
    await message(recent);
    await night.clean('2099-01-01', only('history', 'notifications'));
    expect([await countOf(night.db, 'automated_process_history'), await countOf(night.db, 'notifications')]).toEqual([2, 1]);
  });
});

describe('open rows stay, however old', () => {
  const OLD = edge(-100);
  test('messages that wait', async () => {
    await message(OLD, 'pending');
    await message(OLD, 'sent');
    expect((await night.clean(D)).result).toMatchObject({ notifications_deleted: 1 });
    expect(await night.db.anyFirst(sql.type(z.object({ status: z.string() }))`select status from notifications`)).toEqual([
      'pending',
    ]);
  });

  test('runs that are queued or running, and their parts', async () => {
    const part = await run(OLD);
    const [queued, other] = [await run(OLD, { status: 'queued', parts: [part] }), await run(OLD)];
    await night.clean(D, only('history'));
    const left = await night.db.anyFirst(
      sql.type(z.object({ id: z.int() }))`select id from automated_process_history order by id`,
    );
    expect(left).toEqual([part, queued, expect.any(Number)]);
    expect(left).not.toContain(other);
  });

  test('ticks of an open run, and the latest tick of every schedule, so that nothing before it is decided anew', async () => {
    const open = await run(OLD, { status: 'running' });
    await night.db.query(
      sql.unsafe`insert into schedules (name, known_since) values ('yearly', ${edge(-900)}::timestamptz) on conflict do nothing`,
    );
    await tick(edge(-300), { schedule: 'yearly' });
    await tick(edge(-50), { schedule: 'yearly', outcome: 'skipped' });
    await tick(OLD, { schedule: 'daily', run: open });
    await tick(edge(-99), { schedule: 'daily' });
    await tick(edge(10), { schedule: 'daily' });
    expect((await night.clean(D, only('schedule_ticks'))).result).toMatchObject({ schedule_ticks_deleted: 2 });
    const states = await scheduleStates(night.db, new Date());
    expect(states.find(({ name }) => name === 'yearly')?.last_tick).toBe(edge(-50));
  });

  test('requests nobody has decided', async () => {
    await request(OLD, 'open');
    await night.clean(D, only('finance_requests'));
    expect(await countOf(night.db, 'finance_requests')).toBe(1);
  });
});

test('the rows that a run has made outlive it, its tick forgets it', async () => {
  const made = await run(edge(-100));
  await tick(edge(10), { run: made });
  await request(edge(10));
  await night.db.query(sql.unsafe`update real_trainings set run_id = ${made}`);
  await night.clean(D, only('history'));
  const after = await night.db.one(sql.type(z.object({ training: z.int().nullable(), tick: z.int().nullable() }))`
    select (select min(run_id) from real_trainings) as training, (select run_id from schedule_ticks) as tick`);
  expect(after).toEqual({ training: made, tick: null });
});

test('rows of one instant, more than a batch, and one that somebody holds: nobody is waited for, the next night takes it', async () => {
  const at = edge(-5);
  await night.db.query(sql.unsafe`
    insert into notifications (template, dedupe_key, status, created_at)
    select 'run_failed', 'k' || n, case when n % 100 = 0 then 'pending' else 'sent' end, ${at}::timestamptz from generate_series(1, 2500) n`);
  const other = await holdOpen(night.database.url, `select from notifications where dedupe_key = 'k7' for update`);
  expect((await night.clean(D, only('notifications'))).result).toMatchObject({ notifications_deleted: 2_474 });
  await other.commit();
  expect((await night.clean(D, only('notifications'))).result).toMatchObject({ notifications_deleted: 1 });
  expect((await night.clean(D, only('notifications'))).result).toMatchObject({ notifications_deleted: 0 });
  expect(await countOf(night.db, 'notifications')).toBe(25);
});
