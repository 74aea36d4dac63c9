import { studio } from '../kit/studio.ts';
import { type Day, dayOf, isTwice, wallOf } from '../kit/zone.ts';
import { locale } from './words.ts';

const tag = () => (locale.value === 'en' ? 'en-GB' : locale.value);
const made = new Map<string, Intl.DateTimeFormat>();
function dates(options: Intl.DateTimeFormatOptions) {
  const name = `${tag()} ${JSON.stringify(options)}`;
  const format = made.get(name) ?? new Intl.DateTimeFormat(tag(), options);
  made.set(name, format);
  return format;
}

/** Money of minor units: `2 500 ₽`. */
export function money(minor: number): string {
  const options = { style: 'currency', currency: studio.currency } as const;
  const digits = new Intl.NumberFormat(tag(), options).resolvedOptions().maximumFractionDigits ?? 2;
  return new Intl.NumberFormat(tag(), { ...options, trailingZeroDisplay: 'stripIfInteger' }).format(minor / 10 ** digits);
}

/** `14:05`, the studio's time of an instant; with its offset where a clock that is set back shows it twice. */
export function time(instant: string): string {
  const clock = { timeZone: studio.zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const offset = isTwice(instant, studio.zone) ? ({ timeZoneName: 'shortOffset' } as const) : {};
  return dates({ ...clock, ...offset }).format(new Date(instant));
}
/** `Thu, 26 November`, of a business day. */
export const day = (value: Day) =>
  dates({ timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'long' }).format(Date.parse(value));
export const date = (value: Day) => dates({ timeZone: 'UTC', day: 'numeric', month: 'long' }).format(Date.parse(value));
export const weekday = (value: Day) => dates({ timeZone: 'UTC', weekday: 'short' }).format(Date.parse(value));
/** `Thu, 26 November, 14:05`, the studio's day and time of an instant. */
export const moment = (instant: string) => `${day(dayOf(instant, studio.zone))}, ${time(instant)}`;
export const today = (): Day => dayOf(Date.now(), studio.zone);
export const dayAt = (instant: string): Day => dayOf(instant, studio.zone);
/** Whether the clocks of whoever looks show another time than the studio's. */
export function isElsewhere(): boolean {
  const now = Date.now();
  return wallOf(now, studio.zone) !== wallOf(now, new Intl.DateTimeFormat().resolvedOptions().timeZone);
}
export const zone = studio.zone.replaceAll('_', ' ');
