import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { type Database, sql } from '../../sql/database/database.ts';
import { renewNight } from '../../workers/renewal/renew-night.ts';
import { clockAt } from '../support/clock.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';
import { night } from '../support/night.ts';
import { club } from './studio.ts';

clockAt('2026-11-20T09:00:00Z');
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

/** As it would have been written before there was D47: what happened to subscription 1, renewed as 2 with two sessions moved over. */
const paidBill = (held: number, amount: number) => sql.unsafe`
  insert into invoices (payer_id, student_id, type, amount_minor, status, paid_at, student_subscription_id, created_at)
  select student_id, student_id, 'SUBSCRIPTION', ${amount}, 'UNPAID', null, id, now() - interval '9 days' from student_subscriptions where id = ${held}`;
const callOff = (held: number, day: string) => sql.unsafe`
  with bills as (
    update invoices set status = 'CANCELLED', cancelled_at = now() where student_subscription_id = ${held} and status <> 'CANCELLED'
  ), left_over as (
    insert into session_entries (student_subscription_id, delta, reason)
    select id, -sessions_left, 'cancelled' from student_subscriptions where id = ${held} and sessions_left > 0
  )
  update student_subscriptions set status = 'cancelled', cancelled_at = now(), cancelled_on = ${day}::date, sessions_left = 0 where id = ${held}`;
const returned = (held: number) => sql.unsafe`
  with seat as (
    insert into session_entries (student_subscription_id, real_training_student_id, charge_no, delta, reason, created_at)
    values (${held}, 1, 0, -1, 'training', now() - interval '9 days') returning id
  )
  select id from seat`;
const back = (held: number) => sql.unsafe`
  with entered as (
    insert into session_entries (student_subscription_id, delta, reason, reverses_id)
    select student_subscription_id, 1, 'returned', id from session_entries where student_subscription_id = ${held} and reason = 'training'
  )
  update student_subscriptions set sessions_left = sessions_left + 1 where id = ${held}`;
const granted = (held: number, count: number) => sql.unsafe`
  update session_entries set delta = delta + ${count} where student_subscription_id = ${held} and reason = 'granted'`;

test.each<[string, ReturnType<typeof sql.unsafe>[], [string, number][]]>([
  [
    'the old one is refunded whole after its sessions were carried',
    [paidBill(1, 1_000), callOff(1, D)],
    [['share_forgotten', 1]],
  ],
  ['the renewal is called off while the old one lasts', [callOff(2, D)], [['carried_lost', 2]]],
  ['the renewal is called off once the old one is over', [callOff(2, '2026-11-21')], []],
  ['a session goes back to one that was renewed', [granted(1, 1), returned(1), back(1)], [['returned_to_renewed', 1]]],
  [
    'one that is over has sessions',
    [granted(1, 1), sql.unsafe`update student_subscriptions set sessions_left = 1, status = 'expired' where id = 1`],
    [['dead_sessions', 1]],
  ],
  [
    'one that was called off has sessions',
    [callOff(1, D), granted(1, 1), sql.unsafe`update student_subscriptions set sessions_left = 1 where id = 1`],
    [['dead_sessions', 1]],
  ],
])('%s: that is found', async (_, statements, expected) => {
  await db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    for (const statement of statements) await transaction.query(statement);
  });
  expect((await auditBooks(db, '2020-01-01')).map(({ rule, id }) => [rule, id])).toEqual(expected);
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
