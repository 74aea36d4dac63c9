import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDays } from '../../queues/time/calendar.ts';
import { hasCell } from '../../workers/slots/bits.ts';
import { calculateGrids } from '../../workers/slots/grid.ts';
import { daysFrom } from '../../workers/slots/horizon.ts';
import { freeStarts } from '../../workers/slots/starts.ts';
import { cellsOfOverride, weekHours } from '../../workers/slots/week.ts';
import { zoneDays } from '../../workers/slots/zone-days.ts';
import { dayOfPerson, fitsPerson, type Interval, minutesOf, type Person } from './reference.ts';

/** Days around clock changes, and plain ones. */
const places = fc.constantFrom(
  ...(['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25', '2026-06-10'].map((day) => ['Europe/Berlin', day]) as [
    string,
    string,
  ][]),
  ...([
    ['Europe/Moscow', '2026-11-25'],
    ['Africa/Cairo', '2026-04-23'],
    ['Africa/Cairo', '2026-10-29'],
    ['Australia/Lord_Howe', '2026-10-03'],
    ['Australia/Lord_Howe', '2027-04-03'],
    ['Asia/Kathmandu', '2026-12-31'],
  ] as [string, string][]),
);

const clock = fc.integer({ min: 0, max: 1_440 }).map((minute) => {
  // Half of them on the grid.
  const rounded = minute % 2 === 0 ? Math.floor(minute / 15) * 15 : minute;
  return `${String(Math.floor(rounded / 60)).padStart(2, '0')}:${String(rounded % 60).padStart(2, '0')}`;
});
const work: fc.Arbitrary<Interval[]> = fc.oneof(
  fc.constant<Interval[]>([['00:00', '23:59:59']]),
  fc.constant<Interval[]>([]),
  fc.uniqueArray(clock, { minLength: 2, maxLength: 8 }).map((times) => {
    const sorted = [...times].sort();
    return sorted.flatMap((from, n) => (n % 2 === 0 && sorted[n + 1] ? [[from, sorted[n + 1]] as Interval] : []));
  }),
);
const week = fc.record({ 0: work, 1: work, 2: work, 3: work, 4: work, 5: work, 6: work });
const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 * 1_440 }), fc.integer({ min: 1, max: 600 })), { maxLength: 6 });
const override = fc.option(fc.tuple(fc.integer({ min: 0, max: 2 }), work), { nil: null });

const cases = fc.record({
  place: places,
  specialist: week,
  location: fc.option(week, { nil: null }),
  ownDay: override,
  houseDay: override,
  taken: spans,
  absent: spans,
});

/** One specialist on three days, once for the grid and once for the calendar of minutes. */
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function both(given: Case) {
  const [zone, first] = given.place;
  const days = daysFrom(first, addDays(first, 2));
  const begin = minutesOf(first, zone)[0]! - 6 * 3_600_000;
  const instants = given.taken.map(([from, length]) => [begin + from * 60_000, begin + (from + length) * 60_000] as const);
  const away = given.absent.map(([from, length]) => [begin + from * 60_000, begin + (from + length) * 60_000] as const);
  const seconds = (list: typeof instants) => list.map(([from, to]) => [from / 1_000, to / 1_000] as const);
  const changed = (item: typeof given.ownDay) => (item ? { [days[item[0]]!]: item[1] } : {});
  const overrides = (item: typeof given.ownDay) =>
    new Map(Object.entries(changed(item)).map(([day, list]) => [day, cellsOfOverride(list)]));
  const grids = calculateGrids(zoneDays(days, zone), {
    specialist: { week: weekHours(JSON.stringify(given.specialist)), overrides: overrides(given.ownDay) },
    location: given.location && { week: weekHours(JSON.stringify(given.location)), overrides: overrides(given.houseDay) },
    taken: seconds(instants),
    absent: seconds(away),
  });
  const person: Person = {
    zone,
    specialist: { ...given.specialist, ...changed(given.ownDay) },
    location: given.location && { ...given.location, ...changed(given.houseDay) },
    taken: instants,
    absent: away,
  };
  return { zone, days, grids, person };
}

const setCells = (cells: Uint32Array) => Array.from({ length: 96 }, (_, cell) => cell).filter((cell) => hasCell(cells, cell));
const inOrder = (set: Set<number>) => [...set].sort((a, b) => a - b);

test('a grid says what the calendar of minutes says', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { days, grids, person } = both(given);
      for (const [n, day] of days.entries()) {
        const truth = dayOfPerson(person, day);
        expect({ day, free: setCells(grids[n]!.free) }).toEqual({ day, free: inOrder(truth.free) });
        expect({ day, taken: setCells(grids[n]!.taken) }).toEqual({ day, taken: inOrder(truth.taken) });
      }
    }),
    { numRuns: 300 },
  );
});

const times = fc.record({ duration: fc.integer({ min: 1, max: 240 }), rest: fc.integer({ min: 0, max: 120 }) });

test('a service is offered when it fits in the calendar of minutes, and only then', () => {
  fc.assert(
    fc.property(cases, times, (given, minutes) => {
      const { zone, days, grids, person } = both(given);
      const cells = { duration: Math.ceil(minutes.duration / 15), rest: Math.ceil(minutes.rest / 15) };
      const found = freeStarts(zoneDays(days, zone), grids, cells, 0, 2);
      for (const [n, day] of days.slice(0, 2).entries()) {
        const quarters = minutesOf(day, zone).filter((minute) => minute % 900_000 === 0);
        const truth = quarters.filter((instant) => fitsPerson(person, instant, minutes));
        const iso = (list: number[] = []) => list.map((instant) => new Date(instant).toISOString());
        expect(iso(found[n])).toEqual(iso(truth));
      }
    }),
    { numRuns: 150 },
  );
});
