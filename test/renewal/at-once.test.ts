import { AsyncResource } from 'node:async_hooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, openDatabase, sql } from '../../sql/database/database.ts';
import { lockStudents } from '../../sql/finance/seats.ts';
import type { Position } from '../../sql/renewal/due.ts';
import { renewNext } from '../../sql/renewal/renew.ts';
import { findRun } from '../../sql/runs/find.ts';
import { requestRun } from '../../sql/runs/request.ts';
import { initialRenewal, type RenewalProgress } from '../../workers/renewal/night.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { clockAt } from '../support/clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { waitingForLock } from '../support/ledger.ts';
import { Killed, night } from '../support/night.ts';

clockAt('2026-11-20T09:00:00Z');
const D = '2026-11-20';
/** More than two chunks of a night; divisible by six. */
const MANY = 2_400;
let database: TestDatabase;
let db: Database;
let other: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
  other = await openDatabase(database.url, { name: 'other' });
});
beforeEach(async () => {
  await db.query(sql.unsafe`insert into users (first_name) select 'Ученик ' || n from generate_series(1, ${MANY}::int) n`);
  await db.query(sql.unsafe`insert into students (id) select n from generate_series(1, ${MANY}::int) n`);
  await db.query(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('8 занятий', 400000, 8, 30)`);
  await db.query(sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, is_auto_renew)
    select n, 1, ${D}::date - 40, ${D}::date - n % 8, n % 6, true from generate_series(1, ${MANY}::int) n`);
});
afterEach(async () => {
  expect(await auditBooks(db, '2020-01-01')).toEqual([]);
  await emptyStudio(db);
});
afterAll(async () => {
  await other.end();
  await database.close();
});

const figures = (database: Database) =>
  database.one(sql.type(
    z.object({
      renewals: z.int(),
      old: z.int(),
      invoices: z.int(),
      left: z.int(),
      carried: z.int(),
      entries: z.int(),
      told: z.int(),
    }),
  )`
    select count(renewed_from_id)::int as renewals, count(distinct renewed_from_id)::int as old, sum(transferred_sessions)::int as carried,
      sum(sessions_left)::int as left, (select count(*)::int from invoices) as invoices,
      (select count(*)::int from session_entries) as entries, (select count(*)::int from notifications) as told
    from student_subscriptions`);
const undisturbed = {
  renewals: MANY,
  old: MANY,
  invoices: MANY,
  left: (MANY / 6) * 15 + MANY * 8,
  carried: (MANY / 6) * 12,
  entries: (MANY / 6) * (5 + 10) + MANY,
  told: MANY,
};

test('one night, by itself', async () => {
  const { result } = await night(db, renewNight, 'auto_renewal', D);
  expect(result).toMatchObject({ success: true, renewals_processed: MANY });
  expect(await figures(db)).toEqual(undisturbed);
});

test.each([1, 2, 3, 4])('stopped after its chunk %i, it goes on from there and ends the same', async (stop) => {
  const kill = (chunks: number) => {
    if (chunks === stop) throw new Killed();
  };
  await expect(night(db, renewNight, 'auto_renewal', D, { onChunk: kill })).rejects.toThrow(Killed);
  const { result } = await night(db, renewNight, 'auto_renewal', D);
  expect(result).toMatchObject({ renewals_processed: MANY });
  expect(await figures(db)).toEqual(undisturbed);
  const { run } = await requestRun(db, {
    process_type: 'auto_renewal',
    run_key: `auto_renewal:${D}`,
    process_date: D,
    params: { date: D },
  });
  expect(await findRun(db, run.id)).toMatchObject({ attempt: 1, status: 'success', interruptions: 1, invoices_created: MANY });
});

test('killed in the middle of a chunk, that chunk is as if it had not been', async () => {
  const half = db.transaction(async (transaction) => {
    await renewNext(transaction, D, null, 1_000, null);
    throw new Killed();
  });
  await expect(half).rejects.toThrow(Killed);
  await night(db, renewNight, 'auto_renewal', D);
  expect(await figures(db)).toEqual(undisturbed);
});

/** Within a transaction slonik lets nothing of its own use another connection; what is asked of here does not count as within. */
const outside = AsyncResource.bind((work: () => Promise<unknown>) => work());

/** The renewals of a night on a connection of its own, in chunks, without the lock that keeps runs apart. */
async function renewAll(on: Database, size: number) {
  let place: Position = null;
  let renewed = 0;
  for (;;) {
    const done = await on.transaction((transaction) => renewNext(transaction, D, place, size, null));
    if (done.place === null) return renewed;
    place = done.place;
    renewed += done.decided.length;
  }
}

test('two at once renew each one once', async () => {
  const [one, two] = await Promise.all([renewAll(db, 400), renewAll(other, 300)]);
  expect(one + two).toBe(MANY);
  expect(await figures(db)).toEqual({ ...undisturbed, told: 0 });
});

test('a worker that waits for another’s chunk finds it done', async () => {
  let second: Promise<unknown> = Promise.resolve();
  await db.transaction(async (transaction) => {
    await renewNext(transaction, D, null, 100, null);
    second = outside(() => other.transaction((theirs) => renewNext(theirs, D, null, 100, null)));
    await outside(() => waitingForLock(other));
  });
  expect(await second).toMatchObject({ decided: [] });
  expect(await figures(db)).toMatchObject({ renewals: 100, invoices: 100 });
});

test('a session that is taken while the night comes does not move over as well', async () => {
  let second: Promise<unknown> = Promise.resolve();
  await db.transaction(async (transaction) => {
    await lockStudents(transaction, [8]);
    // Held by student 8, it ends on the day and has two sessions left.
    await transaction.query(sql.unsafe`
      insert into session_entries (student_subscription_id, delta, reason) values (8, -1, 'adjustment')`);
    second = outside(() => other.transaction((theirs) => renewNext(theirs, D, [D, 7], 1, null)));
    await outside(() => waitingForLock(other));
  });
  expect(await second).toMatchObject({ decided: [{ id: 8, carried: 1 }] });
});

test('a run whose progress was kept by an older night starts from the dusk again when it is asked for again', async () => {
  await night(db, renewNight, 'auto_renewal', D);
  let first: RenewalProgress | undefined;
  await night(
    db,
    async (run, context) => {
      first = (run.progress as RenewalProgress | null) ?? initialRenewal;
      return renewNight(run, context);
    },
    'auto_renewal',
    D,
  );
  expect(first).toEqual(initialRenewal);
  expect(await figures(db)).toEqual(undisturbed);
});
