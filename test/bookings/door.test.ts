import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database.ts';
import { type FrontDoor, frontDoor, type Json } from '../support/front-door.ts';
import { ALWAYS, at, balanceOf, inHours, salon } from './salon.ts';

let door: FrontDoor;
let make: ReturnType<typeof salon>;
let place: number;
beforeAll(async () => {
  door = await frontDoor({ settings: { RATE_LIMIT_PER_MINUTE: '100000' } });
  make = salon(door.db);
  place = await make.location();
});
afterAll(() => door.close());

/** A service of one specialist, and a client who wants it. */
async function scene(of: Parameters<typeof make.service>[0] & { schedule?: object } = {}) {
  const { schedule = ALWAYS, ...service } = of;
  const service_id = await make.service(service);
  const specialist_id = await make.specialist([service_id], { location: place, schedule });
  return { client_id: await make.client(), service_id, specialist_id };
}
const book = (wish: Json, asking?: Json) => door.post('/bookings', wish, asking);
const reason = { reason: 'заболела' };
const square = async () => expect((await door.get('/api/audit')).body).toMatchObject({ findings: [], square: true });

describe('booking', () => {
  test('fixes duration, break, price and room, is confirmed, and client and specialist are told', async () => {
    const rooms = [await make.roomAt(place), await make.roomAt(place)];
    const wish = await scene({ minutes: 50, pause: 10, price: 150_000, rooms });
    const starts_at = at(2, '10:00');
    const { status, body, headers } = await book({ ...wish, starts_at });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/bookings/${body.id}`);
    expect(body).toMatchObject({
      ...wish,
      status: 'CONFIRMED',
      starts_at,
      ends_at: at(2, '10:50'),
      busy_until: at(2, '11:15'),
      duration_minutes: 50,
      break_minutes: 10,
      room_id: rooms[0],
      location_id: place,
      service_price_minor: 150_000,
      price_minor: 150_000,
      pay_from: 'later',
      invoice: { status: 'UNPAID' },
      held_until: null,
    });
    await door.patch(`/api/services/${wish.service_id}`, { duration_minutes: 90, price_minor: 1 });
    expect((await door.get(`/bookings/${body.id}`)).body).toEqual(body);
    const told = await door.db.any(sql.unsafe`
      select user_id, template, params->>'start_time' as time from notifications where params->>'booking_id' = ${String(body.id)} order by user_id`);
    expect(told).toEqual(
      [wish.client_id, wish.specialist_id]
        .sort((a, b) => a - b)
        .map((user_id) => ({ user_id, template: 'booking_confirmed', time: '10:00:00' })),
    );
    await square();
  });

  test('the next one begins where the break, rounded up, ends', async () => {
    const wish = await scene({ minutes: 50, pause: 10 });
    expect(await book({ ...wish, starts_at: at(2, '10:00') })).toMatchObject({ status: 201 });
    const other = { ...wish, client_id: await make.client() };
    const early = await book({ ...other, starts_at: at(2, '11:00') });
    expect(early).toMatchObject({ status: 409 });
    expect(early.body.slots).toContain(at(2, '11:15'));
    expect(early.body.slots).toContain(at(2, '08:45'));
    expect(early.body.slots).not.toContain(at(2, '09:00'));
    expect(early.body.slots).not.toContain(at(2, '11:00'));
    expect(await book({ ...other, starts_at: at(2, '11:15') })).toMatchObject({ status: 201 });
  });

  test('a break may hang over closing time, the duration may not', async () => {
    const wish = await scene({
      minutes: 60,
      pause: 30,
      schedule: Object.fromEntries(Object.keys(ALWAYS).map((day) => [day, [['10:00', '12:00']]])),
    });
    for (const [time, status] of [
      ['09:45', 409],
      ['11:15', 409],
      ['11:00', 201],
    ] as const) {
      expect(await book({ ...wish, starts_at: at(3, time) })).toMatchObject({ status });
    }
  });

  test('over midnight it touches both days', async () => {
    const wish = await scene({ minutes: 120 });
    expect(await book({ ...wish, starts_at: at(3, '23:00') })).toMatchObject({ status: 201, body: { ends_at: at(4, '01:00') } });
    const other = { ...wish, client_id: await make.client() };
    expect(await book({ ...other, starts_at: at(4, '00:45') })).toMatchObject({ status: 409 });
    expect(await book({ ...other, starts_at: at(4, '01:00') })).toMatchObject({ status: 201 });
  });

  test('without a specialist whoever is free takes it, the main one first', async () => {
    const service_id = await make.service();
    const [second, first] = [await make.specialist([service_id]), await make.specialist([service_id])];
    await door.patch(`/api/specialists/${second}`, { is_main: false });
    const starts_at = at(2, '15:00');
    const ask = async () => book({ client_id: await make.client(), service_id, starts_at });
    expect(await ask()).toMatchObject({ status: 201, body: { specialist_id: first } });
    expect(await ask()).toMatchObject({ status: 201, body: { specialist_id: second } });
    expect(await ask()).toMatchObject({ status: 409, body: { slots: expect.arrayContaining([at(2, '16:00')]) } });
  });

  test('a client cannot be in two places', async () => {
    const [one, other] = [await scene(), await scene()];
    expect(await book({ ...one, starts_at: at(2, '12:00') })).toMatchObject({ status: 201 });
    const twice = { ...other, client_id: one.client_id };
    expect(await book({ ...twice, starts_at: at(2, '12:45') })).toMatchObject({
      status: 409,
      body: { detail: 'the client has another booking at that time' },
    });
    expect(await book({ ...twice, starts_at: at(2, '13:00') })).toMatchObject({ status: 201 });
  });

  test('a room that a training has is passed over; with all taken it is refused', async () => {
    const rooms = [await make.roomAt(place), await make.roomAt(place)];
    await make.someType();
    await make.training({ trainer: await make.trainer(), room: rooms[0], at: at(2, '10:00') });
    const wish = await scene({ rooms });
    const more = {
      ...wish,
      client_id: await make.client(),
      specialist_id: await make.specialist([wish.service_id], { location: place }),
    };
    expect(await book({ ...wish, starts_at: at(2, '10:15') })).toMatchObject({ status: 201, body: { room_id: rooms[1] } });
    expect(await book({ ...more, starts_at: at(2, '10:30') })).toMatchObject({
      status: 409,
      body: { detail: 'no room is free at that time' },
    });
    expect(await book({ ...more, starts_at: at(2, '11:00') })).toMatchObject({ status: 201, body: { room_id: rooms[0] } });
  });

  test.each([
    ['an override that closes', 'override'],
    ['an absence', 'absence'],
    ['a training', 'training'],
  ])('%s of the specialist is not booked over', async (_, what) => {
    const wish = await scene();
    await make.someType();
    const day = at(5, '12:00').slice(0, 10);
    if (what === 'override')
      expect(
        await door.post('/api/calendar-overrides', { specialist_id: wish.specialist_id, day, intervals: [['13:00', '14:00']] }),
      ).toMatchObject({ status: 201 });
    if (what === 'absence')
      expect(
        await door.post('/api/specialist-absences', {
          specialist_id: wish.specialist_id,
          from: at(5, '12:00'),
          to: at(5, '13:00'),
        }),
      ).toMatchObject({ status: 201 });
    if (what === 'training') await make.training({ trainer: wish.specialist_id, at: at(5, '12:00') });
    expect(await book({ ...wish, starts_at: at(5, '12:15') })).toMatchObject({ status: 409 });
    expect(await book({ ...wish, starts_at: at(5, '13:00') })).toMatchObject({ status: 201 });
  });

  test.each([
    ['now', () => new Date(Math.floor(Date.now() / 900_000) * 900_000).toISOString(), 'a start in the future'],
    ['off the grid', () => at(2, '10:07'), 'a start on the quarter of an hour'],
    ['the 61st day', () => at(60, '00:00'), /^a start on \d{4}-\d\d-\d\d at the latest$/],
    ['the last of all days', () => '9999-12-31T23:45:00Z', /^a start on \d{4}-\d\d-\d\d at the latest$/],
    ['no instant', () => '2026-13-01T10:00:00Z', /^an instant/],
    ['no offset', () => '2026-12-01T10:00:00', /^an instant/],
  ])('a start %s is refused by name', async (_, start, message) => {
    const wish = await scene();
    const refused = await book({ ...wish, starts_at: start() });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'starts_at' }] } });
    expect(refused.body.errors[0].message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });

  test('the last quarter of the 60th day can be booked', async () => {
    expect(await book({ ...(await scene({ minutes: 15 })), starts_at: at(59, '23:45') })).toMatchObject({ status: 201 });
  });

  test.each([
    ['client_id', { client_id: 999_999 }],
    ['service_id', { service_id: 999_999 }],
    ['specialist_id', { specialist_id: 999_999 }],
    ['room_id', { room_id: 999_999 }],
    ['location_id', { location_id: 999_999 }],
    ['pay_from', { pay_from: 'gold' }],
    ['colour', { colour: 'red' }],
  ])('a wrong %s is named: %j', async (path, wrong) => {
    const refused = await book({ ...(await scene()), starts_at: at(2, '10:00'), ...wrong });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  test('with an Idempotency-Key it is one booking, and a refused one leaves nothing', async () => {
    const wish = { ...(await scene()), starts_at: at(2, '10:00') };
    const headers = { 'Idempotency-Key': `book-${wish.client_id}` };
    const first = await book(wish, { headers });
    expect(first.status).toBe(201);
    expect(await book(wish, { headers })).toMatchObject({ status: 201, body: first.body });
    const refused = await book(
      { ...wish, client_id: await make.client() },
      { headers: { 'Idempotency-Key': `other-${wish.client_id}` } },
    );
    expect(refused).toMatchObject({ status: 409, body: { slots: expect.arrayContaining([at(2, '11:00')]) } });
    const { items } = (await door.get(`/bookings?specialist_id=${wish.specialist_id}`)).body;
    expect(items).toEqual([first.body]);
  });
});

describe('price and payment', () => {
  test('discounts: percentages first, each of what is left, half up; then fixed ones; kept with the booking', async () => {
    const wish = await scene({ price: 99_999 });
    const discount = (more: Json) => door.post('/api/client-discounts', { client_id: wish.client_id, ...more });
    const fixed = (await discount({ kind: 'fixed', amount_minor: 500 })).body.id;
    const tenth = (await discount({ kind: 'percent', percent: 10 })).body.id;
    const half = (await discount({ kind: 'percent', percent: 12.5, service_id: wish.service_id })).body.id;
    await discount({ kind: 'percent', percent: 99, valid_to: '2020-01-01' });
    await discount({ kind: 'percent', percent: 99, service_id: await make.service() });
    await discount({ kind: 'percent', percent: 99, is_active: false });
    const { body } = await book({ ...wish, starts_at: at(2, '10:00') });
    // 99999 - 10000 (9999.9) = 89999; - 11250 (11249.875) = 78749; - 500 = 78249
    expect(body).toMatchObject({
      service_price_minor: 99_999,
      price_minor: 78_249,
      discounts: [
        { client_discount_id: tenth, kind: 'percent', discount_minor: 10_000 },
        { client_discount_id: half, kind: 'percent', discount_minor: 11_250 },
        { client_discount_id: fixed, kind: 'fixed', discount_minor: 500 },
      ],
    });
  });

  test('from the wallet: paid at once, to the kopeck; one kopeck short is refused and holds nothing', async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    await make.money(wish.client_id, 69_999);
    expect(await book(wish)).toMatchObject({
      status: 409,
      body: { detail: 'the wallet does not cover the price', price_minor: 70_000 },
    });
    await make.money(wish.client_id, 1);
    expect(await book(wish)).toMatchObject({ status: 201, body: { invoice: { status: 'PAID' } } });
    expect(await balanceOf(door.db, wish.client_id)).toBe(0);
    await square();
  });

  test("a student's booking is paid by the payer", async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    const parent = (await door.post('/api/students', { first_name: 'Мама' })).body.id;
    const child = (await door.post('/api/students', { first_name: 'Дочь', payer_id: parent })).body.id;
    await door.post(`/api/students/${child}/payments`, { amount_minor: 80_000 });
    expect(await book({ ...wish, client_id: child })).toMatchObject({ status: 201, body: { payer_id: parent } });
    expect(await balanceOf(door.db, parent)).toBe(10_000);
  });

  test('from a package: the one that ends first, a unit each, until none is left', async () => {
    const wish = { ...(await scene()), pay_from: 'package' };
    const offered = async (units: number, days: number) =>
      (
        await door.post('/api/service-packages', {
          name: `Пакет ${wish.client_id}-${days}`,
          composition: [{ service_id: wish.service_id, units }],
          price_minor: 50_000,
          validity_days: days,
        })
      ).body.id;
    const [long, short] = [await offered(1, 300), await offered(1, 30)];
    const buy = async (service_package_id: number) =>
      (await door.post(`/api/clients/${wish.client_id}/packages`, { service_package_id })).body;
    const [lasting, ending] = [await buy(long), await buy(short)];
    expect(ending).toMatchObject({
      units: [{ service_id: wish.service_id, granted: 1, left: 1 }],
      invoice: { status: 'UNPAID' },
    });
    expect(await book({ ...wish, starts_at: at(2, '10:00') })).toMatchObject({
      status: 201,
      body: { price_minor: 0, client_package_id: ending.id, invoice: null },
    });
    expect(await book({ ...wish, starts_at: at(2, '12:00') })).toMatchObject({ body: { client_package_id: lasting.id } });
    const none = await book({ ...wish, starts_at: at(2, '14:00') });
    expect(none).toMatchObject({ status: 409, body: { detail: 'no package of the client has a unit of this service left' } });
    await square();
  });

  test('a package must be valid on the day of the booking', async () => {
    const wish = { ...(await scene()), pay_from: 'package' };
    const kind = (
      await door.post('/api/service-packages', {
        name: `Неделя ${wish.client_id}`,
        composition: [{ service_id: wish.service_id, units: 9 }],
        price_minor: 0,
        validity_days: 7,
      })
    ).body.id;
    await door.post(`/api/clients/${wish.client_id}/packages`, {
      service_package_id: kind,
      start_date: at(1, '12:00').slice(0, 10),
    });
    for (const [days, status] of [
      [0.99, 409],
      [1, 201],
      [7, 201],
      [8, 409],
    ] as const) {
      const starts_at = days < 1 ? inHours(0.1) : at(days, '10:00');
      expect({ days, status: (await book({ ...wish, starts_at })).status }).toEqual({ days, status });
    }
  });

  test('a package is bought from the wallet if it covers it', async () => {
    const client = await make.client();
    const service_id = await make.service();
    const kind = (
      await door.post('/api/service-packages', {
        name: `Кошелёк ${client}`,
        composition: [{ service_id, units: 2 }],
        price_minor: 40_000,
      })
    ).body.id;
    const buy = () => door.post(`/api/clients/${client}/packages`, { service_package_id: kind, pay_from: 'wallet' });
    await make.money(client, 39_999);
    expect(await buy()).toMatchObject({ status: 409, body: { price_minor: 40_000 } });
    await make.money(client, 1);
    expect(await buy()).toMatchObject({ status: 201, body: { invoice: { status: 'PAID' } } });
    expect((await door.get(`/api/clients/${client}/packages`)).body.items).toHaveLength(1);
    await square();
  });
});

describe('cancelling', () => {
  const soon = [
    ['safe', 12.3],
    ['late', 11.5],
  ] as const;

  test.each(soon)('from the wallet, %s', async (outcome, hours) => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: inHours(hours) };
    await make.money(wish.client_id, 70_000);
    const { id } = (await book(wish)).body;
    const first = await door.post(`/bookings/${id}/cancel`, reason);
    const refunded_minor = outcome === 'safe' ? 70_000 : 0;
    expect(first).toMatchObject({ status: 200, body: { outcome, status: 'CANCELLED', returned: { refunded_minor } } });
    expect(await door.post(`/bookings/${id}/cancel`, { reason: 'ещё раз' })).toMatchObject({ status: 200, body: first.body });
    expect(await balanceOf(door.db, wish.client_id)).toBe(refunded_minor);
    expect(await book({ ...wish, pay_from: 'later' })).toMatchObject({ status: 201 });
    await square();
  });

  test.each(soon)('to be paid later, %s', async (outcome, hours) => {
    const wish = { ...(await scene({ price: 70_000 })), starts_at: inHours(hours) };
    const { id } = (await book(wish)).body;
    const cancelled_minor = outcome === 'safe' ? 70_000 : 0;
    expect(await door.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ body: { outcome, returned: { cancelled_minor } } });
    const invoice = { status: outcome === 'safe' ? 'CANCELLED' : 'UNPAID' };
    expect((await door.get(`/bookings/${id}`)).body).toMatchObject({ status: 'CANCELLED', invoice });
    await square();
  });

  test.each(soon)('from a package, %s', async (outcome, hours) => {
    const wish = { ...(await scene()), pay_from: 'package', starts_at: inHours(hours) };
    const kind = (
      await door.post('/api/service-packages', {
        name: `Возврат ${wish.client_id}`,
        composition: [{ service_id: wish.service_id, units: 3 }],
        price_minor: 0,
      })
    ).body.id;
    await door.post(`/api/clients/${wish.client_id}/packages`, { service_package_id: kind });
    const { id } = (await book(wish)).body;
    const units = outcome === 'safe' ? 1 : 0;
    expect(await door.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ body: { outcome, returned: { units } } });
    const [held] = (await door.get(`/api/clients/${wish.client_id}/packages`)).body.items;
    expect(held.units).toEqual([{ service_id: wish.service_id, granted: 3, left: 2 + units }]);
    await square();
  });

  test('an unknown one is a 404, one that has begun a 409, and it can be closed', async () => {
    expect(await door.post('/bookings/999999/cancel', reason)).toMatchObject({ status: 404 });
    const { id } = (await book({ ...(await scene()), starts_at: inHours(3) })).body;
    expect(await door.post(`/bookings/${id}/close`, { status: 'COMPLETED' })).toMatchObject({ status: 409 });
    await door.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
    expect(await door.post(`/bookings/${id}/cancel`, reason)).toMatchObject({
      status: 409,
      body: { detail: 'the booking has begun' },
    });
    expect(await door.post(`/bookings/${id}/reschedule`, { starts_at: at(2, '10:00') })).toMatchObject({ status: 409 });
    expect(await door.post(`/bookings/${id}/close`, { status: 'NO_SHOW' })).toMatchObject({
      status: 200,
      body: { status: 'NO_SHOW' },
    });
    expect(await door.post(`/bookings/${id}/cancel`, reason)).toMatchObject({
      status: 409,
      body: { detail: 'the booking is over' },
    });
  });
});

describe('moving', () => {
  test('keeps price and payment, frees the old time, and client and specialist are told', async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    await make.money(wish.client_id, 70_000);
    const made = (await book(wish)).body;
    await door.patch(`/api/services/${wish.service_id}`, { price_minor: 1, duration_minutes: 15 });
    const moved = await door.post(`/bookings/${made.id}/reschedule`, { starts_at: at(3, '11:30') });
    expect(moved).toMatchObject({
      status: 200,
      body: {
        starts_at: at(3, '11:30'),
        ends_at: at(3, '12:30'),
        price_minor: 70_000,
        invoice: made.invoice,
        moves: 1,
        moved_late: false,
      },
    });
    expect(await book({ ...wish, client_id: await make.client(), pay_from: 'later' })).toMatchObject({ status: 201 });
    const told = await door.db.any(
      sql.unsafe`select user_id from notifications where template = 'booking_moved' and params->>'booking_id' = ${String(made.id)}`,
    );
    expect(told).toHaveLength(2);
    await square();
  });

  test('to a taken time, a stranger or a strange room is refused and leaves it where it was', async () => {
    const wish = await scene();
    const made = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    await book({ ...wish, client_id: await make.client(), starts_at: at(2, '12:00') });
    const move = (to: Json) => door.post(`/bookings/${made.id}/reschedule`, to);
    const refused = await move({ starts_at: at(2, '11:15') });
    expect(refused).toMatchObject({ status: 409, body: { slots: expect.arrayContaining([at(2, '13:00')]) } });
    const stranger = await make.specialist([]);
    expect(await move({ starts_at: at(3, '10:00'), specialist_id: stranger })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'specialist_id' }] },
    });
    expect(await move({ starts_at: at(3, '10:00'), room_id: await make.roomAt(place) })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'room_id' }] },
    });
    expect(await move({ starts_at: at(3, '10:05') })).toMatchObject({ status: 422, body: { errors: [{ path: 'starts_at' }] } });
    expect((await door.get(`/bookings/${made.id}`)).body).toEqual(made);
    expect(await move({ starts_at: at(2, '10:45') })).toMatchObject({ status: 200, body: { starts_at: at(2, '10:45') } });
  });

  test('asked a second time nothing moves, and nobody is told again', async () => {
    const wish = await scene();
    const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    const first = await door.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '10:00') });
    expect(first).toMatchObject({ status: 200, body: { moves: 1 } });
    expect((await door.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '10:00') })).body).toEqual(first.body);
    const told = await door.db.any(
      sql.unsafe`select user_id from notifications where template = 'booking_moved' and params->>'booking_id' = ${String(id)}`,
    );
    expect(told).toHaveLength(2);
  });

  test('a unit does not outlive its package', async () => {
    const wish = { ...(await scene()), pay_from: 'package' };
    const composition = [{ service_id: wish.service_id, units: 1 }];
    const kind = { name: `Пять дней ${wish.client_id}`, composition, price_minor: 0, validity_days: 5 };
    const { id: service_package_id } = (await door.post('/api/service-packages', kind)).body;
    await door.post(`/api/clients/${wish.client_id}/packages`, { service_package_id });
    const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    expect(await door.post(`/bookings/${id}/reschedule`, { starts_at: at(5, '10:00') })).toMatchObject({
      status: 409,
      body: { detail: 'the package that paid for the booking is not valid on that day' },
    });
    expect(await door.post(`/bookings/${id}/reschedule`, { starts_at: at(4, '10:00') })).toMatchObject({ status: 200 });
  });

  test('to another specialist who gives the service, in a room that is free there', async () => {
    const elsewhere = await make.location();
    const [here, there] = [await make.roomAt(place), await make.roomAt(elsewhere)];
    const wish = await scene({ rooms: [here, there] });
    const other = await make.specialist([wish.service_id], { location: elsewhere });
    const { id } = (await book({ ...wish, starts_at: at(2, '10:00') })).body;
    expect(await door.post(`/bookings/${id}/reschedule`, { starts_at: at(2, '10:00'), specialist_id: other })).toMatchObject({
      status: 200,
      body: { specialist_id: other, room_id: there, location_id: elsewhere },
    });
  });

  test('later than twelve hours before, it cannot be cancelled for free any more', async () => {
    const { id } = (await book({ ...(await scene()), starts_at: inHours(11) })).body;
    expect(await door.post(`/bookings/${id}/reschedule`, { starts_at: at(5, '10:00') })).toMatchObject({
      body: { moved_late: true },
    });
    expect(await door.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ body: { outcome: 'late' } });
  });
});

test('lists narrow by client, specialist, days and status, page by page', async () => {
  const wish = await scene();
  const ids: number[] = [];
  for (const time of ['10:00', '12:00', '14:00']) ids.push((await book({ ...wish, starts_at: at(6, time) })).body.id);
  ids.push((await book({ ...wish, starts_at: at(7, '00:00') })).body.id);
  await door.post(`/bookings/${ids[1]}/cancel`, reason);
  const list = async (query: string) =>
    (await door.get(`/bookings?specialist_id=${wish.specialist_id}&${query}`)).body.items.map((one: Json) => one.id);
  const day = at(6, '12:00').slice(0, 10);
  expect(await list('')).toEqual(ids);
  expect(await list(`from=${day}&to=${day}`)).toEqual(ids.slice(0, 3));
  expect(await list('status=CANCELLED')).toEqual([ids[1]]);
  expect(await list(`client_id=${wish.client_id}&status=CONFIRMED`)).toEqual([ids[0], ids[2], ids[3]]);
  const { body } = await door.get(`/bookings?specialist_id=${wish.specialist_id}&limit=3`);
  expect(
    (await door.get(`/bookings?specialist_id=${wish.specialist_id}&limit=3&cursor=${body.next_cursor}`)).body.items.map(
      (one: Json) => one.id,
    ),
  ).toEqual([ids[3]]);
});
