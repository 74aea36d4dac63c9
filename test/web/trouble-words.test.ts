import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';

type Words = { troubleWords(error: unknown): string };
type Problems = typeof import('../../api/web/kit/problem.ts');
/** Its types are those of a browser. */
const TROUBLE: string = '../../api/web/console/shell/trouble.ts';
const said: Record<string, unknown>[] = [];
let words: Words;
let problems: Problems;
const texts = (locale: string): Record<string, string> => JSON.parse(readFileSync(`api/web/texts/${locale}.json`, 'utf8'));

beforeAll(async () => {
  // The texts are loaded by the build: here a text is its key.
  jest.unstable_mockModule('../../api/web/kit/i18n.ts', () => ({
    t: (key: string, params: Record<string, unknown> = {}) => {
      said.push(params);
      return key;
    },
  }));
  words = (await import(TROUBLE)) as Words;
  problems = await import('../../api/web/kit/problem.ts');
});
afterAll(() => {
  jest.resetModules();
});

const CASES = [
  [0, 'trouble.silence'],
  [400, 'trouble.server'],
  [401, 'trouble.signed_out'],
  [403, 'trouble.forbidden'],
  [404, 'trouble.missing'],
  [409, 'trouble.conflict'],
  [422, 'trouble.invalid'],
  [429, 'trouble.too_many'],
  [500, 'trouble.server'],
  [503, 'trouble.server'],
] as const;

test.each(CASES)('a refusal of %i is said in words of its own, which stand in every language', (status, key) => {
  expect(words.troubleWords(new problems.AskFailed(status, { detail: 'nothing for people' }))).toBe(key);
  for (const locale of ['ru', 'uk', 'en']) {
    const known = Object.keys(texts(locale)).some((one) => one === key || one.startsWith(`${key}_`));
    expect([locale, key, known]).toEqual([locale, key, true]);
  }
});

test('an error that no server sent is a mistake of ours', () => {
  expect(words.troubleWords(new TypeError('undefined is not a function'))).toBe('trouble.own');
  expect(words.troubleWords('nothing')).toBe('trouble.own');
});

test.each([
  [null, 1],
  [0, 1],
  [59, 1],
  [61, 2],
  [600, 10],
])('after too many tries, %p seconds are said as whole minutes: %i', (retryAfter, count) => {
  words.troubleWords(new problems.AskFailed(429, {}, retryAfter));
  expect(said.at(-1)).toEqual({ count });
});
