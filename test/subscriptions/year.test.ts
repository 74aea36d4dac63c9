import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { seeded } from '../../sql/demo/random.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { figuresOf, impossible } from './year/figures.ts';
import { fleetAt, instantsBetween } from './year/nights.ts';
import { type Deeds, ownerOn, peopleOn } from './year/people.ts';
import { openStudio } from './year/studio.ts';

jest.setTimeout(1_200_000);
const DAY = 86_400_000;
const FIRST = new Date('2025-01-05T09:00:00Z');
const DAYS = 365;
/** Nobody acts for the fleet on these days, as when its machine is away. */
const OUTAGE = { from: 200, days: 5 };

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

test('a year of a studio with 300 students: square every night, nothing appears or vanishes, and the same figures each time', async () => {
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
  expect(addDays('2025-01-05', DAYS - 1)).toBe('2026-01-04');
  expect(Object.fromEntries(deeds)).toMatchInlineSnapshot(`
{
  "freeze": {
    "done": 144,
    "refused": 41,
  },
  "participation cancelled": {
    "done": 125,
    "refused": 50,
  },
  "payment": {
    "done": 698,
    "refused": 0,
  },
  "payment taken back": {
    "done": 21,
    "refused": 0,
  },
  "purchase": {
    "done": 508,
    "refused": 59,
  },
  "renewal switch": {
    "done": 99,
    "refused": 10,
  },
  "student added": {
    "done": 136,
    "refused": 48,
  },
  "subscription called off": {
    "done": 10,
    "refused": 11,
  },
  "training called off": {
    "done": 12,
    "refused": 1,
  },
  "unfreeze": {
    "done": 87,
    "refused": 0,
  },
}
`);
  expect(await figuresOf(api.db)).toMatchInlineSnapshot(`
{
  "invoices": {
    "SUBSCRIPTION CANCELLED": 8,
    "SUBSCRIPTION PAID": 717,
    "SUBSCRIPTION UNPAID": 1047,
    "TRAINING CANCELLED": 9,
    "TRAINING PAID": 7214,
    "TRAINING UNPAID": 5192,
  },
  "money": {
    "adjustment": -32600000,
    "deposit": 1183380000,
    "payment": -1052370000,
    "refund": 14910000,
  },
  "registrations": {
    "ABSENT": 37,
    "CANCELLED_SAFE": 265,
    "PRESENT": 25658,
    "REGISTERED": 490,
  },
  "renewals": 2436,
  "sessions": {
    "cancelled": -48,
    "carried_in": 4902,
    "carried_out": -4902,
    "expired": -4939,
    "granted": 12228,
    "returned": 17,
    "training": -6104,
  },
  "subscriptions": {
    "active": 270,
    "cancelled": 10,
    "expired": 2660,
    "frozen": 4,
  },
  "told": {
    "generation_overflow": 48,
    "participation_cancelled": 125,
    "renewal_lapsed": 1486,
    "renewal_lapsed_admin": 295,
    "renewal_unpaid": 4579,
    "subscription_ending": 3674,
    "subscription_expired": 2145,
    "subscription_frozen": 189,
    "subscription_last_session": 551,
    "subscription_renewed": 3305,
    "subscription_unfrozen": 182,
    "training_cancelled": 142,
    "training_joined": 136,
  },
  "trainings": {
    "cancelled": 12,
    "completed": 2028,
    "scheduled": 40,
  },
  "wallets": 113320000,
}
`);
});
