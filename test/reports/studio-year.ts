import { afterAll, beforeAll, jest } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { seeded } from '../../sql/demo/random.ts';
import { fleetAt, instantsBetween } from '../subscriptions/year/nights.ts';
import { ownerOn, peopleOn } from '../subscriptions/year/people.ts';
import { openStudio } from '../subscriptions/year/studio.ts';
import { clockAt } from '../support/clock.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { openSalon, salonOn } from './salon-year.ts';

const DAY = 86_400_000;

/** What is played: so many days of a studio in a zone, from an instant in the middle of a day. */
export type Span = { zone: string; first: Date; days: number };
export type StudioYear = Span & {
  api: TestApi;
  from: string;
  to: string;
  /** A report of the whole span; `more` goes to its query. */
  report(name: string, by?: string, more?: string): Promise<Json>;
};

/** Plays the days of a studio before the tests around: its people, a salon, and every night, by the test's clock. */
export function studioYear({ zone, first, days }: Span): StudioYear {
  clockAt(first.toISOString());
  const from = dayOf(first, zone);
  const to = dayOf(new Date(first.getTime() + (days - 1) * DAY), zone);
  const year: StudioYear = {
    zone,
    first,
    days,
    api: undefined as never,
    from,
    to,
    report: async (name, by = 'day', more = '') =>
      (await year.api.get(`/api/reports/${name}?from=${from}&to=${to}&by=${by}${more}`)).body,
  };
  beforeAll(async () => {
    year.api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000', STUDIO_TZ: zone }, forLife: true });
    await play(year);
  });
  afterAll(() => year.api?.close());
  return year;
}

async function play({ api, zone, first, from, days }: StudioYear) {
  await openStudio(api.db);
  await openSalon(api, from);
  const [random, chance] = [seeded(20_250_309), seeded(20_250_310)];
  let since = first;
  for (let n = 0; n < days; n += 1) {
    const noon = new Date(first.getTime() + n * DAY);
    jest.setSystemTime(noon);
    const today = dayOf(noon, zone);
    await ownerOn(api.db, today);
    await peopleOn({ api, random, today, now: noon, deeds: new Map() });
    await moreOfMoney(api, random.int(1, 300), random.int(1, 40), today);
    await salonOn({ api, random: chance, today, now: noon });
    await settleTheClock(api, noon);
    const next = new Date(noon.getTime() + DAY - 1);
    for (const instant of instantsBetween(since, next, zone)) {
      const now = new Date(Math.max(instant.getTime(), noon.getTime()) + 1_000);
      jest.setSystemTime(now);
      await fleetAt(api.fleet, now);
    }
    since = next;
    await settleTheClock(api, noon);
  }
}

/** Refunds, waived invoices and payments of days before. */
async function moreOfMoney(api: TestApi, payer: number, invoice: number, today: string) {
  const paid = await api.post(`/api/people/${payer}/payments`, { amount_minor: 300_001, method: 'card' });
  await api.post(`/api/payments/${paid.body.payment.id}/refunds`, {
    amount_minor: 100_001,
    reason: 'передумал',
    take_back: payer % 2 === 0,
    ...(payer % 3 === 0 ? { method: 'cash' } : {}),
  });
  await api.post('/api/payments', { payer_id: payer, amount_minor: 5_000, payment_date: addDays(today, -1) });
  await api.post(`/api/invoices/${invoice}/cancel`, { reason: 'подарок' });
}

/** The database has a clock of its own, which stands in no test: what it wrote today belongs to the studio's today. */
async function settleTheClock(api: TestApi, noon: Date) {
  const columns: [string, string][] = [
    ['payments', 'created_at'],
    ['payments', 'cancelled_at'],
    ['payment_refunds', 'created_at'],
    ['wallet_transactions', 'created_at'],
    ['invoices', 'created_at'],
    ['invoices', 'cancelled_at'],
    ['session_entries', 'created_at'],
    ['student_subscriptions', 'created_at'],
    ['student_subscriptions', 'cancelled_at'],
    ['bookings', 'cancelled_at'],
    ['client_packages', 'created_at'],
    ['package_entries', 'created_at'],
  ];
  await api.db.transaction(async (transaction) => {
    await transaction.query(sql.unsafe`set local session_replication_role = replica`);
    for (const [table, column] of columns)
      await transaction.query(sql.unsafe`
        update ${sql.identifier([table])} set ${sql.identifier([column])} = ${noon.toISOString()}::timestamptz + (${sql.identifier([column])} - now())
        where ${sql.identifier([column])} > ${new Date(performance.timeOrigin - DAY).toISOString()}::timestamptz`);
  });
}
