/** A business day, `YYYY-MM-DD`. */
export type Day = string;
/** What the clock on the wall shows, `YYYY-MM-DDTHH:mm:ss`. */
export type Wall = string;

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes and seconds by which the zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offsetMs(instant: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value])) as Record<
    string,
    string
  >;
  const year = parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year);
  const shown = new Date(0);
  shown.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
  shown.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
  return shown.getTime() - Math.floor(instant / 1_000) * 1_000;
}

/** The wall time of an instant in a zone. */
export const wallOf = (instant: string | number | Date, zone: string): Wall => {
  const time = new Date(instant).getTime();
  return new Date(time + offsetMs(time, zone)).toISOString().slice(0, 19);
};

const STEPS_MS = [-60, -30, 30, 60].map((minutes) => minutes * 60_000);

/** Whether the zone's clocks, set back, show the time of an instant once more, before it or after it. */
export function isTwice(instant: string, zone: string): boolean {
  const shown = wallOf(instant, zone);
  return STEPS_MS.some((step) => wallOf(Date.parse(instant) + step, zone) === shown);
}

/** The business day of an instant in a zone. */
export const dayOf = (instant: string | number | Date, zone: string): Day => wallOf(instant, zone).slice(0, 10);

/**
 * The first instant at which a zone's clocks show a wall time, or, where a change of clocks leaves it out, the first instant after
 * the gap: what the server does as well.
 */
export function instantOf(wall: Wall, zone: string): string {
  const time = Date.parse(`${wall}Z`);
  const [before, after] = [time - offsetMs(time - DAY_MS, zone), time - offsetMs(time + DAY_MS, zone)];
  const shown = [before, after].filter((instant) => instant + offsetMs(instant, zone) === time);
  return new Date(shown.length > 0 ? Math.min(...shown) : changeBetween(after, before, zone)).toISOString();
}

/** The instant at which the offset changes, between two that have different ones. */
function changeBetween(from: number, to: number, zone: string): number {
  let [low, high] = [from, to];
  const old = offsetMs(from, zone);
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (offsetMs(middle, zone) === old) low = middle;
    else high = middle;
  }
  return high;
}

export const addDays = (day: Day, days: number): Day => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** Days from one day to another; fewer than 0 when that is earlier. */
export const daysBetween = (from: Day, to: Day): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

/** What was typed or stands in an address, if it has the form of a day. */
export const dayOrElse = (value: unknown, otherwise: string): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(String(value)) ? String(value) : otherwise;

/** The Monday on or before a day. */
export const mondayOf = (day: Day): Day => addDays(day, -((new Date(Date.parse(day)).getUTCDay() + 6) % 7));

/** The first day of the month so many months after that of a day. */
export function monthAfter(day: Day, months: number): Day {
  const first = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + months);
  return first.toISOString().slice(0, 10);
}
