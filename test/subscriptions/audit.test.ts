import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';
import { club } from './studio.ts';

const D = '2026-11-20';
let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
});
afterAll(() => database.close());

/** Subscription 1 was renewed as 2, and two sessions moved over. */
beforeEach(async () => {
  await emptyStudio(db);
  const make = club(db);
  await make.held({ student: await make.student(), item: await make.item(), to: D, left: 2 });
  await night(db, renewNight, 'auto_renewal', D);
  expect(await auditBooks(db, D)).toEqual([]);
});

/** Behind the back of the constraints and triggers. */
const tamper = (statement: ReturnType<typeof sql.unsafe>) =>
  db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    await transaction.query(statement);
  });

test.each([
  [
    'the sessions that came are not those that went',
    sql.unsafe`update session_entries set delta = 1 where reason = 'carried_in'`,
    [
      ['sessions_left', 2],
      ['carried_over', 2],
      ['sessions_vanished', 2],
    ],
  ],
  [
    'more are noted than came',
    sql.unsafe`update student_subscriptions set transferred_sessions = 3 where id = 2`,
    [['carried_over', 2]],
  ],
  [
    'sessions moved from one that was not renewed',
    sql.unsafe`update student_subscriptions set renewed_from_id = null where id = 2`,
    [
      ['carried_over', 1],
      ['carried_over', 2],
    ],
  ],
  [
    'the next begins before the end',
    sql.unsafe`update student_subscriptions set start_date = end_date - 30 where id = 2`,
    [['renewal_overlaps', 2]],
  ],
  [
    'sessions are granted twice',
    sql.unsafe`insert into session_entries (student_subscription_id, delta, reason) values (2, 8, 'granted')`,
    [
      ['sessions_left', 2],
      ['granted_twice', 2],
      ['sessions_vanished', 2],
    ],
  ],
])('%s: that is found', async (_, statement, expected) => {
  await tamper(statement);
  expect((await auditBooks(db, D)).map(({ rule, id }) => [rule, id])).toEqual(expected);
});

test('two live renewals of one are refused, and would be found', async () => {
  const again = sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, renewed_from_id)
    select student_id, subscription_id, start_date, end_date, 1 from student_subscriptions where id = 2`;
  await expect(db.query(again)).rejects.toMatchObject({ constraint: 'renewed_already' });
  await db
    .transaction(async (transaction) => {
      await transaction.query(sql.unsafe`alter table student_subscriptions drop constraint renewed_already`);
      await transaction.query(again);
      expect((await auditBooks(transaction, D)).map(({ rule, id }) => [rule, id])).toContainEqual(['renewed_twice', 1]);
      throw new Error('undo');
    })
    .catch((error) => expect(error.message).toBe('undo'));
});
