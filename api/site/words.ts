import { readFileSync } from 'node:fs';
import { createInstance } from 'i18next';
import { isTwice } from '../../queues/time/wall-time.ts';
import { LANGUAGE_TAGS, LOCALES, type Locale } from '../../sql/database/locale.ts';
import type en from './texts/en.json';

type Bare<K> = K extends `${infer Base}_${'zero' | 'one' | 'few' | 'many' | 'other'}` ? Base : K;
/** What the booking site says; a key with plural forms goes by its bare name. */
export type SiteText = Bare<keyof typeof en>;

const language = createInstance();
void language.init({
  initAsync: false,
  resources: Object.fromEntries(
    LOCALES.map((locale) => [
      locale,
      { translation: JSON.parse(readFileSync(new URL(`./texts/${locale}.json`, import.meta.url), 'utf8')) },
    ]),
  ),
  lng: 'ru',
  fallbackLng: false,
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
});

/** A text of the site in a language; `count` chooses the plural form. Not escaped. */
export const siteText = (locale: Locale, key: SiteText, params: Record<string, string | number> = {}): string =>
  language.t(key, { lng: locale, count: params.count as number | undefined, replace: params, nest: false });

/** Formats of a language, in the studio's zone. A time that a clock which is set back shows twice has its offset: `01:30 GMT+3`. */
export function siteFormats(locale: Locale, zone: string, currency: string) {
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(LANGUAGE_TAGS[locale], options);
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone } as const;
  const instants = (options: Intl.DateTimeFormatOptions) => {
    const [once, twice] = [dates(options), dates({ ...options, timeZoneName: 'shortOffset' })];
    return (instant: string | Date) => {
      const at = new Date(instant);
      return (isTwice(at, zone) ? twice : once).format(at);
    };
  };
  const short = instants({ ...clock, weekday: 'short' });
  const long = dates({ timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' });
  const week = dates({ timeZone: 'UTC', weekday: 'short' });
  const date = dates({ timeZone: 'UTC', day: 'numeric', month: 'short' });
  const money = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    trailingZeroDisplay: 'stripIfInteger',
  } as Intl.NumberFormatOptions);
  const digits = money.resolvedOptions().maximumFractionDigits ?? 2;
  return {
    money: (minor: number) => money.format(minor / 10 ** digits),
    /** An amount as somebody writes it, `1500` or `1 500,50`, in minor units; null: it is none, or nothing. */
    minorOf(typed: string): number | null {
      const text = typed.replaceAll(/[\s\u00a0]/g, '').replace(',', '.');
      if (!new RegExp(`^\\d{1,9}${digits > 0 ? `(?:\\.\\d{1,${digits}})?` : ''}$`).test(text)) return null;
      return Math.round(Number(text) * 10 ** digits) || null;
    },
    /** `15:00` */
    time: instants(clock),
    /** `Friday 27 November`, of a business day. */
    longDay: (day: string) => long.format(Date.parse(day)),
    weekday: (day: string) => week.format(Date.parse(day)),
    date: (day: string) => date.format(Date.parse(day)),
    /** `Fri 15:00` */
    short: (instant: string | Date) => short(instant).replace(',', ''),
    /** `Friday 27 November at 15:00` */
    moment: instants({ ...clock, weekday: 'long', day: 'numeric', month: 'long' }),
  };
}
