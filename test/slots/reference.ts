/**
 * A calendar that knows nothing but minutes: every minute of real time, what the wall shows then (by Intl, not by the date
 * library of the fleet), and whether somebody is busy in it. Slow, and written from the rules alone.
 */
const MINUTE = 60_000;
export type Interval = readonly [string, string];
export type Person = {
  zone: string;
  /** Weekday "0" (Monday) to "6", or a day that is overridden. */
  specialist: Record<string, Interval[]>;
  location: Record<string, Interval[]> | null;
  /** Instants in milliseconds, the end exclusive. */
  taken: readonly (readonly [number, number])[];
  absent: readonly (readonly [number, number])[];
};

type Wall = { day: string; minute: number };
const walls = new Map<string, Map<number, Wall>>();
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the wall shows at an instant. */
export function wallAt(instant: number, zone: string): Wall {
  const seen = walls.get(zone) ?? new Map<number, Wall>();
  walls.set(zone, seen);
  const known = seen.get(instant);
  if (known) return known;
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    });
  clocks.set(zone, clock);
  const part = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, value]));
  const wall = { day: `${part.year}-${part.month}-${part.day}`, minute: Number(part.hour) * 60 + Number(part.minute) };
  seen.set(instant, wall);
  return wall;
}

/** The minutes of real time on which the wall shows a day. */
export function minutesOf(day: string, zone: string): number[] {
  const noon = Date.parse(`${day}T12:00:00Z`);
  const minutes: number[] = [];
  for (let at = noon - 28 * 60 * MINUTE; at < noon + 28 * 60 * MINUTE; at += MINUTE) {
    if (wallAt(at, zone).day === day) minutes.push(at);
  }
  return minutes;
}

const secondOf = (text: string) => {
  const [h = 0, m = 0, s = 0] = text.split(':').map(Number);
  return text === '23:59:59' ? 86_400 : h * 3_600 + m * 60 + s;
};

/** Whether the whole quarter from a minute of the wall on lies in one interval. */
function isWork(schedule: Record<string, Interval[]>, day: string, quarter: number) {
  const weekday = String((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7);
  const list = schedule[day] ?? schedule[weekday] ?? [];
  return list.some(([from, to]) => secondOf(from) <= quarter * 900 && (quarter + 1) * 900 <= secondOf(to));
}

const touches = (spans: Person['taken'], minute: number) => spans.some(([from, to]) => from < minute + MINUTE && to > minute);

/** The quarters of a day that are free, and those that are taken, as sets of 0 to 95. */
export function dayOfPerson(person: Person, day: string): { free: Set<number>; taken: Set<number> } {
  const shown = new Set<number>();
  const taken = new Set<number>();
  const away = new Set<number>();
  for (const minute of minutesOf(day, person.zone)) {
    const quarter = Math.floor(wallAt(minute, person.zone).minute / 15);
    shown.add(quarter);
    if (touches(person.taken, minute)) taken.add(quarter);
    if (touches(person.absent, minute)) away.add(quarter);
  }
  const free = [...shown].filter(
    (quarter) =>
      !taken.has(quarter) &&
      !away.has(quarter) &&
      isWork(person.specialist, day, quarter) &&
      (person.location === null || isWork(person.location, day, quarter)),
  );
  return { free: new Set(free), taken };
}

const seen = new WeakMap<Person, Map<string, ReturnType<typeof dayOfPerson>>>();

/** Whether a service that begins at an instant fits, minute by minute (D29, D31). */
export function fitsPerson(person: Person, start: number, minutes: { duration: number; rest: number }): boolean {
  const days = seen.get(person) ?? new Map<string, ReturnType<typeof dayOfPerson>>();
  seen.set(person, days);
  const dayAt = (day: string) => {
    const known = days.get(day) ?? dayOfPerson(person, day);
    days.set(day, known);
    return known;
  };
  const end = start + Math.ceil(minutes.duration / 15) * 15 * MINUTE;
  const over = end + Math.ceil(minutes.rest / 15) * 15 * MINUTE;
  for (let minute = start; minute < over; minute += MINUTE) {
    const wall = wallAt(minute, person.zone);
    const quarter = Math.floor(wall.minute / 15);
    if (minute >= end) {
      if (dayAt(wall.day).taken.has(quarter)) return false;
      continue;
    }
    if (!dayAt(wall.day).free.has(quarter)) return false;
    if (minute > start && jumps(wallAt(minute - MINUTE, person.zone), wall)) return false;
  }
  return true;
}

/** Whether the clock on the wall left something out between two minutes. */
const jumps = (before: Wall, after: Wall) =>
  before.day === after.day ? after.minute > before.minute + 1 : before.minute !== 1_439 || after.minute !== 0;
