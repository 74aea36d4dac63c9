import { expect, test } from '@jest/globals';
import type { Misfire } from '../../queues/jobs/run-definition.ts';
import { decideTicks } from '../../queues/timetable/ticks.ts';

const minute = 60;
const hour = 60 * minute;
const now = new Date('2026-11-22T18:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);

const enqueued = 'enqueued';
const caughtUp = 'caught_up';
const superseded = 'superseded';
const paused = 'paused';
const missed = 'missed';
const tooOld = 'older than the catch-up window';

/** Ticks and the pause by their age in seconds, the window being a day; what becomes of each tick. */
const cases: [what: string, misfire: Misfire, ages: number[], pausedFor: number | null, expected: string[]][] = [
  ['at its instant', 'latest', [0], null, [enqueued]],
  ['at its instant', 'every', [0], null, [enqueued]],
  ['at its instant', 'skip', [0], null, [enqueued]],
  ['a minute late', 'latest', [60], null, [enqueued]],
  ['a minute late', 'skip', [60], null, [enqueued]],
  ['61 seconds late', 'latest', [61], null, [caughtUp]],
  ['61 seconds late', 'every', [61], null, [caughtUp]],
  ['61 seconds late', 'skip', [61], null, [missed]],
  ['several at once', 'latest', [2 * hour, hour, 0], null, [superseded, superseded, enqueued]],
  ['several at once', 'every', [2 * hour, hour, 0], null, [caughtUp, caughtUp, enqueued]],
  ['several at once', 'skip', [2 * hour, hour, 0], null, [missed, missed, enqueued]],
  ['several late', 'latest', [2 * hour, hour], null, [superseded, caughtUp]],
  ['the window’s edge', 'latest', [24 * hour], null, [caughtUp]],
  ['just past the window', 'latest', [24 * hour + 1], null, [tooOld]],
  ['just past the window', 'skip', [24 * hour + 1], null, [tooOld]],
  ['both sides of the window', 'every', [24 * hour + 1, 24 * hour, 23 * hour], null, [tooOld, caughtUp, caughtUp]],
  ['both sides of the window', 'latest', [24 * hour + 1, 24 * hour, 23 * hour], null, [tooOld, superseded, caughtUp]],
  ['a tick at the pause’s first instant', 'latest', [30], 30, [paused]],
  ['a tick just before the pause', 'latest', [31], 30, [enqueued]],
  ['ticks before and after the pause began', 'latest', [2 * hour, hour, 0], 90 * minute, [caughtUp, paused, paused]],
  ['ticks before and after the pause began', 'every', [3 * hour, 2 * hour, hour], 90 * minute, [caughtUp, caughtUp, paused]],
  ['a pause longer than the window', 'latest', [50 * hour, 30 * hour, hour], 40 * hour, [tooOld, paused, paused]],
  ['a pause that lies in the future', 'latest', [0], -60, [enqueued]],
  ['nothing due', 'latest', [], null, []],
];

test.each(cases)('%s: misfire %s, ages %j, paused for %p: %j', (_, misfire, ages, pausedFor, expected) => {
  const nominal = ages.map(ago);
  const decisions = decideTicks({ misfire, windowHours: 24 }, nominal, now, pausedFor === null ? null : ago(pausedFor));
  expect(decisions.map((decision) => decision.nominalAt)).toEqual(nominal);
  expect(decisions.map(({ outcome, reason }) => (outcome === 'skipped' ? reason : outcome))).toEqual(expected);
  expect(decisions.filter(({ outcome, reason }) => (outcome === 'skipped') !== (reason !== null))).toEqual([]);
});
