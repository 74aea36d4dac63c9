import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = readFileSync('workers/RULES.md', 'utf8');
/** `R18-R19` defines both. */
const defined = new Set(
  [...text.matchAll(/^- \*\*([DRV])(\d+)(?:-[DRV](\d+))?\*\*/gm)].flatMap(([, letter, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => `${letter}${Number(from) + n}`),
  ),
);
/** A rule that is cited: `D14`, also within a range. */
const CITED = /\b([DRV])([1-9]\d?)(?:-[DRV]?([1-9]\d?))?\b/g;

const files = globSync('{api,workers,queues,sql,test}/**/*.{ts,vue,sql,md}').filter(
  (file) => !/node_modules|RULES\.md$|structure\/rules/.test(file),
);
const cited = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(CITED)].flatMap(([, letter, from, to = from]) =>
    Array.from({ length: Math.max(0, Number(to) - Number(from)) + 1 }, (_, n) => ({
      rule: `${letter}${Number(from) + n}`,
      file,
    })),
  ),
);

test('every rule that is cited stands in RULES.md', () => {
  expect(cited.length).toBeGreaterThan(300);
  expect(defined.size).toBeGreaterThan(100);
  expect(cited.filter(({ rule }) => !defined.has(rule))).toEqual([]);
});

test('every rule that stands there is cited by code or a test', () => {
  const known = new Set(cited.map(({ rule }) => rule));
  expect([...defined].filter((rule) => !known.has(rule))).toEqual([]);
});
