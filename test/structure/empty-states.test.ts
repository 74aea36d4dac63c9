import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** What stands under a link that leads back. */
const NO_MORE_TO_SAY = ['api/web/console/modules/vending/MachinePage.vue'];

/** Empty states of a page that say nothing but that it is empty: neither in words nor by a button. */
const silent = (source: string) =>
  [...source.matchAll(/<EmptyState\b(?:[^>"]|"[^"]*")*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => tag.endsWith('/>') && !/\s:?text=/.test(tag));

test('an empty page of the console says what to do first', () => {
  const files = globSync('api/web/console/**/*.vue');
  const found = files.filter((file) => silent(readFileSync(file, 'utf8')).length > 0);
  expect(found.sort()).toEqual(NO_MORE_TO_SAY);
});

test('one that is silent is found', () => {
  expect(silent('<EmptyState v-if="a > b" :icon="x" :title="t(\'none\')" />')).toHaveLength(1);
  expect(silent('<EmptyState :icon="x" :title="t(\'none\')" :text="t(\'first\')" />')).toEqual([]);
  expect(silent('<EmptyState :icon="x" :title="t(\'none\')"><v-btn /></EmptyState>')).toEqual([]);
});
