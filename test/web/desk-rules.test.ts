import { expect, test } from '@jest/globals';
import { type Choice, DECISIONS, isUnfinished, itemsOf } from '../../api/web/console/modules/trainers/decide.ts';

test('only what is decided is asked for, and a substitute must be named', () => {
  const choices = new Map<number, Choice>([
    [1, { decision: null, trainerId: null }],
    [2, { decision: DECISIONS[2], trainerId: 5 }],
    [3, { decision: DECISIONS[0], trainerId: 7 }],
  ]);
  expect(itemsOf(choices)).toEqual([
    { real_training_id: 2, decision: 'keep' },
    { real_training_id: 3, decision: 'substitute', trainer_id: 7 },
  ]);
  expect(isUnfinished(choices)).toBe(false);
  choices.set(4, { decision: DECISIONS[0], trainerId: null });
  expect([itemsOf(choices).length, isUnfinished(choices)]).toEqual([2, true]);
});
