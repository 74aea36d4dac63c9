import { describe, expect, jest, test } from '@jest/globals';
import { compareOthers, compareRevenue, compareStanding } from './compare.ts';
import { studioYear } from './studio-year.ts';

jest.setTimeout(1_200_000);

/** Weeks in which clocks change; the day is over at another instant in each. */
describe.each([
  // Summer time begins on 9 March.
  ['America/New_York', '2025-03-02T15:00:00Z', 30],
  // It ends on 6 April.
  ['Pacific/Auckland', '2025-03-20T22:00:00Z', 30],
  // It begins on 5 October, and is half an hour.
  ['Australia/Lord_Howe', '2025-09-28T00:00:00Z', 30],
])('in %s', (zone, first, days) => {
  const year = studioYear({ zone, first: new Date(first), days });

  test('every figure of every report, by day and by month', async () => {
    expect(await compareRevenue(year)).toHaveLength(days);
    await compareRevenue(year, 'month');
    for (const by of ['day', 'month'] as const) expect((await compareOthers(year, by)).bookings).toBeGreaterThan(0);
    expect(await compareStanding(year)).toMatchObject({ cohorts: expect.any(Number) });
  });
});
