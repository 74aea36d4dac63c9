import { expect, test } from '@jest/globals';
import { wouldDo } from '../../api/web/console/modules/runs/would.ts';
import { type Choice, DECISIONS, isUnfinished, itemsOf } from '../../api/web/console/modules/trainers/decide.ts';

test.each([
  [
    'of parts',
    {
      message: 'ok',
      a: { trainings_processed: 3, students_marked_present: 5, sessions_deducted: 0 },
      b: { trainings_processed: 4, sessions_deducted: 2, invoices_created: 1, auto_payments: 0 },
    },
    ['trainings_processed 4', 'students_marked_present 5', 'sessions_deducted 2', 'invoices_created 1'],
  ],
  [
    'of a week',
    {
      created_count: 26,
      students_added: 9,
      trainings: [{ id: null }],
      period: { start: '2026-11-23', end: '2026-11-29' },
      warnings: [{}],
      conflicts: [{}, {}],
    },
    ['created_count 26', 'students_added 9', 'conflicts 2'],
  ],
  ['of a list', [{ id: 1 }, { id: 2 }], ['unfrozen 2']],
  [
    'of deleted rows',
    { notifications_deleted: 2, runs_deleted: 3, audit_findings: 7, bookings_completed: 1 },
    ['bookings_completed 1', 'deleted 5'],
  ],
  ['of nothing', { success: true, renewals_processed: 0, timestamp: '2026-11-22T23:00:00' }, []],
] as const)('what a process would do is read from an answer %s', (_, answer, lines) => {
  expect(wouldDo(answer).map(({ name, count }) => `${name} ${count}`)).toEqual(lines);
});

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
