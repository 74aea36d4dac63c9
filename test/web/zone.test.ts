import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import moment from 'moment-timezone';
import { clockOf } from '../../api/telegram/visit-move.ts';
import { addDays, dayOf, instantOf, isTwice, mondayOf, wallOf } from '../../api/web/kit/zone.ts';
import * as server from '../../queues/time/wall-time.ts';

const ZONES = [
  'Europe/Moscow',
  'Europe/Kyiv',
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'Pacific/Apia',
];
const zone = fc.constantFrom(...ZONES);
// What Intl and moment-timezone both know: before 1970 their tables differ, and nobody plans beyond 2037, where moment's end.
const instant = fc.integer({ min: Date.UTC(1995, 0), max: Date.UTC(2037, 0) }).map((ms) => Math.floor(ms / 1_000) * 1_000);

test('the wall time of an instant is the one that moment-timezone shows', () => {
  fc.assert(
    fc.property(instant, zone, (at, name) => {
      expect(wallOf(at, name)).toBe(moment.tz(at, name).format('YYYY-MM-DDTHH:mm:ss'));
      expect(dayOf(at, name)).toBe(moment.tz(at, name).format('YYYY-MM-DD'));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['Europe/Berlin', '2026-10-24T23:45:00Z', false, '01:45'],
  ['Europe/Berlin', '2026-10-25T00:00:00Z', true, '02:00 GMT+2'],
  ['Europe/Berlin', '2026-10-25T00:45:00Z', true, '02:45 GMT+2'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z', true, '02:00 GMT+1'],
  ['Europe/Berlin', '2026-10-25T01:45:00Z', true, '02:45 GMT+1'],
  ['Europe/Berlin', '2026-10-25T02:00:00Z', false, '03:00'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', false, '03:00'],
  ['Australia/Lord_Howe', '2026-04-04T14:15:00Z', false, '01:15'],
  ['Australia/Lord_Howe', '2026-04-04T14:30:00Z', true, '01:30 GMT+11'],
  ['Australia/Lord_Howe', '2026-04-04T15:15:00Z', true, '01:45 GMT+10:30'],
  ['Australia/Lord_Howe', '2026-04-04T15:30:00Z', false, '02:00'],
  ['Europe/Moscow', '2026-10-25T00:30:00Z', false, '03:30'],
])('in %s the clock shows the time of %s twice: %s; a button says %s', (name, at, expected, words) => {
  expect([isTwice(at, name), server.isTwice(new Date(at), name)]).toEqual([expected, expected]);
  expect(clockOf(at, name)).toBe(words);
});

test('the instant of a wall time is the one that the server takes', () => {
  fc.assert(
    fc.property(instant, zone, (at, name) => {
      const wall = wallOf(at, name);
      expect(instantOf(wall, name)).toBe(server.instantOf(new Date(`${wall}Z`), name).toISOString());
    }),
    { numRuns: 500 },
  );
});

// Every change of clocks of three years, a step of ten minutes from two hours before to two hours after it.
const CHANGES = ZONES.flatMap((name) =>
  (moment.tz.zone(name)?.untils ?? [])
    .filter((until) => until > Date.UTC(2023, 0) && until < Date.UTC(2026, 0))
    .map((until) => ({ name, until })),
);
test('around every change of clocks both agree, also in gaps and in hours that come twice', () => {
  expect(CHANGES.length).toBeGreaterThan(20);
  for (const { name, until } of CHANGES) {
    const around = Date.parse(`${wallOf(until, name)}Z`);
    for (let minutes = -120; minutes <= 120; minutes += 10) {
      const wall = new Date(around + minutes * 60_000).toISOString().slice(0, 19);
      expect([name, wall, instantOf(wall, name)]).toEqual([
        name,
        wall,
        server.instantOf(new Date(`${wall}Z`), name).toISOString(),
      ]);
    }
  }
});

test('days are added over the ends of months and years, and a week begins on Monday', () => {
  expect([addDays('2026-12-31', 1), addDays('2024-02-28', 1), addDays('2026-03-01', -1)]).toEqual([
    '2027-01-01',
    '2024-02-29',
    '2026-02-28',
  ]);
  expect([mondayOf('2026-11-23'), mondayOf('2026-11-26'), mondayOf('2026-11-29')]).toEqual([
    '2026-11-23',
    '2026-11-23',
    '2026-11-23',
  ]);
});
