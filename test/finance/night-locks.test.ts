import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { auditBooks } from '../../sql/audit/audit.ts';
import { add, attend, callOff, cancel, night } from './races/acts.ts';
import { type Arena, arena } from './races/arena.ts';
import { people, rows, trainings } from './races/scene.ts';

jest.setTimeout(240_000);
let on: Arena;
beforeEach(async () => {
  on = await arena();
});
afterEach(() => on.close());

const { early, late, morning } = trainings;

test('a place that becomes due after the night has locked its students waits for the next chunk or night', async () => {
  // The other one has nothing due when the students are locked, and something when it is read what is due.
  await on.inTurn(cancel(late, people.other, 13));
  const letStudentGo = await on.hold(rows['the child']);
  const running = on.start(night);
  await on.still([running]);
  await on.query(
    `update real_training_students set status = 'REGISTERED', cancellation = null, cancelled_at = null where id = 4`,
  );
  const letWalletGo = await on.hold(rows["the parent's wallet"]);
  await letStudentGo();
  await on.still([running]);
  const cancelling = on.start(cancel(late, people.other, 13));
  await on.still([running, cancelling]);
  await letWalletGo();
  await Promise.all([running.ended, cancelling.ended]);
  expect(await auditBooks(on.db, '2026-01-01')).toEqual([]);
});

test('the night takes all wallets of a chunk in one order', async () => {
  // Both payers have paid or owe for the early training; the first one has some money and owes more, the second one owes tonight.
  await on.inTurn();
  await on.query('update students set payer_id = 6 where id = 5');
  await on.query('delete from real_training_students where id in (2, 4)');
  await on.query(`insert into session_entries (student_subscription_id, delta, reason) values (1, -1, 'adjustment')`);
  await on.query('update real_trainings set price_minor = 700 where id = 1');
  await on.query(`update real_trainings set training_date = '2026-11-26' where id in (2, 3)`);
  await night(on.db);
  await on.query('insert into real_training_students (real_training_id, student_id) values (2, 6)');
  await on.query(`update real_trainings set training_date = '2026-11-24' where id = 2`);
  const letGo = await on.hold(rows["the parent's wallet"]);
  const calling = on.start(callOff(early));
  await on.still([calling]);
  const running = on.start(night);
  await on.still([calling, running]);
  await letGo();
  await Promise.all([calling.ended, running.ended]);
  expect(await on.deadlocks()).toBe(0);
});

test('the night closes its trainings without holding a wallet', async () => {
  // A payer of nobody any more, with money, who owes for the early training.
  await on.inTurn(night);
  await on.query(`update students set payer_id = 3 where id = 6`);
  await on.query(`insert into users (first_name) values ('Бывший')`);
  await on.query(`update students set payer_id = 7 where id = 5`);
  await on.query(`insert into real_training_students (real_training_id, student_id) values (2, 5)`);
  await on.query(`update real_trainings set processed_at = null where id = 2`);
  await night(on.db);
  await on.query(`update students set payer_id = 3 where id = 5`);
  await on.query(`insert into wallet_transactions (user_id, amount_minor, kind) values (7, 900, 'adjustment')`);
  await on.query(`update real_trainings set processed_at = null where id = 2`);
  const letGo = await on.hold(`select from wallets where user_id = 7 for no key update`);
  const running = on.start(night);
  await on.still([running]);
  const cancelling = on.start(cancel(late, people.child, 13));
  await on.still([running, cancelling]);
  await letGo();
  await Promise.all([running.ended, cancelling.ended]);
  expect(await on.deadlocks()).toBe(0);
});

test('a student added while the night is under way is charged by it, or at once', async () => {
  await on.inTurn();
  const letGo = await on.hold('select from real_trainings where id = 2 for no key update');
  const running = on.start(night);
  await on.still([running]);
  const adding = on.start(add(morning, people.holder));
  await on.still([running, adding]);
  await letGo();
  await Promise.all([running.ended, adding.ended]);
  expect(await auditBooks(on.db, '2026-11-24')).toEqual([]);
});

test('a student registered while attendance waits for others is marked by it all the same', async () => {
  await on.inTurn();
  const letGo = await on.hold(rows['the child']);
  const running = on.start(attend);
  await on.still([running]);
  await on.query('insert into real_training_students (real_training_id, student_id) values (1, 3)');
  await letGo();
  await running.ended;
  const { rows: seats } = await on.query(`select status, count(*)::int as n from real_training_students group by status`);
  expect(seats).toEqual([{ status: 'PRESENT', n: 6 }]);
});
