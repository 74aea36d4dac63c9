import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { auditBooks } from '../../../sql/audit/audit.ts';
import { part, rounds, sequences } from '../../support/nightly-only.ts';
import { add, callOff, cancel, generate, night, pay, refund, takeBack, waive } from './acts.ts';
import { type Act, type Arena, arena } from './arena.ts';
import { people, type Row, rows, trainings } from './scene.ts';

jest.setTimeout(240_000);
const { early, late, morning } = trainings;
const { holder, child, parent } = people;
/** Random interleavings of each pair. */
const TIMES = rounds({ daily: 1, nightly: 20 });
const everyRow = Object.keys(rows) as Row[];
/** At how many rows each pair is stopped by day; the pairs take them in turns. */
const ROWS_BY_DAY = 3;

type Race = [name: string, before: Act[], one: Act, other: Act];
const races: Race[] = [
  ['the night and a free cancellation of what costs a session', [], night, cancel(early, holder, 13)],
  ['the night and a free cancellation of what costs money', [], night, cancel(early, child, 13)],
  ['the night and a late cancellation of what costs a session', [], night, cancel(early, holder, 1)],
  ['the night and a late cancellation of what costs money', [], night, cancel(early, child, 1)],
  ['the night and a training that is called off', [], night, callOff(early)],
  ['two nights', [], night, night],
  ['the night and a payment', [], night, pay],
  ['the night and a payment that is taken back', [], night, takeBack],
  ['a payment and one that is taken back', [night], pay, takeBack],
  ['the same payment taken back twice', [night, pay], takeBack, takeBack],
  ['the night and a payment that is refunded', [], night, refund],
  ['the same payment refunded twice', [night, pay], refund, refund],
  ['a payment refunded and taken back', [night, pay], refund, takeBack],
  ['a payment refunded and a training that is called off', [night], refund, callOff(early)],
  ['the same participation cancelled twice, in time', [night], cancel(early, child, 13), cancel(early, child, 13)],
  ['the same participation cancelled twice, late', [], cancel(early, child, 1), cancel(early, child, 1)],
  ['the same participation cancelled in time and late', [], cancel(early, holder, 13), cancel(early, holder, 1)],
  ['two participations of one payer', [night], cancel(early, child, 13), cancel(late, holder, 13)],
  ['the same training called off twice', [night], callOff(early), callOff(early)],
  ['two trainings with the same people called off', [night], callOff(early), callOff(late)],
  ['a participation and its training', [night], cancel(early, holder, 13), callOff(early)],
  ['a late cancellation and its training', [], cancel(early, child, 1), callOff(early)],
  ['a payment and a training that is called off', [night], pay, callOff(early)],
  ['two people for the last place', [], add(morning, holder), add(morning, parent)],
  ['one person added twice', [night], add(morning, holder), add(morning, holder)],
  ['a person added and the week built', [], add(morning, holder), generate],
  ['a place that is freed and the week built', [], cancel(morning, child, 13), generate],
  ['a training called off and the week built', [], callOff(morning), generate],
  ['a person added and the training called off', [night], add(morning, holder), callOff(morning)],
  ['an invoice waived and its participation cancelled', [night], waive(early, child), cancel(early, child, 13)],
  ['an invoice waived and a payment', [night], waive(early, child), pay],
];

let on: Arena;
beforeAll(async () => {
  on = await arena();
});
afterAll(() => on.close());

describe.each(races.map((race, n) => [...race, n] as const))(
  '%s end as if one had come after the other',
  (_, before, one, other, n) => {
    const serial: unknown[] = [];
    beforeAll(async () => {
      serial.push(await on.inTurn(...before, one, other), await on.inTurn(...before, other, one));
    });
    async function race(acts: [Act, Act], held: Row[]) {
      const books = await on.atOnce(before, acts, held);
      expect(serial).toContainEqual(books);
      expect(await auditBooks(on.db, '2026-01-01')).toEqual([]);
    }

    test('the end is that of one after the other, at whichever row the first one stops', async () => {
      for (const row of part(everyRow, ROWS_BY_DAY, n)) {
        await race([one, other], [row]);
        await race([other, one], [row]);
      }
    });

    test('in random interleavings', () =>
      fc.assert(
        fc.asyncProperty(fc.boolean(), fc.shuffledSubarray(everyRow, { minLength: 2 }), (isTurned, held) =>
          race(isTurned ? [other, one] : [one, other], held),
        ),
        { seed: sequences.seed === undefined ? undefined : sequences.seed + n, numRuns: TIMES, endOnFailure: true },
      ));
  },
);

test('and none of them ever met in a deadlock', async () => {
  expect(await on.deadlocks()).toBe(0);
});
