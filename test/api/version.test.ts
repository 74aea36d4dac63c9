import { expect, test } from '@jest/globals';
import { Problem } from '../../api/http/problems.ts';
import { seenVersion, versionOf } from '../../api/http/version.ts';

/** What it answers, or the field that is wrong. */
const answerOf = (ask: typeof seenVersion, given?: number, ifMatch?: string) => {
  try {
    return ask(given, ifMatch);
  } catch (error) {
    return error instanceof Problem && error.status === 422 ? error.extra.errors?.map(({ path }) => path) : error;
  }
};

test.each([
  [3, undefined, 3],
  [undefined, '"3"', 3],
  [undefined, 'W/"3"', 3],
  [undefined, '3', 3],
  [3, '"3"', 3],
  [3, '"4"', ['If-Match']],
  [3, '*', ['If-Match']],
  [undefined, '"x"', ['If-Match']],
] as const)('version %s and If-Match %s are %s, be it demanded or not', (given, ifMatch, seen) => {
  for (const ask of [seenVersion, versionOf]) expect(answerOf(ask, given, ifMatch)).toEqual(seen);
});

test('neither is no version, and a 422 where one is demanded', () => {
  expect(answerOf(seenVersion)).toBeUndefined();
  expect(answerOf(versionOf)).toEqual(['version']);
});
