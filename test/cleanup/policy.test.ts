import { expect, test } from '@jest/globals';
import { keptSince, nextSize } from '../../workers/cleanup/policy.ts';

test.each([
  [500, 0, 1_000],
  [500, 25, 1_000],
  [500, 25.1, 500],
  [500, 50, 500],
  [500, 100, 250],
  [500, 5_000, 50],
  [8_000, 1, 10_000],
  [10_000, 1, 10_000],
  [60, 51, 58],
])('a batch of %i that took %d ms is followed by one of %i', (size, ms, next) => {
  expect(nextSize(size, ms)).toBe(next);
});

test.each([
  ['2026-11-21', 400, 'Europe/Moscow', '2025-10-16T21:00:00.000Z'],
  ['2026-11-21', 30, 'America/New_York', '2026-10-22T04:00:00.000Z'],
  ['2026-03-20', 30, 'America/New_York', '2026-02-18T05:00:00.000Z'],
])('on %s, %i days in %s begin at %s', (date, days, zone, since) => {
  expect(keptSince(date, days, zone, new Date('2026-11-21T20:59:00Z'))).toBe(since);
});

test('for a day to come, they begin as long before this instant', () => {
  const now = new Date('2026-11-21T20:59:00Z');
  expect(keptSince('2099-01-01', 30, 'Europe/Moscow', now)).toBe('2026-10-22T20:59:00.000Z');
});
