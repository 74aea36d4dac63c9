import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { lockStudents, lockTraining } from '../../sql/finance/seats.ts';
import { add, attend, callOff, cancel, generate, night, pay, refund, takeBack, waive } from './races/acts.ts';
import { type Act, type Arena, arena } from './races/arena.ts';
import { people, type Row, rows, trainings } from './races/scene.ts';

jest.setTimeout(240_000);
const { early, morning } = trainings;

let on: Arena;
beforeEach(async () => {
  on = await arena();
});
afterEach(() => on.close());

/** Roster, students, trainings, wallets: the order in which everybody locks. */
const order: Row[] = ['the roster', 'the child', 'the early training', 'the morning training', "the parent's wallet"];
const ranks: Partial<Record<Row, number>> = { 'the roster': 0, 'the child': 1, "the parent's wallet": 3 };
const rank = (row: Row) => ranks[row] ?? 2;

const acts: [string, before: Act[], Act, stopsAt: Row[]][] = [
  [
    'a participation that is cancelled in time',
    [night],
    cancel(early, people.child, 13),
    ['the child', 'the early training', "the parent's wallet"],
  ],
  [
    'a participation that is cancelled late',
    [],
    cancel(early, people.child, 1),
    ['the child', 'the early training', "the parent's wallet"],
  ],
  [
    'a training that is called off',
    [night],
    callOff(early),
    ['the roster', 'the child', 'the early training', "the parent's wallet"],
  ],
  [
    'a student who is added',
    [cancel(morning, people.child, 13), night],
    add(morning, people.child),
    ['the roster', 'the child', 'the morning training', "the parent's wallet"],
  ],
  ['the night', [], night, ['the child', 'the early training', 'the morning training', "the parent's wallet"]],
  ['attendance', [], attend, ['the child', 'the early training', 'the morning training']],
  // A place in a training that is there already waits for whoever changes it: its time is the student's (D7).
  ['the week that is built', [], generate, ['the roster', 'the morning training']],
  ['a payment', [night], pay, ["the parent's wallet"]],
  ['a payment that is taken back', [night], takeBack, ["the parent's wallet"]],
  ['a payment that is refunded', [night], refund, ["the parent's wallet"]],
  ['an invoice that is waived', [night], waive(early, people.child), ["the parent's wallet"]],
];

describe.each(acts)('%s', (_, before, act, stopsAt) => {
  test('locks in the order of all, and holds nothing of a later kind while it waits', async () => {
    for (const row of order) {
      await on.inTurn(...before);
      const letGo = await on.hold(rows[row]);
      const running = on.start(act);
      await on.still([running]);
      expect([row, running.over]).toEqual([row, !stopsAt.includes(row)]);
      const free = await Promise.all(order.filter((other) => rank(other) > rank(row)).map(on.isFree));
      await letGo();
      await running.ended;
      expect(free).not.toContain(false);
    }
  });
});

/** Somebody who locks a training before its students, as nobody does. */
const trainingFirst: Act = (db) =>
  db.transaction(async (transaction) => {
    await lockTraining(transaction, early.id);
    await lockStudents(transaction, [people.holder, people.child]);
  });

test.each([
  ['a training locked before its students meets', trainingFirst, true],
  ['a training that is called off does not meet', callOff(early), false],
])('%s a cancelled participation in a deadlock', async (_, act, isDeadly) => {
  await on.inTurn(night);
  const letGo = await on.hold(rows['the holder']);
  const running = [on.start(act)];
  await on.still(running);
  running.push(on.start(cancel(early, people.child, 13)));
  await on.still(running);
  await letGo();
  await Promise.all(running.map((run) => run.ended));
  // The loser is tried again, and may meet the other one once more.
  expect((await on.deadlocks()) > 0).toBe(isDeadly);
});

/** Somebody who marks registrations without their students' locks, as nobody does. */
const seatFirst: Act = (db) =>
  db.transaction((transaction) =>
    transaction.query(sql.unsafe`
      update real_training_students set status = 'PRESENT' where id = any(
        array(select id from real_training_students where status = 'REGISTERED' order by id for no key update))`),
  );

test.each([
  ['registrations marked without their students meet', seatFirst, true],
  ['attendance does not meet', attend, false],
])('%s the night in a deadlock', async (_, act, isDeadly) => {
  await on.inTurn();
  // The child has a session, so the night takes the child's seats first, and comes to the earlier ones of the holder after the wallet.
  await on.query('update student_subscriptions set student_id = 5');
  const letGo = await on.hold(rows["the parent's wallet"]);
  const running = [on.start(night)];
  await on.still(running);
  running.push(on.start(act));
  await on.still(running);
  await letGo();
  await Promise.all(running.map((run) => run.ended));
  // The loser is tried again, and may meet the other one once more.
  expect((await on.deadlocks()) > 0).toBe(isDeadly);
});
