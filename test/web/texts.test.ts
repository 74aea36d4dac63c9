import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { firstKeys } from '../../api/web/first-texts.ts';
import { runNames } from '../../queues/jobs/catalog.ts';
import { messageNames } from '../../sql/notifications/catalog.ts';

type Texts = Record<string, string>;
const textsOf = (locale: string): Texts => JSON.parse(readFileSync(`api/web/texts/${locale}.json`, 'utf8'));
const [ru, uk, en] = [textsOf('ru'), textsOf('uk'), textsOf('en')];
const SUFFIX = /_(zero|one|few|many|other)$/;
const FORMS: Record<string, readonly string[]> = {
  ru: ['one', 'few', 'many', 'other'],
  uk: ['one', 'few', 'many', 'other'],
  en: ['one', 'other'],
};
const plurals = [
  ...new Set(
    Object.keys(en)
      .filter((key) => /_other$/.test(key))
      .map((key) => key.replace(SUFFIX, '')),
  ),
];
const isForm = (key: string) => SUFFIX.test(key) && plurals.includes(key.replace(SUFFIX, ''));
const holes = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test('the three languages say the same things', () => {
  const bare = (texts: Texts) => Object.keys(texts).filter((key) => !isForm(key));
  expect(bare(ru)).toEqual(bare(en));
  expect(bare(uk)).toEqual(bare(en));
  for (const key of bare(en)) for (const texts of [ru, uk]) expect([key, holes(texts[key])]).toEqual([key, holes(en[key])]);
});

test.each(runNames)('the process %s has a name in each language', (name) => {
  for (const texts of [ru, uk, en]) expect(texts[`run.name.${name}`]).toEqual(expect.any(String));
});

test.each(messageNames)('the message %s has a name in each language', (name) => {
  for (const texts of [ru, uk, en]) expect(texts[`message.name.${name}`]).toEqual(expect.any(String));
});

test('a text of numbers has the forms its language needs', () => {
  expect(plurals.length).toBeGreaterThan(2);
  for (const [locale, texts] of Object.entries({ ru, uk, en }))
    for (const key of plurals)
      for (const form of FORMS[locale] ?? [])
        expect([locale, key, form, texts[`${key}_${form}`]]).toEqual([locale, key, form, expect.any(String)]);
});

test('the effect of a process is said in the words of the Mini App, and only there', () => {
  const app = JSON.parse(readFileSync('api/web/app/texts/en.json', 'utf8')) as Texts;
  expect(Object.keys(app).filter((key) => key.startsWith('would.')).length).toBeGreaterThan(10);
  expect(Object.keys(en).filter((key) => /^(night\.)?would\./.test(key))).toEqual([]);
});

test('no text stands in a page itself, and every text is used', () => {
  const sources = globSync('api/web/{kit,console}/**/*.{vue,ts}').map((file) => readFileSync(file, 'utf8'));
  const cyrillic = sources.filter((source) => /[а-яёіїєґ]/i.test(source.replaceAll(/Русский|Українська/g, '')));
  expect(cyrillic).toEqual([]);
  const all = sources.join('\n');
  const unused = Object.keys(en)
    .map((key) => (isForm(key) ? key.replace(SUFFIX, '') : key))
    .filter((key) => !all.includes(`'${key}'`) && !all.includes(`\`${key.slice(0, key.lastIndexOf('.') + 1)}\${`));
  expect([...new Set(unused)]).toEqual([]);
});

test('the frame, the menu, the board and signing in say their words at once; other pages wait for theirs', () => {
  const first = firstKeys('api/web', Object.keys(en));
  const menu = globSync('api/web/console/modules/*/routes.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/title: '([\w.]+)'/g)].map(([, key]) => String(key)),
  );
  expect(menu.length).toBeGreaterThan(20);
  for (const key of [...menu, 'search.placeholder', 'board.view.week', 'sign_in.login', 'trouble.too_many_one', 'role.owner'])
    expect([key, first.has(key)]).toEqual([key, true]);
  for (const key of ['erase.final', 'card.timeline', 'catalogue.none']) expect([key, first.has(key)]).toEqual([key, false]);
});
