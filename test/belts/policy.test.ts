import { expect, test } from '@jest/globals';
import type { Belt } from '../../sql/belts/belts.ts';
import { ageIn, mayBecome, objectionTo, type Rank } from '../../workers/belts/policy.ts';

const belt = (path: 'kids' | 'adult', position: number, name: string, more: Partial<Belt> = {}): Belt => ({
  id: position + (path === 'kids' ? 0 : 100),
  program: 'BJJ',
  path,
  position,
  name,
  max_stripes: 4,
  min_age: null,
  max_age: path === 'kids' ? 15 : null,
  months: 0,
  young_months: null,
  trainings: 0,
  stripe_months: [],
  stripe_trainings: 0,
  becomes: null,
  ...more,
});
const kidsWhite = belt('kids', 1, 'White', { min_age: 4, becomes: 1 });
const grey = belt('kids', 3, 'Grey', { min_age: 4, becomes: 2 });
const green = belt('kids', 12, 'Green', { min_age: 13, becomes: 3 });
const white = belt('adult', 1, 'White', { min_age: 16 });
const blue = belt('adult', 2, 'Blue', { min_age: 16 });
const purple = belt('adult', 3, 'Purple', { min_age: 16 });
const brown = belt('adult', 4, 'Brown', { min_age: 18 });

const rank = (of: Belt, stripes = 0): Rank => ({ belt: of, stripes });
const GROWN = '1990-05-05';
const judged = (to: Rank, current: Rank | null, on = '2026-06-01', birth: string | null = GROWN) =>
  objectionTo(to, current, on, birth)?.unless ?? 'fine';

test.each([
  ['a stripe more', rank(blue, 2), rank(blue, 1), 'fine'],
  ['two stripes more', rank(blue, 3), rank(blue, 1), 'reason'],
  ['the same again', rank(blue, 1), rank(blue, 1), 'never'],
  ['a stripe fewer', rank(blue, 0), rank(blue, 1), 'never'],
  ['more stripes than the belt has', rank(blue, 5), rank(blue, 4), 'never'],
  ['the next belt', rank(blue), rank(white, 4), 'fine'],
  ['the next belt before its last stripe', rank(blue), rank(white, 1), 'fine'],
  ['the next belt with a stripe', rank(blue, 1), rank(white, 4), 'reason'],
  ['the next but one', rank(purple), rank(white, 4), 'reason'],
  ['a belt back', rank(white), rank(blue), 'never'],
  ['an adult’s back to a kids’ belt', rank(grey), rank(white), 'never'],
  ['the first of all', rank(white), null, 'fine'],
  ['the first with a stripe', rank(white, 1), null, 'reason'],
  ['a later one as the first', rank(blue), null, 'reason'],
] as const)('%s', (_, to, current, expected) => {
  const birth = to.belt.path === 'kids' ? '2016-05-05' : GROWN;
  expect(judged(to, current, '2026-06-01', birth)).toBe(expected);
});

test.each([
  ['2018-12-31', grey, rank(belt('kids', 2, 'Grey/White')), 'fine'],
  ['2019-01-01', grey, rank(belt('kids', 2, 'Grey/White')), 'never'],
  ['2018-12-31', blue, rank(grey), 'never'],
  ['2019-01-01', blue, rank(grey), 'fine'],
] as const)('born on 2003-10-01, on %s', (on, to, current, expected) => {
  expect(judged(rank(to), current, on, '2003-10-01')).toBe(expected);
});

test.each([
  [kidsWhite, white, 'fine'],
  [kidsWhite, blue, 'reason'],
  [grey, white, 'fine'],
  [grey, blue, 'fine'],
  [grey, purple, 'reason'],
  [green, blue, 'fine'],
  [green, purple, 'fine'],
  [green, brown, 'never'],
] as const)('in the year of turning 16 %j becomes', (from, to, expected) => {
  expect(judged(rank(to), rank(from, 2), '2026-03-01', '2010-11-30')).toBe(expected);
});

test.each([
  ['2025-12-31', 17, 'never'],
  ['2026-01-01', 18, 'fine'],
])('brown from the year of turning 18: on %s', (on, age, expected) => {
  expect(ageIn(on, '2008-12-31')).toBe(age);
  expect(judged(rank(brown), rank(purple), on, '2008-12-31')).toBe(expected);
});

test('where nobody knows the birth, ages are not judged', () => {
  expect(ageIn('2026-01-01', null)).toBeNull();
  expect(judged(rank(brown), rank(purple), '2026-01-01', null)).toBe('fine');
});

test('of an exam only a result is corrected', () => {
  const states = ['planned', 'passed', 'failed', 'cancelled'];
  const possible = states.flatMap((from) =>
    states.filter((to) => from !== to && mayBecome(from, to)).map((to) => `${from}>${to}`),
  );
  expect(possible).toEqual(['planned>passed', 'planned>failed', 'planned>cancelled', 'passed>failed', 'failed>passed']);
});
