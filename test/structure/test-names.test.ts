import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** The beginning of a name: of `test('…'`, of `describe.each(…)('…'` and of one that stands on a line of its own. */
const NAME = /^\s*(?:[\w.]+(?:\(.*\))?\(|\]\)\()?\s*(['"`])((?:who|whoever|what|whatever)\b[^'"`\n]*)\1, (?:async )?\(/gim;

test('the name of a test says who or what does something', () => {
  const files = globSync('test/**/*.test.ts').filter((file) => !/^test\/(bench|imports|web\/(board|pages))/.test(file));
  expect(files.length).toBeGreaterThan(300);
  const vague = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(NAME)].map(([, , name]) => `${file}: ${name}`));
  expect(vague).toEqual([]);
});
