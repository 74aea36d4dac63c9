import { expect, test } from '@jest/globals';
import { instantOf } from '../../queues/time/wall-time.ts';
import { liesWithin } from '../../workers/slots/lies-within.ts';
import { cellsOfIntervals } from '../../workers/slots/week.ts';
import { zoneDay } from '../../workers/slots/zone-days.ts';

const ZONE = 'Europe/Kyiv';
const hours = (...intervals: [string, string][]) => cellsOfIntervals(intervals);
const NOT_AT_THREE = hours(['00:00', '03:00'], ['04:00', '24:00']);

// On 29 March 2026 the clock goes from 03:00 to 04:00, on 25 October from 04:00 back to 03:00.
test.each([
  ['across an hour that the clock skips', '2026-03-29', '02:30', 60, NOT_AT_THREE, true],
  ['across that hour and past closing', '2026-03-29', '02:30', 75, hours(['00:00', '04:15']), false],
  ['up to an hour that comes twice', '2026-10-25', '02:00', 60, NOT_AT_THREE, true],
  ['into it the first time', '2026-10-25', '02:00', 75, NOT_AT_THREE, false],
  ['through it both times', '2026-10-25', '02:00', 240, hours(['02:00', '05:00']), true],
  ['through it both times and past closing', '2026-10-25', '02:00', 255, hours(['02:00', '05:00']), false],
])('work that lasts %s', (_, day, clock, minutes, work, isWithin) => {
  const from = instantOf(new Date(`${day}T${clock}:00Z`), ZONE).getTime();
  expect(liesWithin(zoneDay(day, ZONE), work, from, from + minutes * 60_000)).toBe(isWithin);
});
