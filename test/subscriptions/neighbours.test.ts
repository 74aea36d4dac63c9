import { describe, expect, test } from '@jest/globals';
import { addDays } from '../../queues/time/calendar.ts';
import { pulledBy, pushedBy } from '../../workers/subscriptions/neighbours.ts';

const TODAY = '2027-03-01';
const on = (day: number) => addDays(TODAY, day);
type Span = [first: number, last: number, of?: { pushed?: number; from?: number }];
/** Terms numbered from 1, in days from today. */
const terms = (...spans: Span[]) =>
  spans.map(([first, last, { pushed = 0, from = null } = {} as { pushed?: number; from?: number | null }], n) => ({
    id: n + 1,
    start_date: on(first),
    end_date: on(last),
    pushed_days: pushed,
    renewed_from_id: from ?? null,
  }));
const daysOf = (shifts: { id: number; days: number }[]) => shifts.map(({ id, days }) => [id, days]);

describe('the first one is frozen for five days, from day 10 on', () => {
  const pushed = (...spans: Span[]) =>
    daysOf(pushedBy(terms([0, 9], ...spans), { id: 1, end_date: on(9), new_end_date: on(14) }));

  test.each<[string, Span[], number[][]]>([
    ['nothing follows', [], []],
    ['one follows at once: it moves by as much', [[10, 39]], [[2, 5]]],
    [
      'all that follow one another move',
      [
        [10, 19],
        [20, 29],
        [30, 39],
      ],
      [
        [2, 5],
        [3, 5],
        [4, 5],
      ],
    ], // prettier-ignore
    ['days between are used up first', [[12, 41]], [[2, 3]]],
    ['the last day that overlaps', [[14, 43]], [[2, 1]]],
    ['the first day that does not', [[15, 44]], []],
    [
      'one after a gap moves only as far as the one before pushes it',
      [
        [10, 19],
        [22, 29],
      ],
      [
        [2, 5],
        [3, 3],
      ],
    ], // prettier-ignore
    ['one that overlapped before stays', [[9, 38]], []],
    ['one that began with it stays', [[0, 60]], []],
    [
      'two that begin on the same day both move',
      [
        [10, 19],
        [10, 29],
      ],
      [
        [2, 5],
        [3, 5],
      ],
    ], // prettier-ignore
    ['a renewal of another one stays', [[10, 39, { from: 99 }]], []],
    [
      'a renewal of one that moves, moves',
      [
        [10, 19],
        [20, 29, { from: 2 }],
      ],
      [
        [2, 5],
        [3, 5],
      ],
    ], // prettier-ignore
  ])('%s', (_, spans, expected) => {
    expect(pushed(...spans)).toEqual(expected);
  });
});

describe('the first one, which ended on day 14, ends earlier', () => {
  const pulled = (end: number, ...spans: Span[]) => daysOf(pulledBy(terms([0, end], ...spans), on(14), TODAY));

  test.each<[string, number, Span[], number[][]]>([
    ['what was pushed comes back whole', 9, [[15, 44, { pushed: 5 }]], [[2, -5]]],
    ['or as far as it can', 12, [[15, 44, { pushed: 5 }]], [[2, -2]]],
    [
      'all of them',
      9,
      [
        [15, 24, { pushed: 5 }],
        [25, 34, { pushed: 5 }],
      ],
      [
        [2, -5],
        [3, -5],
      ],
    ], // prettier-ignore
    ['what was sold for later stays', 9, [[15, 44]], []],
    ['not before where it was sold', 9, [[15, 44, { pushed: 3 }]], [[2, -3]]],
    [
      'not into another one that ends before it',
      9,
      [
        [3, 13],
        [15, 44, { pushed: 5 }],
      ],
      [[3, -1]],
    ], // prettier-ignore
    ['one that had begun before stays', 9, [[5, 44, { pushed: 5 }]], []],
  ])('%s', (_, end, spans, expected) => {
    expect(pulled(end, ...spans)).toEqual(expected);
  });

  test('called off, it leaves the others theirs, but not before today', () => {
    const [, ...rest] = terms([-20, 2], [3, 32, { pushed: 7 }]);
    expect(daysOf(pulledBy(rest, on(2), TODAY))).toEqual([[2, -3]]);
  });
});
