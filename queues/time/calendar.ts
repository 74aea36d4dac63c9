import moment from 'moment-timezone';
import { DAY_MS, FIRST_INSTANT, LAST_DAY, LAST_INSTANT } from '../../sql/database/instants.ts';

/** A business day, `YYYY-MM-DD`. */
export type Day = string;

const FORM = 'YYYY-MM-DD';
const at = (day: Day) => moment.utc(day, FORM, true);

/** The business day of an instant in the studio's zone (D1). */
export const dayOf = (instant: Date, zone: string): Day => shownAt(instant, zone).slice(0, 10);

export const addDays = (day: Day, days: number): Day => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** Days from one day to another; fewer than 0 when that is earlier. */
export const daysBetween = (from: Day, to: Day): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

/** The same date so many years later; of 29 February, where that year has none, the 28th. */
export const addYears = (day: Day, years: number): Day => at(day).add(years, 'years').format(FORM);

export const isMonday = (day: Day) => isoWeekday(day) === 1;

/** The first Monday strictly after the day (D2). */
export const mondayAfter = (day: Day): Day => addDays(day, 8 - isoWeekday(day));

/** The ISO week of a day, such as `2026-W48`. */
export function weekOf(day: Day): string {
  const thursday = addDays(day, 4 - isoWeekday(day));
  const year = thursday.slice(0, 4);
  const week = Math.floor((Date.parse(thursday) - Date.parse(`${year}-01-01`)) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** 1 for Monday to 7 for Sunday. A day is an instant in UTC here: a library that knows zones and forms took a tenth of a request. */
const isoWeekday = (day: Day) => new Date(Date.parse(day)).getUTCDay() || 7;

/** Days in order without repetition as text, what follows one upon another as `first..last`: `2026-11-21..2026-11-25,2026-12-01`. */
export function daysInShort(days: readonly Day[]): string {
  const rows: { first: Day; last: Day }[] = [];
  for (const day of days) {
    const row = rows.at(-1);
    if (row && addDays(row.last, 1) === day) row.last = day;
    else rows.push({ first: day, last: day });
  }
  return rows.map(({ first, last }) => (first === last ? first : `${first}..${last}`)).join(',');
}

/** The instant a business day begins in the studio's zone; where that lies before the year 1, the year's. */
export function startOfDay(day: Day, zone: string): string {
  const start = moment.tz(day, FORM, zone).toISOString();
  return start < FIRST_INSTANT ? FIRST_INSTANT : start;
}

/** The instant a business day ends in the studio's zone, no part of it; where that lies beyond the year 9999, the year's last. */
export function endOfDay(day: Day, zone: string): string {
  if (day < LAST_DAY) return startOfDay(addDays(day, 1), zone);
  const midnight = Date.parse(startOfDay(day, zone)) + DAY_MS;
  return new Date(Math.min(midnight, Date.parse(LAST_INSTANT))).toISOString();
}

/** The wall time of an instant in the studio's zone, `YYYY-MM-DDTHH:mm:ss`. */
export const wallTimeOf = (instant: Date, zone: string): string => shownAt(instant, zone).slice(0, 19);

/** Both are asked for with every request: the zone's offset is looked up and the rest is arithmetic. Years 0 to 9999. */
function shownAt(instant: Date, zone: string): string {
  const offset = moment.tz.zone(zone)?.utcOffset(instant.getTime());
  if (offset === undefined) throw new RangeError(`there is no time zone "${zone}"`);
  return new Date(instant.getTime() - offset * 60_000).toISOString();
}
