import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { EVERYTHING } from '../../sql/auth/whose.ts';
import { listSteps } from '../../sql/belts/steps.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { daysAfter } from '../../sql/demo/days.ts';
import { loadDemo } from '../../sql/demo/demo.ts';
import { generate } from '../../workers/generation/generate.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { dry } from '../support/dry.ts';
import { beforehand } from '../support/weeks.ts';

const ZONE = 'Europe/Moscow';
const TODAY = '2026-11-18';
/** Within the training that begins at 19:00. */
const NOW = new Date(`${TODAY}T16:30:00Z`);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  await loadDemo(db, { today: TODAY, past: { zone: ZONE, now: NOW } });
});
afterAll(() => database.close());

const count = (from: ReturnType<typeof sql.fragment>, at = db) =>
  at.oneFirst(sql.type(z.object({ count: z.int() }))`select count(*)::int as count from ${from}`);

test.each([
  ['Wednesday, in the middle of a training', TODAY, '16:30', ZONE],
  ['Monday, before the first', '2026-11-23', '02:00', ZONE],
  ['Sunday, after the last', '2026-11-22', '20:59', ZONE],
  ['first days after clocks changed', '2026-03-31', '15:10', 'Europe/Berlin'],
  ['leap day', '2028-02-29', '09:00', 'Europe/Kyiv'],
])('the books of the past are square on a %s', async (_, today, time, zone) => {
  const now = new Date(`${today}T${time}:00Z`);
  const other = await testDatabase();
  try {
    await loadDemo(other.db, { today, past: { zone, now } });
    expect(await auditBooks(other.db, daysAfter(today, -1))).toEqual([]);
    expect(
      await count(
        sql.fragment`real_trainings where starts_at > ${now.toISOString()}::timestamptz or (status = 'completed') <> (ends_at <= ${now.toISOString()}::timestamptz)`,
        other.db,
      ),
    ).toBe(0);
    expect(await count(sql.fragment`real_trainings`, other.db)).toBeGreaterThan(8 * 24);
  } finally {
    await other.close();
  }
});

test.each([
  ['weeks with trainings', sql.fragment`(select distinct date_trunc('week', training_date) from real_trainings) week`, 9, 9],
  ['visits', sql.fragment`real_training_students where status = 'PRESENT'`, 600, 3_000],
  ['trainings that go on', sql.fragment`real_trainings where status = 'scheduled'`, 1, 3],
  ['who is in them', sql.fragment`real_training_students where status = 'REGISTERED' and marked_by is null`, 1, 40],
  ['missed', sql.fragment`real_training_students where status = 'ABSENT'`, 50, 400],
  ['visits nobody decided about', sql.fragment`real_training_students where charged_at is null`, 0, 0],
  ['visits by a session', sql.fragment`real_training_students where session_entry_id is not null`, 100, 2_000],
  ['payers who owe', sql.fragment`(select distinct payer_id from invoices where status = 'UNPAID') payer`, 3, 30],
  ['payers with money', sql.fragment`wallets where balance_minor > 0`, 10, 80],
  [
    'debts that a wallet would cover',
    sql.fragment`wallets join invoices on payer_id = user_id and status = 'UNPAID' where balance_minor > 0`,
    0,
    0,
  ],
  ['ways to pay', sql.fragment`(select distinct method from payments) method`, 3, 3],
  ['what is to come', sql.fragment`payments where created_at > ${NOW.toISOString()}::timestamptz`, 0, 0],
  [
    'subscriptions with no or one session left',
    sql.fragment`student_subscriptions where status = 'active' and sessions_left <= 1`,
    10,
    90,
  ],
  ['messages', sql.fragment`notifications`, 0, 0],
  ['trainers with rates', sql.fragment`pay_rates`, 6, 6],
])('%s', async (_, from, min, max) => {
  const found = await count(from);
  expect(found).toBeGreaterThanOrEqual(min);
  expect(found).toBeLessThanOrEqual(max);
});

test('some are ready for the next belt, most are not yet', async () => {
  const of = { today: TODAY, whose: EVERYTHING, limit: 500 };
  const [ready, all] = [await listSteps(db, { ...of, isReady: true }), await listSteps(db, of)];
  expect(ready.length).toBeGreaterThanOrEqual(3);
  expect(ready.length).toBeLessThan(all.length / 2);
  expect(new Set(ready.map(({ belt }) => belt)).size).toBeGreaterThanOrEqual(2);
});

test('the week that is built next is the same as without a past', async () => {
  const other = await testDatabase();
  try {
    await loadDemo(other.db, { today: TODAY });
    const [withPast, without] = await Promise.all(
      [db, other.db].map(async (studio) => {
        const { result } = await dry(
          studio,
          'generation',
          generate,
          { week_start: '2026-11-23' },
          beforehand({ start: '2026-11-23' }).now,
        );
        return (result as { students_added: number }).students_added;
      }),
    );
    expect(without).toBeGreaterThan(50);
    expect(withPast).toBe(without);
  } finally {
    await other.close();
  }
});
