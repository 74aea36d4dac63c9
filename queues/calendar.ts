import moment from 'moment-timezone';

/** A business day, `YYYY-MM-DD`. */
export type Day = string;

const DAY_MS = 86_400_000;
const FORM = 'YYYY-MM-DD';
const at = (day: Day) => moment.utc(day, FORM, true);

/** The business day of an instant in the studio's zone (D1). */
export const dayOf = (instant: Date, zone: string): Day => shownAt(instant, zone).slice(0, 10);

export const addDays = (day: Day, days: number): Day => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

export const isMonday = (day: Day) => at(day).isoWeekday() === 1;

/** The first Monday strictly after the day (D2). */
export const mondayAfter = (day: Day): Day => addDays(day, 8 - at(day).isoWeekday());

/** The ISO week of a day, such as `2026-W48`. */
export const weekOf = (day: Day) => at(day).format('GGGG-[W]WW');

/** The instant a business day begins in the studio's zone. */
export const startOfDay = (day: Day, zone: string): string => moment.tz(day, FORM, zone).toISOString();

/** The wall time of an instant in the studio's zone, `YYYY-MM-DDTHH:mm:ss`. */
export const wallTimeOf = (instant: Date, zone: string): string => shownAt(instant, zone).slice(0, 19);

/** Both are asked for with every request: the zone's offset is looked up and the rest is arithmetic. Years 0 to 9999. */
function shownAt(instant: Date, zone: string): string {
  const offset = moment.tz.zone(zone)?.utcOffset(instant.getTime());
  if (offset === undefined) throw new RangeError(`there is no time zone "${zone}"`);
  return new Date(instant.getTime() - offset * 60_000).toISOString();
}
