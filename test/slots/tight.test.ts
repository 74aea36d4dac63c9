import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDays } from '../../queues/time/calendar.ts';
import { calculateGrids } from '../../workers/slots/grid.ts';
import { daysFrom } from '../../workers/slots/horizon.ts';
import { freeStarts } from '../../workers/slots/starts.ts';
import { isTight } from '../../workers/slots/tight.ts';
import { weekHours } from '../../workers/slots/week.ts';
import { zoneDays } from '../../workers/slots/zone-days.ts';
import { dayOfPerson, fitsPerson, type Interval, type Person, wallAt } from './reference.ts';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
/** The middle one of three days: on which a clock changes, and a plain one. */
const places = fc.constantFrom(
  ['Europe/Berlin', '2026-03-28'],
  ['Europe/Berlin', '2026-10-24'],
  ['Australia/Lord_Howe', '2026-10-03'],
  ['Europe/Moscow', '2026-11-25'],
) as fc.Arbitrary<[string, string]>;
const hours = fc.constantFrom<Interval[]>(
  [['00:00', '23:59:59']],
  [['00:30', '05:00']],
  [
    ['09:00', '12:00'],
    ['12:30', '20:00'],
  ],
);
const times = fc.record({ duration: fc.integer({ min: 5, max: 100 }), rest: fc.constantFrom(0, 0, 10, 30) });
const cases = fc.record({
  place: places,
  hours,
  taken: fc.array(fc.tuple(fc.integer({ min: 1_300, max: 3_000 }), fc.integer({ min: 10, max: 300 })), { maxLength: 6 }),
  wanted: times,
  shortest: times,
});

test('a start is tight where the free minutes around it are none, or have room for the shortest service', () => {
  let tight = 0;
  fc.assert(
    fc.property(cases, ({ place: [zone, first], hours: own, taken, wanted, shortest }) => {
      const days = daysFrom(first, addDays(first, 2));
      const line = zoneDays(days, zone);
      const spans = taken.map(
        ([from, length]) => [line[0]!.start + from * MINUTE, line[0]!.start + (from + length) * MINUTE] as const,
      );
      const week = Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((weekday) => [weekday, own]));
      const grids = calculateGrids(line, {
        specialist: { week: weekHours(JSON.stringify(week)), overrides: new Map() },
        location: null,
        taken: spans.map(([from, to]) => [from / 1_000, to / 1_000] as const),
        absent: [],
      });
      const cells = (one: typeof wanted) => ({ duration: Math.ceil(one.duration / 15), rest: Math.ceil(one.rest / 15) });
      const starts = (one: { duration: number; rest: number }) => freeStarts(line, grids, one, 0);
      const lasts = (one: typeof wanted) => (cells(one).duration + cells(one).rest) * QUARTER;
      const openings = {
        free: new Set(starts({ duration: 1, rest: 0 }).flat()),
        shortest: { starts: new Set(starts(cells(shortest)).flat()), lasts: lasts(shortest) },
      };
      const person: Person = { zone, specialist: week, location: null, taken: spans, absent: [] };
      const known = new Map<string, ReadonlySet<number>>();
      const isFree = (minute: number) => {
        const { day, minute: shown } = wallAt(minute, zone);
        if (!days.includes(day)) return false;
        const free = known.get(day) ?? dayOfPerson(person, day).free;
        known.set(day, free);
        return free.has(Math.floor(shown / 15));
      };
      for (const start of starts(cells(wanted))[1] ?? []) {
        const over = start + lasts(wanted);
        let [before, after] = [start, over];
        while (isFree(before - MINUTE)) before -= MINUTE;
        while (isFree(after)) after += MINUTE;
        const fitsBetween = (from: number, last: number) => {
          for (let at = from; at <= last; at += QUARTER) if (fitsPerson(person, at, shortest)) return true;
          return false;
        };
        const truth =
          (before === start || fitsBetween(before, start - lasts(shortest))) &&
          (after === over || fitsBetween(over, after - QUARTER));
        if (truth) tight += 1;
        expect([new Date(start).toISOString(), isTight(start, lasts(wanted), openings)]).toEqual([
          new Date(start).toISOString(),
          truth,
        ]);
      }
    }),
    { numRuns: 60 },
  );
  expect(tight).toBeGreaterThan(0);
});

const at = (quarter: number) => quarter * QUARTER;
const set = (from: number, to: number) => new Set(Array.from({ length: to - from }, (_, n) => at(from + n)));
/** Open for eight quarters; the shortest service takes three. */
const open = { free: set(0, 8), shortest: { starts: set(0, 6), lasts: at(3) } };

test.each([
  [0, 4, true],
  [1, 4, false],
  [2, 4, false],
  [3, 4, false],
  [4, 4, true],
  [3, 5, true],
  [0, 8, true],
  [0, 6, false],
])('of eight free quarters, those from %i on for %i leave nothing of no use: %s', (start, lasts, truth) =>
  expect(isTight(at(start), at(lasts), open)).toBe(truth),
);
