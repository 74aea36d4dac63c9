import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { auditBooks } from '../../sql/audit/audit.ts';
import { sql } from '../../sql/database/database.ts';
import { seriesStarts } from '../../workers/bookings/series.ts';
import { at, salon } from '../bookings/salon.ts';
import { emptyStudio, emptyTables } from '../support/emptying.ts';
import { type TestApi, testApi } from '../support/front-door.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi();
  make = salon(api.db);
});
afterEach(async () => {
  expect(await auditBooks(api.db, addDays(TODAY, -1))).toEqual([]);
  await emptyStudio(api.db);
  await emptyTables(api.db, 'services', 'notifications');
});
afterAll(() => api.close());

/** A student who has bought a subscription of some sessions that covers a service. */
async function covered(of: { sessions?: number | null; price?: number; days?: number } = {}) {
  const service = await make.service({ price: 90_000 });
  const specialist = await make.specialist([service]);
  const student = await make.student();
  const sold = await api.post('/api/subscriptions', {
    name: `Личные ${student}`,
    price_minor: of.price ?? 80_000,
    number_of_sessions: of.sessions === undefined ? 2 : of.sessions,
    validity_days: of.days ?? 60,
  });
  expect(await api.ask('PUT', `/api/subscriptions/${sold.body.id}/services`, { body: { service_ids: [service] } })).toMatchObject(
    {
      status: 200,
      body: { services: [{ id: service }] },
    },
  );
  const held = Number((await api.post(`/api/students/${student}/subscriptions`, { subscription_id: sold.body.id })).body.id);
  const wish = { client_id: student, service_id: service, specialist_id: specialist, pay_from: 'subscription' };
  const book = (startsAt: string, more: object = {}) => api.post('/bookings', { ...wish, ...more, starts_at: startsAt });
  return { service, specialist, student, held, wish, book };
}
const left = (held: number) => api.db.oneFirst(sql.unsafe`select sessions_left from student_subscriptions where id = ${held}`);
const cancel = (booking: { body: { id: number } }, by = 'client') =>
  api.post(`/bookings/${booking.body.id}/cancel`, { reason: 'планы', by });

describe('a booking paid with a session (D50)', () => {
  test('takes one session, costs no money, and gives it back when it is cancelled in time', async () => {
    const { held, book } = await covered();
    const booked = await book(at(3, '12:00'));
    expect(booked).toMatchObject({
      status: 201,
      body: { status: 'CONFIRMED', price_minor: 0, pay_from: 'subscription', student_subscription_id: held, invoice: null },
    });
    expect(await left(held)).toBe(1);
    const cancelled = await cancel(booked);
    expect(cancelled).toMatchObject({ status: 200, body: { outcome: 'safe', returned: { sessions: 1, refunded_minor: 0 } } });
    expect((await cancel(booked)).body).toEqual(cancelled.body);
    expect(await left(held)).toBe(2);
  });

  test('tells its holder once that it was the last one, and from which subscription; the studio hears of it as well (D28)', async () => {
    const { held, student, book } = await covered({ sessions: 2 });
    const told = () =>
      api.db.any(sql.type(z.object({ template: z.string(), left: z.string().nullable() }))`
        select template, params -> 'session' ->> 'sessions_left' as left from notifications
        where user_id = ${student} and template in ('booking_confirmed', 'subscription_last_session') order by id`);
    const news = () => api.db.any(sql.unsafe`select kind, user_id from studio_news`);
    const first = await book(at(3, '12:00'));
    expect(await told()).toEqual([{ template: 'booking_confirmed', left: '1' }]);
    expect(await news()).toEqual([]);
    const last = await book(at(4, '12:00'));
    expect((await told()).slice(1)).toEqual([
      { template: 'booking_confirmed', left: '0' },
      { template: 'subscription_last_session', left: null },
    ]);
    expect(await news()).toEqual([{ kind: 'last_session', user_id: student }]);
    await cancel(last);
    const [back] = await api.db.any(sql.unsafe`
      select params -> 'session' as session from notifications where user_id = ${student} and template = 'booking_cancelled'`);
    expect(back).toEqual({ session: { subscription: `Личные ${student}`, sessions_left: 1 } });
    await book(at(5, '12:00'));
    expect((await told()).filter(({ template }) => template === 'subscription_last_session')).toHaveLength(1);
    expect(await news()).toHaveLength(1);
    expect([first.status, await left(held)]).toEqual([201, 0]);
  });

  test('keeps it when it is cancelled late', async () => {
    const { held, book } = await covered();
    const booked = await book(new Date(Math.ceil((Date.now() + 5 * 3_600_000) / 900_000) * 900_000).toISOString());
    expect(await cancel(booked)).toMatchObject({ body: { outcome: 'late', returned: { sessions: 0 } } });
    expect(await left(held)).toBe(1);
  });

  test('is refused once no session is left, and nothing is held then', async () => {
    const { held, book, specialist } = await covered({ sessions: 1 });
    await book(at(3, '12:00'));
    expect(await book(at(4, '12:00'))).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/subscription/) } });
    expect((await api.get(`/bookings?specialist_id=${specialist}`)).body.items).toHaveLength(1);
    expect(await left(held)).toBe(0);
  });

  test.each([
    [
      'does not cover the service',
      async (of: Awaited<ReturnType<typeof covered>>) => {
        await api.db.query(sql.unsafe`delete from subscription_services where service_id = ${of.service}`);
      },
    ],
    [
      'is frozen on that day',
      async (of) => {
        await api.post(`/api/student-subscriptions/${of.held}/freeze`, { from: addDays(TODAY, 2), to: addDays(TODAY, 4) });
      },
    ],
    [
      'is called off',
      async (of) => {
        await api.post(`/api/student-subscriptions/${of.held}/cancel`, { reason: 'переезд' });
      },
    ],
  ] as [string, (of: Awaited<ReturnType<typeof covered>>) => Promise<void>][])('is refused where it %s', async (_, become) => {
    const of = await covered();
    await become(of);
    expect(await of.book(at(3, '12:00'))).toMatchObject({ status: 409 });
  });

  test('from an unlimited one is entered, counts nothing, and comes back as nothing', async () => {
    const { held, book } = await covered({ sessions: null });
    const booked = await book(at(3, '12:00'));
    expect(booked).toMatchObject({ status: 201, body: { student_subscription_id: held } });
    expect(await cancel(booked)).toMatchObject({ body: { returned: { sessions: 1 } } });
    expect(await left(held)).toBeNull();
  });

  test('of one that was called off since gives its share of the price back', async () => {
    const { held, student, book } = await covered({ sessions: 2, price: 80_000 });
    await api.post(`/api/students/${student}/payments`, { amount_minor: 80_000 });
    const booked = await book(at(3, '12:00'));
    expect(await api.post(`/api/student-subscriptions/${held}/cancel`, { reason: 'переезд' })).toMatchObject({
      body: { used_units: 1 },
    });
    expect(await cancel(booked)).toMatchObject({ body: { returned: { sessions: 0, refunded_minor: 40_000 } } });
  });

  test('moves within the days of its subscription only', async () => {
    const { book } = await covered({ days: 10 });
    const booked = await book(at(3, '12:00'));
    const move = (days: number) => api.post(`/bookings/${booked.body.id}/reschedule`, { starts_at: at(days, '15:00') });
    expect(await move(10)).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/subscription/) } });
    expect(await move(9)).toMatchObject({ status: 200 });
  });

  test('of eight at once for the last session one is made', async () => {
    const { held, book } = await covered({ sessions: 1 });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => book(at(3 + n, '12:00'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect(await left(held)).toBe(0);
  });
});

describe('a series of bookings', () => {
  const series = (wish: object, of: object = {}) =>
    api.post('/bookings/series', { ...wish, starts_at: at(1, '12:00'), every_weeks: 1, until: addDays(TODAY, 22), ...of });

  test('is booked whole, each with a session; a dry run says so and does nothing', async () => {
    const { held, wish } = await covered({ sessions: 5 });
    const dry = await series(wish, { dry_run: true });
    expect(dry).toMatchObject({ status: 200, body: { dry_run: true, conflicts: [] } });
    expect(dry.body.bookings).toHaveLength(4);
    expect(await left(held)).toBe(5);
    const made = await series(wish);
    expect(made.status).toBe(201);
    const starts = (of: typeof dry) => of.body.bookings.map((one: { starts_at: string }) => one.starts_at);
    expect(starts(made)).toEqual([1, 8, 15, 22].map((days) => at(days, '12:00')));
    expect(starts(dry)).toEqual(starts(made));
    expect(await left(held)).toBe(1);
  });

  test('is all or nothing, with what is in the way', async () => {
    const { held, wish, service, specialist } = await covered({ sessions: 5 });
    await make.booking({ client: await make.client(), specialist, service, at: at(8, '12:30') });
    expect(await series(wish, { dry_run: true })).toMatchObject({
      status: 200,
      body: { conflicts: [{ starts_at: at(8, '12:00') }] },
    });
    expect(await series(wish)).toMatchObject({ status: 409, body: { conflicts: [{ starts_at: at(8, '12:00') }] } });
    expect(await left(held)).toBe(5);
    expect((await api.get(`/bookings?specialist_id=${specialist}`)).body.items).toHaveLength(1);
  });

  test('ends where the sessions do', async () => {
    const { wish } = await covered({ sessions: 3 });
    expect(await series(wish)).toMatchObject({ status: 409, body: { conflicts: [{ starts_at: at(22, '12:00') }] } });
  });

  test.each([
    ['the last day before the first', { until: TODAY }],
    ['no week', { every_weeks: 0 }],
  ])('is refused with %s', async (_, of) => {
    const { wish } = await covered();
    expect(await series(wish, of)).toMatchObject({ status: 422 });
  });

  test('keeps its wall time over a change of the clocks', () => {
    expect(seriesStarts('2026-10-20T15:00:00Z', 1, '2026-11-02', 'Europe/Kyiv')).toEqual([
      '2026-10-20T15:00:00.000Z',
      '2026-10-27T16:00:00.000Z',
    ]);
  });
});
