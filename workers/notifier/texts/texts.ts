import { readFileSync } from 'node:fs';
import { createInstance } from 'i18next';
import type { Locale } from '../../../sql/database/locale.ts';
import type en from './en.json';

type Bare<K> = K extends `${infer Base}_${'zero' | 'one' | 'few' | 'many' | 'other'}` ? Base : K;
/** What can be said; a key with plural forms (`_one`, `_few`, `_many`, `_other`) goes by its bare name. */
export type TextKey = Bare<keyof typeof en>;

const textsOf = (locale: Locale) => ({
  translation: JSON.parse(readFileSync(new URL(`./${locale}.json`, import.meta.url), 'utf8')),
});

const language = createInstance();
// With the resources at hand this has settled when it returns; its promise has nothing left to say.
void language.init({
  initAsync: false,
  resources: { ru: textsOf('ru'), uk: textsOf('uk'), en: textsOf('en') },
  lng: 'ru',
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  parseMissingKeyHandler: (key: string) => {
    throw new TypeError(`there is no text "${key}"`);
  },
  missingInterpolationHandler: (text: string, [hole]: RegExpMatchArray) => {
    throw new TypeError(`the text "${text}" has no value for ${hole}`);
  },
});

/**
 * A text in the given language; `params.count` chooses the plural form. What stands inside a value is never read as a
 * hole or a reference. Throws a TypeError that names a missing key or an unfilled hole.
 */
export function text(locale: Locale, key: TextKey, params: Record<string, string | number> = {}): string {
  // `replace` keeps a value called `context` or `lng` from being taken for one of i18next's own options.
  return language.t(key, { lng: locale, count: params.count as number | undefined, replace: params, nest: false });
}
