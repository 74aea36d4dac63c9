import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { raiseAlert } from '../../sql/alerts/alerts.ts';
import { type Sql, sql } from '../../sql/database/database.ts';
import { finishAndRelease, takeRun } from '../../sql/runs/execution.ts';
import { findRun } from '../../sql/runs/find.ts';
import { releaseProcessLock } from '../../sql/runs/locks.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyLedger } from '../support/ledger.ts';

const DONE = { status: 'success' as const, result: { done: 1 }, details: {}, counts: { students_added: 3 } };
const TROUBLE = ['run_failed:generation:', 'deadline_missed:generation'];

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(async () => {
  await emptyLedger(database.db);
  await database.db.query(sql.unsafe`truncate alerts cascade`);
});
afterAll(() => database.close());

const request = (week = '48', more = {}) =>
  requestRun(database.db, {
    process_type: 'generation',
    run_key: `generation:2026-W${week}`,
    process_date: '2026-11-23',
    params: {},
    ...more,
  });
const locks = () =>
  database.db.oneFirst(sql.unsafe`
    select count(*)::int from pg_locks where locktype = 'advisory' and objid = hashtext('generation')::int8 & 4294967295`);
const onTwo = (work: (one: Sql, other: Sql) => Promise<unknown>) =>
  database.db.connect((one) => database.db.connect((other) => work(one, other)));

test('a queued run is taken, its process locked and its runner watched, at once', () =>
  database.db.connect(async (one) => {
    const { run } = await request();
    await one.query(sql.unsafe`select set_config('synchronous_commit', 'on', false)`);
    expect(await takeRun(one, run.id, 'job-1')).toMatchObject({
      is: 'taken',
      id: run.id,
      status: 'running',
      job_id: 'job-1',
      interruptions: 0,
    });
    expect(await locks()).toBe(1);
    expect(await one.oneFirst(sql.unsafe`select current_setting('idle_session_timeout')`)).toBe('30s');
    expect(await one.oneFirst(sql.unsafe`select current_setting('synchronous_commit')`)).toBe('on');
    await releaseProcessLock(one, 'generation');
    expect(await one.oneFirst(sql.unsafe`select current_setting('idle_session_timeout')`)).toBe('0');
    expect(await locks()).toBe(0);
  }));

test('while one run of a process is executed another one is busy, and is not touched', () =>
  onTwo(async (one, other) => {
    const [{ run }, { run: next }] = [await request('48'), await request('49')];
    await takeRun(one, run.id, 'job-1');
    expect(await takeRun(other, next.id, 'job-2')).toEqual({ is: 'busy' });
    expect(await findRun(database.db, next.id)).toMatchObject({ status: 'queued', job_id: null });
    await releaseProcessLock(one, 'generation');
    expect(await takeRun(other, next.id, 'job-2')).toMatchObject({ is: 'taken', id: next.id });
    await releaseProcessLock(other, 'generation');
  }));

test('a run that must wait is busy and takes no lock', () =>
  onTwo(async (one) => {
    const { run: before } = await request('48');
    const { run } = await request('49', { after_run_id: before.id });
    expect(await takeRun(one, run.id, 'job')).toEqual({ is: 'busy' });
    expect(await locks()).toBe(0);
  }));

test('a run that is over, or that never was, is stale and takes no lock', () =>
  onTwo(async (one) => {
    const { run } = await request();
    await takeRun(one, run.id, 'job');
    await finishAndRelease(one, run.id, DONE, TROUBLE);
    expect(await takeRun(one, run.id, 'job')).toEqual({ is: 'stale', locked_process: null });
    expect(await takeRun(one, 2_000_000_000, 'job')).toEqual({ is: 'stale', locked_process: null });
    expect(await locks()).toBe(0);
  }));

test('a run whose runner’s connection is gone is taken up again by the next, once, as interrupted', async () => {
  const { run } = await request();
  const lost = database.db.connect(async (one) => {
    await takeRun(one, run.id, 'job-1');
    await database.db.query(sql.unsafe`
      select pg_terminate_backend(pid, 5000) from pg_locks
      where locktype = 'advisory' and objid = hashtext('generation')::int8 & 4294967295`);
    await one.query(sql.unsafe`select 1`);
  });
  await expect(lost).rejects.toThrow();
  await onTwo(async (one, other) => {
    const taken = await Promise.all([takeRun(one, run.id, 'job-1'), takeRun(other, run.id, 'job-1')]);
    expect(taken.map(({ is }) => is).sort()).toEqual(['busy', 'taken']);
    expect(await findRun(database.db, run.id)).toMatchObject({ interruptions: 1, status: 'running' });
    for (const [n, connection] of [one, other].entries())
      if (taken[n]?.is === 'taken') await releaseProcessLock(connection, 'generation');
  });
});

test('a run ends, and its process’s lock is given back, in one statement', () =>
  onTwo(async (one, other) => {
    const { run } = await request();
    await takeRun(one, run.id, 'job');
    expect(await finishAndRelease(one, run.id, DONE, TROUBLE)).toMatchObject({
      status: 'success',
      result: { done: 1 },
      students_added: 3,
    });
    expect(await locks()).toBe(0);
    expect(await one.oneFirst(sql.unsafe`select current_setting('idle_session_timeout')`)).toBe('0');
    expect(await finishAndRelease(other, run.id, DONE, TROUBLE)).toBeNull();
  }));

test.each([
  ['a failure of its process', 'run_failed:generation:1234', false],
  ['a missed deadline of its schedule', 'deadline_missed:generation', false],
  ['a failure of another process', 'run_failed:finance:1234', true],
  ['a deadline of a schedule with a longer name', 'deadline_missed:generation2', true],
])('with %s open, whose end is to be told, is it ended at once: %s %s', (_, fingerprint, isEnded) =>
  onTwo(async (one) => {
    const { run } = await request();
    const params = { run_id: 1, run_key: 'k', attempt: 1, error: 'e' };
    await raiseAlert(database.db, [], { fingerprint, template: 'run_failed', params });
    await takeRun(one, run.id, 'job');
    const ended = await finishAndRelease(one, run.id, DONE, TROUBLE);
    expect([ended?.status ?? null, await locks()]).toEqual(isEnded ? ['success', 0] : [null, 1]);
    if (!isEnded) await releaseProcessLock(one, 'generation');
  }),
);
