import { shallowRef } from 'vue';
import { type Locale, studio } from '../kit/studio.ts';
import type en from './texts/en.json';

type Bare<K> = K extends `${infer Base}_${'one' | 'few' | 'many' | 'other'}` ? Base : K;
/** What can be said; a key with plural forms (`_one`, `_few`, `_many`, `_other`) goes by its bare name. */
export type TextKey = Bare<keyof typeof en>;

const files = {
  ru: () => import('./texts/ru.json'),
  uk: () => import('./texts/uk.json'),
  en: () => import('./texts/en.json'),
};
let texts: Readonly<Record<string, string>> = {};

/** The language that is spoken. */
export const locale = shallowRef<Locale>(studio.locale);

/** The first of the wished languages that is ours, else the studio's. */
export const languageAmong = (...wished: readonly (string | null | undefined)[]): Locale =>
  wished.map((tag) => tag?.slice(0, 2)).find((tag): tag is Locale => tag !== undefined && Object.hasOwn(files, tag)) ??
  studio.locale;

/** Speaks a language from now on. */
export async function speak(wanted: Locale) {
  texts = (await files[wanted]()).default;
  locale.value = wanted;
  document.documentElement.lang = wanted;
}

/** A text in the language that is spoken; `count` chooses the plural form. */
export function t(key: TextKey, params: Readonly<Record<string, string | number>> = {}): string {
  const form = typeof params.count === 'number' ? `_${new Intl.PluralRules(locale.value).select(params.count)}` : '';
  const said = texts[`${key}${form}`] ?? texts[key] ?? key;
  return said.replace(/\{\{(\w+)\}\}/g, (_, name) => String(params[name] ?? ''));
}

/** Of a key that is made at run time: its text, or what stands in for it. */
export const textOr = (key: string, otherwise: string): string => texts[key] ?? otherwise;
