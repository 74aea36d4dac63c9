import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addDays } from '../../queues/time/calendar.ts';
import { MOST_WAIT_MS, type VisitPart, type VisitService, visitsOf } from '../../workers/site/visit-starts.ts';
import { calculateGrids } from '../../workers/slots/grid.ts';
import { daysFrom } from '../../workers/slots/horizon.ts';
import { freeStarts } from '../../workers/slots/starts.ts';
import { weekHours } from '../../workers/slots/week.ts';
import { zoneDays } from '../../workers/slots/zone-days.ts';
import { fitsPerson, type Interval, type Person } from '../slots/reference.ts';

/** Days on which a clock changes, and a plain one. */
const places = fc.constantFrom(
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['Africa/Cairo', '2026-10-29'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Europe/Moscow', '2026-11-25'],
) as fc.Arbitrary<[string, string]>;
const hours = fc.constantFrom<Interval[]>(
  [['00:00', '23:59:59']],
  [['00:30', '04:00']],
  [
    ['09:00', '12:00'],
    ['12:30', '20:00'],
  ],
  [['22:00', '23:59:59']],
);
const person = fc.record({
  location: fc.constantFrom(1, 2, 2),
  hours,
  /** Minutes from the first midnight on, and how long. */
  taken: fc.array(fc.tuple(fc.integer({ min: 0, max: 1_600 }), fc.integer({ min: 15, max: 240 })), { maxLength: 4 }),
});
const service = fc.record({
  duration: fc.integer({ min: 10, max: 100 }),
  rest: fc.constantFrom(0, 0, 10, 30, 75),
  needsRoom: fc.boolean(),
  /** Who gives it, by their place. */
  givers: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
});
const cases = fc.record({
  place: places,
  people: fc.array(person, { minLength: 4, maxLength: 4 }),
  services: fc.array(service, { minLength: 2, maxLength: 4 }),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const QUARTER = 900_000;
const rounded = (minutes: number) => Math.ceil(minutes / 15) * QUARTER;

/** The same studio twice: as grids, and as calendars of minutes. */
function studioOf({ place: [zone, day], people, services }: Case) {
  const days = daysFrom(day, addDays(day, 2));
  const line = zoneDays(days, zone);
  const begin = line[0]!.start;
  const calendars = people.map(({ hours: own, taken }): Person & { spans: (readonly [number, number])[] } => {
    const spans = taken.map(([from, length]) => [begin + from * 60_000, begin + (from + length) * 60_000] as const);
    const specialist = Object.fromEntries(['0', '1', '2', '3', '4', '5', '6'].map((weekday) => [weekday, own]));
    return { zone, specialist, location: null, taken: spans, absent: [], spans };
  });
  const grids = calendars.map(({ specialist, spans }) =>
    calculateGrids(line, {
      specialist: { week: weekHours(JSON.stringify(specialist)), overrides: new Map() },
      location: null,
      taken: spans.map(([from, to]) => [from / 1_000, to / 1_000] as const),
      absent: [],
    }),
  );
  const wanted = services.map(({ duration, rest, needsRoom, givers }, id): VisitService => {
    const cells = { duration: Math.ceil(duration / 15), rest: Math.ceil(rest / 15) };
    return {
      id,
      clientMs: rounded(duration),
      specialistMs: rounded(duration) + rounded(rest),
      needsRoom,
      givers: givers.map((giver) => {
        const starts = new Set(freeStarts(line, grids[giver]!, cells, 0, 2).flat());
        return { id: giver, locationId: people[giver]!.location, starts };
      }),
    };
  });
  const [first] = line;
  const starts = Array.from({ length: first!.quarters }, (_, n) => first!.start + n * QUARTER);
  return { calendars, wanted, starts, lastStart: line[1]!.start + line[1]!.quarters * QUARTER };
}

/** Each way through the services that begins at a start, by trying everybody for everything; the one that is liked best, or null. */
function slowly(given: Case, { calendars, lastStart }: ReturnType<typeof studioOf>, start: number): VisitPart[] | null {
  const { services, people } = given;
  let ways: { parts: { giver: number; at: number }[]; liking: string }[] = [{ parts: [], liking: '' }];
  for (const [n, one] of services.entries()) {
    ways = ways.flatMap(({ parts, liking }) =>
      one.givers.flatMap((giver, place) => {
        const last = parts.at(-1);
        if (last && people[last.giver]!.location !== people[giver]!.location) return [];
        const free = last ? last.at + rounded(services[n - 1]!.duration) : start;
        let at = free;
        for (const [m, part] of parts.entries()) {
          const over = part.at + rounded(services[m]!.duration) + rounded(services[m]!.rest);
          if (part.giver === giver || (one.needsRoom && services[m]!.needsRoom)) at = Math.max(at, over);
        }
        if (at - free > MOST_WAIT_MS || at >= lastStart || !fitsPerson(calendars[giver]!, at, one)) return [];
        return [{ parts: [...parts, { giver, at }], liking: `${liking}${last?.giver === giver ? 0 : 1}${place}` }];
      }),
    );
  }
  const [best] = ways.toSorted((one, other) => one.liking.localeCompare(other.liking));
  if (!best) return null;
  return best.parts.map(({ giver, at }, id) => ({ serviceId: id, specialistId: giver, startsAt: new Date(at).toISOString() }));
}

test('the ways through a visit are those of the calendars of minutes, also on days on which the clock changes', () => {
  let found = 0;
  fc.assert(
    fc.property(cases, (given) => {
      const studio = studioOf(given);
      const truth = studio.starts.flatMap((start) => slowly(given, studio, start) ?? []).flat();
      const visits = visitsOf(studio.wanted, studio.starts);
      found += visits.length;
      expect(visits.flat()).toEqual(truth);
    }),
    { numRuns: 60 },
  );
  expect(found).toBeGreaterThan(0);
});

const cut = { id: 1, clientMs: 4 * QUARTER, specialistMs: 5 * QUARTER, needsRoom: false };
const from = Date.parse('2031-05-06T07:00:00Z');
const always = new Set(Array.from({ length: 60 }, (_, n) => from + n * QUARTER));
const anna = { id: 1, locationId: 1, starts: always };
const bella = { id: 2, locationId: 1, starts: always };

test('a specialist who goes on has their break first, another one begins at once, and nobody is sent to another place', () => {
  const [own] = visitsOf(
    [
      { ...cut, givers: [anna] },
      { ...cut, id: 2, givers: [bella, anna] },
    ],
    [from],
  );
  expect(own?.map(({ specialistId, startsAt }) => [specialistId, startsAt])).toEqual([
    [1, '2031-05-06T07:00:00.000Z'],
    [1, '2031-05-06T08:15:00.000Z'],
  ]);
  const [other] = visitsOf(
    [
      { ...cut, givers: [anna] },
      { ...cut, id: 2, givers: [bella] },
    ],
    [from],
  );
  expect(other?.[1]).toEqual({ serviceId: 2, specialistId: 2, startsAt: '2031-05-06T08:00:00.000Z' });
  expect(
    visitsOf(
      [
        { ...cut, givers: [anna] },
        { ...cut, id: 2, givers: [{ ...bella, locationId: 2 }] },
      ],
      [from],
    ),
  ).toEqual([]);
});

test('a break of an hour is waited for, one of an hour and a quarter is not', () => {
  const after = (quarters: number) =>
    visitsOf(
      [
        { ...cut, specialistMs: (4 + quarters) * QUARTER, givers: [anna] },
        { ...cut, id: 2, givers: [anna] },
      ],
      [from],
    ).length;
  expect([after(4), after(5)]).toEqual([1, 0]);
});

test('a room of the visit is used again after its break', () => {
  const [way] = visitsOf(
    [
      { ...cut, needsRoom: true, givers: [anna] },
      { ...cut, id: 2, needsRoom: true, givers: [bella] },
    ],
    [from],
  );
  expect(way?.[1]?.startsAt).toBe('2031-05-06T08:15:00.000Z');
});

test('many people who could give all but the last service are no work', () => {
  const crowd = Array.from({ length: 40 }, (_, n) => ({ id: n + 1, locationId: 1, starts: always }));
  const asked: string[] = [];
  const nobody = { id: 1, locationId: 1, starts: { has: (at: number) => asked.push(String(at)) < 0 } as never };
  const services = [1, 2, 3].map((id) => ({ ...cut, specialistMs: cut.clientMs, id, givers: crowd }));
  expect(visitsOf([...services, { ...cut, id: 4, givers: [nobody] }], [...always])).toEqual([]);
  expect(asked.length).toBeLessThan(100);
});
