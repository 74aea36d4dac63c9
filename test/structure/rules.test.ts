import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const text = readFileSync('workers/RULES.md', 'utf8');
/** `R18-R19` defines both. */
const defined = new Set(
  [...text.matchAll(/^- \*\*([DRV])(\d+)(?:-[DRV](\d+))?\*\*/gm)].flatMap(([, letter, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => `${letter}${Number(from) + n}`),
  ),
);
/** `(D14)`, `(D14, R20)`: a rule that is cited. */
const CITED = /\(((?:[DRV][1-9]\d?(?:-[DRV]?\d+)?(?:, | and |; )?)+)[^)\n]{0,60}\)/g;

test('every rule that is cited stands in RULES.md', () => {
  const files = globSync('{api,workers,queues,sql,test}/**/*.{ts,vue,sql,md}').filter((file) => !file.includes('node_modules'));
  const cited = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(CITED)].flatMap(([, list = '']) =>
      [...list.matchAll(/[DRV]\d+/g)].map(([rule]) => ({ rule, file })),
    ),
  );
  expect(cited.length).toBeGreaterThan(300);
  expect(defined.size).toBeGreaterThan(100);
  expect(cited.filter(({ rule }) => !defined.has(rule))).toEqual([]);
});
