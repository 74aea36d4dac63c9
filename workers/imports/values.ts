import { addYears, type Day } from '../../queues/time/calendar.ts';
import { phoneFrom } from '../sign-in/login.ts';
import { dayOfSerial } from './xlsx.ts';

/** Blanks of all kinds are one blank; the apostrophe that kept a spreadsheet from reading a formula goes (R29). */
export const tidy = (cell: string) => (UNTIDY.test(cell) ? unquoted(cell.replaceAll(BLANKS, ' ').trim()) : cell);
const BLANKS = /[\s\u00a0\u200b\ufeff]+/g;
/** Hardly any cell is: looking first costs a fifth of making each anew. */
const UNTIDY = /[^\S ]|\u200b| {2}|^[ ']| $/;
/** The same, with the lines a note may have. */
export const tidyLines = (cell: string) => unquoted(cell.replaceAll(/\r\n?/g, '\n').trim());
const unquoted = (words: string) => (/^'+[=+\-@\t\r]/.test(words) ? words.slice(1) : words);

export type Read<T> = { value: T } | { wrong: Wrong };
export type Wrong = 'phone_lost' | 'phone' | 'date' | 'date_order' | 'date_mixed' | 'no_such_day' | 'not_born' | 'out_of_range';

/** A phone in E.164; of several the first (R27). Digits that Excel has lost cannot be guessed. */
export function readPhone(cell: string): Read<string | null> {
  const typed = tidy(cell);
  if (typed === '') return { value: null };
  if (/^\d+([.,]\d+)?e\+?\d+$/i.test(typed)) return { wrong: 'phone_lost' };
  const first = typed.split(/[;,/|\n]|\s(?:и|та|and|або|или|or)\s|\s(?=\+)/)[0]!.replace(/(?:доб|ext|вн)\.?\s*\d*$/i, '');
  const number = phoneFrom(first.replace(/\.0$/, '').trim());
  return number === null ? { wrong: 'phone' } : { value: number };
}

/** The order in which a column writes its days: day first, month first, or not to be told. */
export type Order = 'dmy' | 'mdy' | 'mixed' | 'unknown';
const NUMERIC = /^(\d{1,4})([./\- ])(\d{1,2})\2(\d{1,4})(?:[ T,].*)?$/;

/** One order for the whole column (R27): by a day above 12; with dots the day stands first. */
export function orderOf(cells: Iterable<string>): Order {
  let [day, month, isAsked] = [false, false, false];
  for (const cell of cells) {
    const [, first = '', separator, second = ''] = NUMERIC.exec(tidy(cell)) ?? [];
    if (!separator || first.length > 2) continue;
    if (separator === '.' || Number(first) > 12) day = true;
    else if (Number(second) > 12) month = true;
    else if (first !== second) isAsked = true;
  }
  if (day && month) return 'mixed';
  if (day || month) return day ? 'dmy' : 'mdy';
  return isAsked ? 'unknown' : 'dmy';
}

type Reading = { order: Order; is1904: boolean; today: Day; isBirth?: boolean };

/** A civil day. Of two digits of a year a birth is the last such year that has passed, any other day is of this century. */
export function readCivilDay(cell: string, { order, is1904, today, isBirth = false }: Reading): Read<Day | null> {
  const typed = tidy(cell);
  if (typed === '') return { value: null };
  if (/^\d{4,6}(\.\d+)?$/.test(typed)) return bounded(dayOfSerial(Number(typed), is1904), today, isBirth);
  const [, first = '', separator, second = '', third = ''] = NUMERIC.exec(typed) ?? [];
  if (!separator) return { wrong: 'date' };
  if (first.length > 2) return dayOf(first, second, third, today, isBirth);
  if (order === 'mixed' && separator !== '.') return { wrong: 'date_mixed' };
  if (order === 'unknown' && first !== second) return { wrong: 'date_order' };
  return order === 'mdy' && separator !== '.'
    ? dayOf(third, first, second, today, isBirth)
    : dayOf(third, second, first, today, isBirth);
}

function dayOf(year: string, month: string, day: string, today: Day, isBirth: boolean): Read<Day> {
  if (year.length !== 4 && year.length !== 2) return { wrong: 'date' };
  const full = year.length === 4 ? year : fullYear(year, month, day, today, isBirth);
  const civil = `${full}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const [numbered, number] = [Number(month), Number(day)];
  if (numbered < 1 || numbered > 12 || number < 1 || number > daysIn(Number(full), numbered)) return { wrong: 'no_such_day' };
  return bounded(civil, today, isBirth);
}

const daysIn = (year: number, month: number) => (month === 2 ? 28 + Number(isLeap(year)) : 30 + ((month + (month >> 3)) & 1));
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

function fullYear(year: string, month: string, day: string, today: Day, isBirth: boolean): string {
  if (!isBirth) return `20${year}`;
  const century = today.slice(0, 2);
  const civil = `${century}${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return civil < today ? `${century}${year}` : `${Number(century) - 1}${year}`;
}

function bounded(civil: string, today: Day, isBirth: boolean): Read<Day> {
  if (isBirth)
    return civil >= today ? { wrong: 'not_born' } : civil < '1900-01-01' ? { wrong: 'out_of_range' } : { value: civil };
  return civil < '2000-01-01' || civil > '2100-12-31' ? { wrong: 'out_of_range' } : { value: civil };
}

/** Whether somebody of this birth has come of age; null where no birth is known. */
export const isAdult = (birth: Day | null, today: Day) => (birth === null ? null : addYears(birth, 18) <= today);

const FEMALE = /^(f|female|ж|жен|женский|жін|жіноча|жіночий|woman|girl)\.?$/i;
const MALE = /^(m|male|м|муж|мужской|ч|чол|чоловіча|чоловічий|man|boy)\.?$/i;
/** Undefined where it is neither. */
export const readGender = (cell: string) => {
  const typed = tidy(cell);
  return typed === '' ? null : FEMALE.test(typed) ? ('female' as const) : MALE.test(typed) ? ('male' as const) : undefined;
};

const DAYS = [
  /^(1|пн|пон|понедельник|понеділок|mo|mon|monday)\.?$/i,
  /^(2|вт|втор|вторник|вівторок|tu|tue|tues|tuesday)\.?$/i,
  /^(3|ср|сред|среда|середа|we|wed|wednesday)\.?$/i,
  /^(4|чт|четв|четверг|четвер|th|thu|thur|thurs|thursday)\.?$/i,
  /^(5|пт|пятн|пятница|п.ятниця|fr|fri|friday)\.?$/i,
  /^(6|сб|суб|суббота|субота|sa|sat|saturday)\.?$/i,
  /^(7|вс|нд|воскр|воскресенье|неділя|su|sun|sunday)\.?$/i,
];
/** 1 is Monday; null where it is no day of the week. */
export const readWeekday = (cell: string) => {
  const found = DAYS.findIndex((day) => day.test(tidy(cell)));
  return found < 0 ? null : found + 1;
};

/** A wall time, HH:MM; null where it is none. */
export function readTime(cell: string): string | null {
  const [, hours, minutes] = /^(\d{1,2})(?:[:.-](\d{2})(?::\d{2})?)?(?:\s*[-–—].*)?$/.exec(tidy(cell)) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes ?? 0) > 59) return null;
  return `${hours.padStart(2, '0')}:${minutes ?? '00'}`;
}

const words = (name: string) =>
  name
    .toLowerCase()
    .replaceAll('ё', 'е')
    .match(/[\p{L}\p{N}'=]+/gu)
    ?.sort() ?? [];

/** How a name is looked up: its words, whatever their order. */
export const nameKey = (...names: string[]) => words(names.join(' ')).join(' ');

/** By these a name is looked up among others: those of {@link isSameName} have at least one of them in common. */
export function pairsOf(key: string): string[] {
  const parts = key.split(' ');
  return parts.length === 1 ? parts : parts.flatMap((word, n) => parts.slice(n + 1).map((other) => `${word} ${other}`));
}

/** The same person's name: the same words in any order; a patronymic may be missing on one side. */
export function isSameName(one: string, other: string): boolean {
  if (one === other) return true;
  const [fewer, more] = [one.split(' '), other.split(' ')].sort((a, b) => a.length - b.length) as [string[], string[]];
  return fewer.length >= 2 && fewer.every((word) => more.includes(word));
}
