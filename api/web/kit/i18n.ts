import { createInstance } from 'i18next';
import { shallowRef, triggerRef } from 'vue';
import type app from '../app/texts/en.json';
import type en from '../texts/en.json';
import { type Locale, studio } from './studio.ts';

type Bare<K> = K extends `${infer Base}_${'zero' | 'one' | 'few' | 'many' | 'other'}` ? Base : K;
/** What the Mini App says as well has one text, among its own ones (`textsInTwo` of the build). */
type Shared = Extract<keyof typeof app, `would.${string}`>;
/** What can be said; a key with plural forms (`_one`, `_few`, `_many`, `_other`) goes by its bare name. */
export type TextKey = Bare<keyof typeof en> | Shared;

export const LOCALES: readonly { value: Locale; title: string }[] = [
  { value: 'ru', title: 'Русский' },
  { value: 'uk', title: 'Українська' },
  { value: 'en', title: 'English' },
];
const KEPT = 'console.locale';
type Part = 'first' | 'rest';
type Texts = Record<string, string>;
/** What is opened first says a part of each language (`first-texts.ts`); the rest comes with any other page. */
const filesOf = (part: Part) =>
  part === 'first'
    ? import.meta.glob<Texts>('../texts/*.json', { query: '?first', import: 'default' })
    : import.meta.glob<Texts>('../texts/*.json', { query: '?rest', import: 'default' });

/** The language of the page. Change it by {@link speak}. */
export const locale = shallowRef<Locale>(studio.locale);

const language = createInstance();
void language.init({
  initAsync: false,
  resources: {},
  lng: locale.value,
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
});

/** The language that this browser chose, else the browser's own if it is one of ours, else the studio's. */
export const preferredLocale = (): Locale => {
  const wished = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return (
    LOCALES.find(({ value }) => wished.find((tag) => LOCALES.some((known) => known.value === tag)) === value)?.value ??
    studio.locale
  );
};

const learnt = new Set<string>();
async function learn(wanted: Locale, part: Part) {
  const name = `${wanted} ${part}`;
  if (learnt.has(name)) return;
  const texts = (await filesOf(part)[`../texts/${wanted}.json`]?.()) ?? {};
  language.addResourceBundle(wanted, 'translation', texts, true, true);
  learnt.add(name);
}

let isWhole = false;
/** Loads a language and speaks it from then on. */
export async function speak(wanted: Locale, { keep = false } = {}) {
  await Promise.all([learn(wanted, 'first'), isWhole ? learn(wanted, 'rest') : null]);
  await language.changeLanguage(wanted);
  locale.value = wanted;
  document.documentElement.lang = wanted;
  if (keep) localStorage.setItem(KEPT, wanted);
}

/** Loads what of a language is not said first; whatever is on the page already is said anew. */
export async function learnTheRest() {
  if (isWhole && learnt.has(`${locale.value} rest`)) return;
  isWhole = true;
  await learn(locale.value, 'rest');
  triggerRef(locale);
}

/** A text in the language of the page; `count` chooses the plural form. Follows the language where it is used in a template. */
export function t(key: TextKey, params: Record<string, string | number> = {}): string {
  return language.t(key, { lng: locale.value, count: params.count as number | undefined, replace: params, nest: false });
}

/** Of a key that is made at run time (`run.name.${process}`): its text, or what stands in for it where there is none. */
export const textOr = (key: string, otherwise: string): string =>
  locale.value && language.exists(key) ? t(key as TextKey) : otherwise;
