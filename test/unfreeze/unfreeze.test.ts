import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { unfreezeResult } from '../../queues/jobs/results.ts';
import { addDays } from '../../queues/time/calendar.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { unfreezeNight } from '../../workers/unfreeze/unfreeze-night.ts';
import { club, messagesTo } from '../subscriptions/studio.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { Killed, night } from '../support/night.ts';

const D = '2026-11-20';
let database: TestDatabase;
let db: Database;
let make: ReturnType<typeof club>;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  make = club(db);
});
afterEach(() => emptyStudio(db));
afterAll(() => database.close());

const unfreeze = async (date = D) => unfreezeResult.parse((await night(db, unfreezeNight, 'auto_unfreeze', date)).result);
const state = (id: number) =>
  db.one(sql.unsafe`select status, end_date, freeze_start_date, freeze_end_date from student_subscriptions where id = ${id}`);

test.each([
  ['D-30', -30, true],
  ['D-1', -1, true],
  ['D', 0, false],
  ['D+1', 1, false],
])('a freeze that ends on %s (D26)', async (_, days, isOver) => {
  const student = await make.student();
  const freeze: [string, string] = [addDays(D, -40), addDays(D, days)];
  const id = await make.held({
    student,
    item: await make.item(),
    from: '2026-09-01',
    to: '2026-12-31',
    freeze,
    status: 'frozen',
  });
  expect(await unfreeze()).toEqual(
    isOver ? [{ id, student_id: student, freeze_start_date: null, freeze_end_date: null, status: 'active' }] : [],
  );
  expect(await state(id)).toEqual({
    status: isOver ? 'active' : 'frozen',
    end_date: '2026-12-31',
    freeze_start_date: isOver ? null : freeze[0],
    freeze_end_date: isOver ? null : freeze[1],
  });
  expect((await messagesTo(db, { user: student })).map(({ template }) => template)).toEqual(
    isOver ? ['subscription_unfrozen'] : [],
  );
});

test.each([
  ['D+1', 1, 'active'],
  ['D', 0, 'frozen'],
  ['D-1', -1, 'frozen'],
])('a freeze made beforehand that begins on %s leaves it %s', async (_, days, status) => {
  const freeze: [string, string] = [addDays(D, days), addDays(D, 9)];
  const id = await make.held({ student: await make.student(), item: await make.item(), to: '2026-12-31', freeze });
  expect(await unfreeze()).toEqual([]);
  expect(await state(id)).toMatchObject({ status, freeze_start_date: freeze[0], freeze_end_date: freeze[1] });
});

test.each(['expired', 'cancelled'])('one that is %s stays so', async (status) => {
  const id = await make.held({
    student: await make.student(),
    item: await make.item(),
    to: '2026-12-31',
    freeze: [addDays(D, -9), addDays(D, -1)],
    status,
  });
  expect(await unfreeze()).toEqual([]);
  expect(await state(id)).toMatchObject({ status });
});

test('run twice it changes and tells nothing more', async () => {
  const student = await make.student();
  const id = await make.held({ student, item: await make.item(), to: '2026-12-31', freeze: [addDays(D, -9), addDays(D, -1)] });
  expect(await unfreeze()).toHaveLength(1);
  const before = await state(id);
  expect(await unfreeze()).toEqual([]);
  expect(await unfreeze(addDays(D, -3))).toEqual([]);
  expect(await state(id)).toEqual(before);
  expect(await messagesTo(db, { user: student })).toHaveLength(1);
});

test('stopped in the middle it goes on, and its result has all of it', async () => {
  const item = await make.item();
  const ids = [];
  for (let n = 0; n < 3; n += 1) {
    const freeze: [string, string] = [addDays(D, -9), addDays(D, -1)];
    ids.push(await make.held({ student: await make.student(), item, to: '2026-12-31', freeze, status: 'frozen' }));
  }
  const kill = () => {
    throw new Killed();
  };
  await expect(night(db, unfreezeNight, 'auto_unfreeze', D, { onChunk: kill })).rejects.toThrow(Killed);
  const { run } = await requestRun(db, {
    process_type: 'auto_unfreeze',
    run_key: `auto_unfreeze:${D}`,
    process_date: D,
    params: { date: D },
  });
  expect(run.status).toBe('running');
  expect((await unfreeze()).map((subscription) => subscription.id)).toEqual(ids);
  expect(await findRun(db, run.id)).toMatchObject({ status: 'success', interruptions: 1 });
});
