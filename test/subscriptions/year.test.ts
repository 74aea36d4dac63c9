import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { dayOf } from '../../queues/time/calendar.ts';
import { seeded } from '../../sql/demo/random.ts';
import { clockAt } from '../support/clock.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { rounds } from '../support/nightly-only.ts';
import { figuresOf, impossible } from './year/figures.ts';
import { fleetAt, instantsBetween } from './year/nights.ts';
import { type Deeds, ownerOn, peopleOn } from './year/people.ts';
import { openStudio } from './year/studio.ts';

jest.setTimeout(1_200_000);
const DAY = 86_400_000;
const FIRST = new Date('2025-01-05T09:00:00Z');
/** At night the whole year. */
const DAYS = rounds({ daily: 70, nightly: 365 });
const IS_WHOLE = DAYS === 365;
/** Nobody acts for the fleet on these days, as when its machine is away. */
const OUTAGE = { from: rounds({ daily: 40, nightly: 200 }), days: 5 };

let api: TestApi;
clockAt(FIRST.toISOString());
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000' }, forLife: true });
  await openStudio(api.db);
});
afterAll(() => api?.close());

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
  expect(Object.fromEntries(deeds)).toMatchInlineSnapshot(`
{
  "freeze": {
    "done": 27,
    "refused": 7,
  },
  "participation cancelled": {
    "done": 13,
    "refused": 6,
  },
  "payment": {
    "done": 126,
    "refused": 0,
  },
  "payment taken back": {
    "done": 2,
    "refused": 0,
  },
  "purchase": {
    "done": 120,
    "refused": 0,
  },
  "renewal switch": {
    "done": 21,
    "refused": 2,
  },
  "student added": {
    "done": 19,
    "refused": 12,
  },
  "subscription called off": {
    "done": 3,
    "refused": 5,
  },
  "training called off": {
    "done": 1,
    "refused": 0,
  },
  "unfreeze": {
    "done": 15,
    "refused": 0,
  },
}
`);
  expect(await figuresOf(api.db)).toMatchInlineSnapshot(`
{
  "invoices": {
    "SUBSCRIPTION CANCELLED": 3,
    "SUBSCRIPTION PAID": 33,
    "SUBSCRIPTION UNPAID": 102,
    "TRAINING PAID": 946,
    "TRAINING UNPAID": 1656,
  },
  "money": {
    "adjustment": -5500000,
    "deposit": 215080000,
    "payment": -113560000,
    "refund": 720000,
  },
  "registrations": {
    "ABSENT": 3,
    "CANCELLED_SAFE": 30,
    "PRESENT": 4412,
    "REGISTERED": 54,
  },
  "renewals": 81,
  "sessions": {
    "cancelled": -19,
    "carried_in": 134,
    "carried_out": -134,
    "expired": -87,
    "granted": 1042,
    "training": -594,
  },
  "subscriptions": {
    "active": 79,
    "cancelled": 3,
    "expired": 116,
    "frozen": 3,
  },
  "told": {
    "generation_overflow": 9,
    "participation_cancelled": 18,
    "renewal_lapsed": 37,
    "renewal_lapsed_admin": 21,
    "renewal_previous_unpaid": 10,
    "renewal_previous_unpaid_admin": 9,
    "renewal_unpaid": 122,
    "subscription_ending": 187,
    "subscription_expired": 96,
    "subscription_frozen": 35,
    "subscription_last_session": 66,
    "subscription_renewed": 116,
    "subscription_unfrozen": 28,
    "training_cancelled": 20,
    "training_joined": 27,
  },
  "trainings": {
    "cancelled": 1,
    "completed": 339,
    "scheduled": 5,
  },
  "wallets": 96740000,
}
`);
});
