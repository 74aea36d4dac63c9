import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type TextKey, text } from '../../workers/notifier/texts/texts.ts';

const locales = ['ru', 'uk', 'en'] as const;
const textsOf = (locale: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../workers/notifier/texts/${locale}.json`, import.meta.url), 'utf8'));
const bare = (key: string) => key.replace(/_(zero|one|few|many|other)$/, '');
const holes = (said: string) => [...said.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test.each([
  ['ru', 0, 'Успешно сгенерировано 0 тренировок'],
  ['ru', 1, 'Успешно сгенерирована 1 тренировка'],
  ['ru', 2, 'Успешно сгенерировано 2 тренировки'],
  ['ru', 5, 'Успешно сгенерировано 5 тренировок'],
  ['ru', 11, 'Успешно сгенерировано 11 тренировок'],
  ['ru', 15, 'Успешно сгенерировано 15 тренировок'],
  ['ru', 21, 'Успешно сгенерирована 21 тренировка'],
  ['ru', 112, 'Успешно сгенерировано 112 тренировок'],
  ['uk', 0, 'Успішно згенеровано 0 тренувань'],
  ['uk', 1, 'Успішно згенеровано 1 тренування'],
  ['uk', 3, 'Успішно згенеровано 3 тренування'],
  ['uk', 15, 'Успішно згенеровано 15 тренувань'],
  ['en', 0, 'No trainings were generated'],
  ['en', 1, 'Generated 1 training'],
  ['en', 15, 'Generated 15 trainings'],
] as const)('%s agrees with %i', (locale, count, said) => {
  expect(text(locale, 'generation.done', { count })).toBe(said);
});

test('a missing key throws and is named', () => {
  expect(() => text('ru', 'no.such' as TextKey)).toThrow('there is no text "no.such"');
});

test('an unfilled hole throws and is named', () => {
  expect(() => text('en', 'run_failed.why')).toThrow('{{error}}');
});

test('values are taken as they are', () => {
  const error = '{{count}} $t(unknown) <b>&amp;</b> {{- x}}';
  expect(text('en', 'run_failed.why', { error })).toBe(`Reason: ${error}`);
});

test.each(locales)('%s says every key, in every plural form of the language, with the same holes', (locale) => {
  const [texts, english] = [textsOf(locale), textsOf('en')];
  expect(new Set(Object.keys(texts).map(bare))).toEqual(new Set(Object.keys(english).map(bare)));
  for (const key of Object.keys(english)
    .filter((key) => key.endsWith('_other'))
    .map(bare)) {
    for (const form of new Intl.PluralRules(locale).resolvedOptions().pluralCategories) {
      expect(texts).toHaveProperty([`${key}_${form}`]);
    }
  }
  for (const [key, said] of Object.entries(texts).filter(([key]) => !key.endsWith('_zero'))) {
    expect([key, holes(said)]).toEqual([key, holes(english[key] ?? english[`${bare(key)}_other`] ?? '')]);
  }
});
