import { describe, expect, test } from '@jest/globals';
import { Refused } from '../../workers/refusal.ts';
import { judgeFreeze, judgeRefund, judgeStart, judgeUnfreeze } from '../../workers/subscriptions/policy.ts';

const TODAY = '2026-11-20';
const held = {
  id: 7,
  status: 'active' as 'active' | 'frozen' | 'expired' | 'cancelled',
  start_date: '2026-11-01',
  end_date: '2026-11-30',
  freeze_start_date: null as string | null,
  freeze_end_date: null as string | null,
  renewed_by_id: null as number | null,
};
/** The refusal as `kind path`, or null. */
function refusal(judge: () => void): string | null {
  try {
    judge();
    return null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [error.kind, ...(error.fields.errors ?? []).map(({ path }) => path)].join(' ');
  }
}

describe('a freeze (D25)', () => {
  test.each<[string, string, string, Partial<typeof held>, string | null]>([
    ['of today alone', TODAY, TODAY, {}, null],
    ['from today', TODAY, '2026-11-29', {}, null],
    ['from yesterday', '2026-11-19', '2026-11-29', {}, 'invalid from'],
    ['that ends before it begins', '2026-11-25', '2026-11-24', {}, 'invalid to'],
    ['from the last day on', '2026-11-30', '2026-12-10', {}, null],
    ['from the day after the last', '2026-12-01', '2026-12-10', {}, 'invalid from'],
    ['over the end', '2026-11-25', '2026-12-25', {}, null],
    ['of 366 days', TODAY, '2027-11-20', {}, null],
    ['of 367 days', TODAY, '2027-11-21', {}, 'invalid to'],
    ['before the first day', '2026-11-21', '2026-11-28', { start_date: '2026-11-22' }, 'invalid from'],
    ['from the first day', '2026-11-22', '2026-11-28', { start_date: '2026-11-22' }, null],
    ['beside one to come', TODAY, '2026-11-21', { freeze_start_date: '2026-11-25', freeze_end_date: '2026-11-26' }, 'conflict'],
    [
      'beside one until today',
      '2026-11-21',
      '2026-11-22',
      { freeze_start_date: '2026-11-15', freeze_end_date: TODAY },
      'conflict',
    ],
    ['after one until yesterday', TODAY, TODAY, { freeze_start_date: '2026-11-15', freeze_end_date: '2026-11-19' }, null],
    ['of an expired one', TODAY, TODAY, { status: 'expired' }, 'conflict'],
    ['of a cancelled one', TODAY, TODAY, { status: 'cancelled' }, 'conflict'],
    ['of a renewed one', TODAY, TODAY, { renewed_by_id: 8 }, 'conflict'],
  ])('%s', (_, from, to, fields, expected) => {
    expect(refusal(() => judgeFreeze({ ...held, ...fields }, from, to, TODAY))).toBe(expected);
  });
});

test.each<[string, Partial<typeof held>, string | null]>([
  ['none', {}, 'conflict'],
  ['one to come', { freeze_start_date: '2026-11-25', freeze_end_date: '2026-11-26' }, null],
  ['one that goes on', { status: 'frozen', freeze_start_date: '2026-11-15', freeze_end_date: '2026-11-26' }, null],
  [
    'one of a cancelled subscription',
    { status: 'cancelled', freeze_start_date: '2026-11-15', freeze_end_date: '2026-11-26' },
    'conflict',
  ],
])('ending a freeze: %s', (_, fields, expected) => {
  expect(refusal(() => judgeUnfreeze({ ...held, ...fields }))).toBe(expected);
});

test.each([
  [TODAY, null],
  ['2026-10-22', null],
  ['2026-10-21', 'invalid start_date'],
  ['2027-11-21', null],
  ['2027-11-22', 'invalid start_date'],
])('thirty days from %s', (start, expected) => {
  expect(refusal(() => judgeStart(start, { validity_days: 30, validity_months: null }, TODAY))).toBe(expected);
});

test.each([
  [0, 0, null],
  [400, 400, null],
  [401, 400, 'invalid refund_minor'],
])('a refund of %i of %i that can be refunded', (refund, paid, expected) => {
  expect(refusal(() => judgeRefund(refund, paid))).toBe(expected);
});
