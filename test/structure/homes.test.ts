import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Who is on the line of imports, and the pages, which cannot import values from it. */
const server = globSync('{api,workers,queues,sql}/**/*.ts').filter((file) => !file.startsWith('api/web/'));
const pages = globSync('api/web/**/*.{ts,vue}').filter((file) => !file.includes('node_modules'));

const homesOf = (files: readonly string[], pattern: RegExp) =>
  files.filter((file) => pattern.test(readFileSync(file, 'utf8').replaceAll(/\s+/g, ' ')));

test.each([
  [
    'a day in milliseconds',
    /86_?400_?000|24 \* (?:3_?600_?000|HOUR_MS|60 \* 60 \* 1_?000)/,
    'sql/database/instants.ts',
    'api/web/kit/zone.ts',
  ],
  ['the list of languages', /'ru', ?'uk', ?'en'|'ru' \| 'uk' \| 'en'/, 'sql/database/locale.ts', 'api/web/kit/studio.ts'],
])('%s stands in one file of the server and one of the pages', (_what, pattern, ofServer, ofPages) => {
  expect([server.length > 900, pages.length > 300]).toEqual([true, true]);
  expect(homesOf(server, pattern)).toEqual([ofServer]);
  expect(homesOf(pages, pattern)).toEqual([ofPages]);
});

test.each([
  ['the names that Intl gives the languages', /ru: 'ru', uk: 'uk', en: 'en-GB'|'en' \? 'en-GB'/, ['sql/database/locale.ts']],
  ['the schema of a business day', /const \w+ = z\.iso\.date\([^)]*\);/, ['sql/database/instants.ts']],
  ['how long a message waits before it is tried again', /2 \*\* attempts/, ['workers/notifier/outbox/backoff.ts']],
])('%s: one file', (_what, pattern, homes) => {
  expect(homesOf(server, pattern)).toEqual(homes);
});
