import { expect, test } from '@jest/globals';
import { spread } from './nightly-only.ts';

const list = ['a', 'b', 'c', 'd', 'e'];

test.each([
  [2, 0, ['a', 'c']],
  [2, 4, ['e', 'b']],
  [4, 0, ['a', 'b', 'c', 'd']],
  [5, 3, list],
  [6, 0, list],
])('%i of five from number %i are %j', (count, from, expected) => {
  expect(spread(list, count, from)).toEqual(expected);
});

test('counting on through the parts leaves none out', () => {
  expect(new Set(list.flatMap((_, from) => spread(list, 1, from)))).toEqual(new Set(list));
});
