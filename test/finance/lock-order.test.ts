import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { lockStudents, lockTraining } from '../../sql/finance.ts';
import { add, callOff, cancel, generate, night, pay, takeBack, waive } from './races/acts.ts';
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
  ['the week that is built', [], generate, ['the roster']],
  ['a payment', [night], pay, ["the parent's wallet"]],
  ['a payment that is taken back', [night], takeBack, ["the parent's wallet"]],
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
  ['a training locked before its students meets', trainingFirst, 1],
  ['a training that is called off does not meet', callOff(early), 0],
])('%s a cancelled participation in a deadlock', async (_, act, deadlocks) => {
  await on.inTurn(night);
  const letGo = await on.hold(rows['the holder']);
  const running = [on.start(act)];
  await on.still(running);
  running.push(on.start(cancel(early, people.child, 13)));
  await on.still(running);
  await letGo();
  await Promise.all(running.map((one) => one.ended));
  expect(await on.deadlocks()).toBe(deadlocks);
});
