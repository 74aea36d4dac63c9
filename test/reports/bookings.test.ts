import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { BEFORE_ALL, readMoneyDays } from '../../sql/reports/money-days.ts';
import { settledUntil } from '../../sql/reports/settled.ts';
import { stats } from '../../workers/cleanup/handlers.ts';
import { salon } from '../bookings/salon.ts';
import { inDays } from '../support/days.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type TestApi, testApi } from '../support/front-door.ts';
import { night } from '../support/night.ts';

const ZONE = 'Europe/Moscow';
let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterAll(() => api.close());
beforeEach(async () => {
  await emptyStudio(api.db);
  await emptyTables(api.db, 'daily_figures', 'services', 'service_packages');
});

const id = sql.type(z.object({ id: z.int() }));
const run = (statement: ReturnType<typeof sql.unsafe>) => api.db.query(statement);
/** The day of a booking, the day on which it was called off, and the last one of what pays for it. */
const [SOLD, CALLED_OFF, HELD, LAST] = [inDays(-40), inDays(-22), inDays(-20), inDays(-15)];
const noon = (day: string) => `${day}T12:00:00+03:00`;

/** What was earned and is deferred by the end of each of some days. */
async function standing(...days: string[]) {
  const rows = await readMoneyDays(api.db, { before: BEFORE_ALL, last: inDays(1), zone: ZONE });
  return days.map((day) => {
    const until = rows.filter((row) => row.day <= day);
    const sum = (value: (row: (typeof rows)[number]) => number) => until.reduce((all, row) => all + value(row), 0);
    return [
      sum((row) => row.earned_booking_minor + row.earned_package_minor + row.earned_subscription_minor),
      sum((row) => row.deferred_minor),
    ];
  });
}

type Ending = 'CONFIRMED' | 'COMPLETED' | 'NO_SHOW' | 'called off late' | 'called off in time';
/** A booking of a day, as it ended, of somebody who may have bought something before. */
async function booked(ending: Ending, payFrom: 'later' | 'package' | 'subscription', client?: number) {
  const service = await make.service();
  const of = { service, specialist: await make.specialist([service]), client: client ?? (await make.student()) };
  const booking = await make.booking({ ...of, at: noon(HELD) });
  await run(sql.unsafe`update bookings set pay_from = ${payFrom}, price_minor = 0 where id = ${booking}`);
  const isOff = ending.startsWith('called off');
  await run(sql.unsafe`
    update bookings set status = ${isOff ? 'CANCELLED' : ending}, cancelled_at = ${isOff ? noon(CALLED_OFF) : null}::timestamptz where id = ${booking}`);
  return { ...of, booking };
}

async function bill(of: { client: number; booking?: number; pack?: number; held?: number }, minor: number, cancelled?: string) {
  await run(sql.unsafe`
    insert into invoices (payer_id, type, amount_minor, booking_id, client_package_id, student_subscription_id, student_id, created_at, status, cancelled_at)
    values (${of.client}, ${of.booking ? 'BOOKING' : of.pack ? 'PACKAGE' : 'SUBSCRIPTION'}, ${minor}, ${of.booking ?? null}::int, ${of.pack ?? null}::int,
      ${of.held ?? null}::int, ${of.held ? of.client : null}::int, ${noon(SOLD)}::timestamptz, ${cancelled ? 'CANCELLED' : 'UNPAID'},
      ${cancelled ?? null}::timestamptz)`);
}

describe('of 1,000 for a booking is earned', () => {
  test.each<[Ending, number, number]>([
    ['CONFIRMED', 0, 0],
    ['COMPLETED', 0, 1_000],
    ['NO_SHOW', 0, 1_000],
    ['called off late', 1_000, 1_000],
  ])('%s: %i the day before it, %i on it', async (ending, before, on) => {
    const made = await booked(ending, 'later');
    await bill(made, 1_000);
    expect(await standing(inDays(-23), inDays(-21), HELD)).toEqual([
      [0, 1_000],
      [before, 1_000 - before],
      [on, 1_000 - on],
    ]);
  });

  test('nothing, where it was called off in time and its invoice with it', async () => {
    await bill(await booked('called off in time', 'later'), 1_000, noon(CALLED_OFF));
    expect(await standing(inDays(-23), CALLED_OFF, HELD)).toEqual([
      [0, 1_000],
      [0, 0],
      [0, 0],
    ]);
  });
});

/** A package of 1,000 for three units, sold long ago, of which bookings that ended so took one each. */
async function packageOf(...endings: Ending[]) {
  const client = await make.student();
  const service = await make.service();
  const pack = await make.bought({ client, service, price: 1_000, from: SOLD, to: LAST });
  await bill({ client, pack }, 1_000);
  for (const [n, ending] of endings.entries()) {
    const { booking } = await booked(ending, 'package', n === 0 ? client : undefined);
    const entry = await api.db.oneFirst(id`
      insert into package_entries (client_package_id, service_id, booking_id, delta, reason)
      values (${pack}, ${service}, ${booking}, -1, 'booking') returning id`);
    if (ending === 'called off in time')
      await run(sql.unsafe`
        insert into package_entries (client_package_id, service_id, delta, reason, reverses_id) values (${pack}, ${service}, 1, 'returned', ${entry})`);
  }
  return { client, pack, service };
}

describe('of 1,000 for three units is earned', () => {
  test.each<[Ending[], number, number]>([
    [[], 0, 0],
    [['CONFIRMED'], 0, 0],
    [['COMPLETED'], 0, 334],
    [['COMPLETED', 'NO_SHOW'], 0, 667],
    [['COMPLETED', 'NO_SHOW', 'called off late'], 334, 1_000],
    [['called off late'], 334, 334],
    [['called off in time'], 0, 0],
  ])('%j: %i by the day before, %i by the day; the rest when it is over', async (endings, before, on) => {
    await packageOf(...endings);
    expect(await standing(inDays(-23), inDays(-21), HELD, LAST, inDays(-14))).toEqual([
      [0, 1_000],
      [before, 1_000 - before],
      [on, 1_000 - on],
      [on, 1_000 - on],
      [1_000, 0],
    ]);
  });

  test('the part kept of a package that is taken back counts on that day', async () => {
    const { client, pack } = await packageOf('COMPLETED');
    await run(sql.unsafe`update client_packages set end_date = ${inDays(30)}::date where id = ${pack}`);
    expect((await api.post(`/api/clients/${client}/packages/${pack}/cancel`, { reason: 'переезд' })).body).toMatchObject({
      kept_minor: 334,
    });
    expect(await standing(HELD, inDays(-2), inDays(1))).toEqual([
      [334, 666],
      [334, 666],
      [334, 0],
    ]);
  });
});

describe('of 10,000 for eight sessions is earned', () => {
  test.each<[Ending, number, number]>([
    ['CONFIRMED', 0, 0],
    ['COMPLETED', 0, 1_250],
    ['NO_SHOW', 0, 1_250],
    ['called off late', 1_250, 1_250],
    ['called off in time', 0, 0],
  ])('by a booking, %s: %i by the day before, %i by the day (D50)', async (ending, before, on) => {
    const made = await booked(ending, 'subscription');
    const kind = await api.db.oneFirst(id`
      insert into subscriptions (name, price_minor, number_of_sessions, validity_days) values ('Восемь', 10000, 8, 30) returning id`);
    const held = await api.db.oneFirst(id`
      insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left, created_at)
      values (${made.client}, ${kind}, ${SOLD}::date, ${LAST}::date, 8, ${noon(SOLD)}::timestamptz) returning id`);
    await bill({ client: made.client, held }, 10_000);
    const entry = await api.db.oneFirst(id`
      insert into session_entries (student_subscription_id, booking_id, delta, reason, created_at)
      values (${held}, ${made.booking}, -1, 'booking', ${noon(inDays(-30))}::timestamptz) returning id`);
    if (ending === 'called off in time')
      await run(sql.unsafe`
        insert into session_entries (student_subscription_id, booking_id, delta, reason, reverses_id, created_at)
        values (${held}, ${made.booking}, 1, 'returned', ${entry}, ${noon(CALLED_OFF)}::timestamptz)`);
    expect(await standing(inDays(-23), inDays(-21), HELD)).toEqual([
      [0, 10_000],
      [before, 10_000 - before],
      [on, 10_000 - on],
    ]);
  });
});

describe('a day that is settled is right at once when', () => {
  /** What was earned on the day, and on the one on which bookings were called off, by a report of both. */
  async function reported() {
    const { body } = await api.get(`/api/reports/revenue?from=${CALLED_OFF}&to=${HELD}&by=day`);
    return [body.rows[0].recognised_minor, body.rows[2].recognised_minor];
  }
  test.each<[string, Ending, number[], ReturnType<typeof sql.unsafe>, number[]]>([
    ['a booking was held after all', 'CONFIRMED', [0, 0], sql.unsafe`update bookings set status = 'COMPLETED'`, [0, 334]],
    ['it was not', 'COMPLETED', [0, 334], sql.unsafe`update bookings set status = 'CONFIRMED'`, [0, 0]],
    [
      'it was on another day',
      'COMPLETED',
      [0, 334],
      sql.unsafe`update bookings set starts_at = starts_at - interval '2 days'`,
      [334, 0],
    ],
    [
      'it was called off, too late',
      'COMPLETED',
      [0, 334],
      sql.unsafe`update bookings set status = 'CANCELLED', cancelled_at = ${noon(CALLED_OFF)}::timestamptz`,
      [334, 0],
    ],
    [
      'the package was over earlier',
      'COMPLETED',
      [0, 334],
      sql.unsafe`update client_packages set end_date = ${inDays(-21)}::date`,
      [0, 1_000],
    ],
    [
      'another unit was taken',
      'COMPLETED',
      [0, 334],
      sql.unsafe`
        insert into package_entries (client_package_id, service_id, booking_id, delta, reason)
        select client_package_id, entry.service_id, (select max(id) from bookings), -1, 'booking' from package_entries entry where reason = 'booking'`,
      [0, 667],
    ],
  ])('%s', async (_, ending, before, change, after) => {
    await packageOf(ending);
    // One more that was held, and is paid by nothing yet.
    await booked('COMPLETED', 'later');
    await night(api.db, stats, 'stats', inDays(-1), { settings: { STUDIO_TZ: ZONE } });
    expect(await reported()).toEqual(before);
    const settled = (await settledUntil(api.db, ZONE)) as string;
    expect(settled > HELD).toBe(true);
    await run(change);
    expect(((await settledUntil(api.db, ZONE)) as string) < HELD).toBe(true);
    expect(await reported()).toEqual(after);
  });
});
