import { locale } from './i18n.ts';
import { studio } from './studio.ts';
import { type Day, dayOf } from './zone.ts';

const made = new Map<string, Intl.DateTimeFormat>();
const dates = (options: Intl.DateTimeFormatOptions) => {
  const name = `${locale.value} ${JSON.stringify(options)}`;
  const format = made.get(name) ?? new Intl.DateTimeFormat(locale.value, options);
  made.set(name, format);
  return format;
};

/** Money of minor units, as the language writes it: `2 500,00 ₽`. */
export function money(minor: number): string {
  const format = new Intl.NumberFormat(locale.value, { style: 'currency', currency: studio.currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

export const count = (value: number): string => new Intl.NumberFormat(locale.value).format(value);

/** A part of one as `87.5%`. */
export const percent = (part: number): string =>
  new Intl.NumberFormat(locale.value, { style: 'percent', maximumFractionDigits: 1 }).format(part);

/** `November 2026`, of a day in it. */
export const monthOf = (value: Day): string =>
  dates({ timeZone: 'UTC', month: 'long', year: 'numeric' }).format(Date.parse(value));

/** `14:05`, the studio's time of an instant. */
export const time = (instant: string): string =>
  dates({ timeZone: studio.zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(instant));

/** `Thu, 26 November`, of a business day; of another year than this one with the year. */
export const day = (value: Day): string =>
  dates({
    timeZone: 'UTC',
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    ...(value.slice(0, 4) === today().slice(0, 4) ? {} : { year: 'numeric' as const }),
  }).format(Date.parse(value));

/** `Thu`, of a business day. */
export const shortWeekday = (value: Day): string => dates({ timeZone: 'UTC', weekday: 'short' }).format(Date.parse(value));

/** `26 Nov`, of a business day. */
export const shortDate = (value: Day): string =>
  dates({ timeZone: 'UTC', day: 'numeric', month: 'short' }).format(Date.parse(value));

/** `26 Nov, 14:05`, the studio's day and time of an instant. */
export const moment = (instant: string): string =>
  dates({ timeZone: studio.zone, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    new Date(instant),
  );

/** Today, in the studio. */
export const today = (): Day => dayOf(Date.now(), studio.zone);

/** How long something took: `0.3 sec`, `4.5 min`. */
export function lasted(seconds: number): string {
  const [value, unit] = seconds < 60 ? [seconds, 'second'] : [seconds / 60, 'minute'];
  return new Intl.NumberFormat(locale.value, { style: 'unit', unit, maximumFractionDigits: 1 }).format(value);
}
