import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { dayOf } from '../../queues/time/calendar.ts';
import { seeded } from '../../sql/demo/random.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { figuresOf, impossible } from './year/figures.ts';
import { fleetAt, instantsBetween } from './year/nights.ts';
import { type Deeds, ownerOn, peopleOn } from './year/people.ts';
import { openStudio } from './year/studio.ts';

jest.setTimeout(1_200_000);
const DAY = 86_400_000;
const FIRST = new Date('2025-01-05T09:00:00Z');
/** The nightly run plays the whole year. */
const IS_WHOLE = process.env.NIGHTLY === 'yes';
const DAYS = IS_WHOLE ? 365 : 70;
/** Nobody acts for the fleet on these days, as when its machine is away. */
const OUTAGE = { from: IS_WHOLE ? 200 : 40, days: 5 };

let api: TestApi;
beforeAll(async () => {
  // Only the clock is ours: timers go on, so that connections and requests live as always.
  jest.useFakeTimers({
    now: FIRST,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000' }, forLife: true });
  await openStudio(api.db);
});
afterAll(async () => {
  jest.useRealTimers();
  await api?.close();
});

test(`${DAYS} days of a studio with 300 students: square every night, nothing appears or vanishes, and the same figures each time`, async () => {
  const deeds: Deeds = new Map();
  const random = seeded(20_250_105);
  let since = FIRST;
  for (let n = 0; n < DAYS; n += 1) {
    const noon = new Date(FIRST.getTime() + n * DAY);
    jest.setSystemTime(noon);
    const today = dayOf(noon, api.fleet.settings.zone);
    await ownerOn(api.db, today);
    await peopleOn({ api, random, today, now: noon, deeds });
    if (n >= OUTAGE.from && n < OUTAGE.from + OUTAGE.days) continue;
    const next = new Date(noon.getTime() + DAY - 1);
    for (const instant of instantsBetween(since, next, api.fleet.settings.zone)) {
      // After an outage the scheduler finds all that has passed at once.
      const now = new Date(Math.max(instant.getTime(), noon.getTime()) + 1_000);
      jest.setSystemTime(now);
      await fleetAt(api.fleet, now);
    }
    since = next;
    if (n % 7 === 0 || n === DAYS - 1) expect({ today, wrong: await impossible(api.db) }).toEqual({ today, wrong: [] });
  }
  if (IS_WHOLE) return;
  expect(Object.fromEntries(deeds)).toMatchInlineSnapshot();
  expect(await figuresOf(api.db)).toMatchInlineSnapshot();
});
