import { describe, expect, test } from '@jest/globals';
import type { Context } from '../../api/http/route.ts';
import { type BookingPlan, makeBooking, payForHeld } from '../../workers/bookings/insert.ts';
import { counter } from './counter.ts';
import { inQueue } from './in-queue.ts';
import { at, balanceOf } from './salon.ts';
import { soldPackage } from './sold.ts';

const { api, make, scene, book, square } = await counter();
const reason = { reason: 'передумала' };

/** The booking of a wish as it is held before it is paid. */
const planOf = (wish: Awaited<ReturnType<typeof scene>> & { starts_at: string }): BookingPlan => ({
  booking: {
    id: 5_000,
    clientId: wish.client_id,
    payerId: wish.client_id,
    specialistId: wish.specialist_id,
    serviceId: wish.service_id,
    locationId: null,
    startsAt: wish.starts_at,
    busyMinutes: 60,
    durationMinutes: 60,
    breakMinutes: 0,
    servicePriceMinor: 70_000,
    priceMinor: 70_000,
    discounts: [],
    payFrom: 'wallet',
    createdBy: 'test',
    day: wish.starts_at.slice(0, 10),
    needsRoom: false,
  },
  notices: [],
});

/** Cancels the one booking of a client that is not confirmed yet. */
async function cancelPending(client: number) {
  const { items } = (await api.get(`/bookings?client_id=${client}&status=PENDING`)).body;
  return api.post(`/bookings/${items[0].id}/cancel`, reason);
}

describe('a booking that is cancelled while it is being paid', () => {
  test('from the wallet: the money is back', async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    await make.money(wish.client_id, 70_000);
    const [booked, cancelled] = await inQueue(
      api,
      `select from wallets where user_id = ${wish.client_id} for update`,
      () => book(wish),
      () => cancelPending(wish.client_id),
    );
    expect(booked).toMatchObject({ status: 201 });
    expect(cancelled).toMatchObject({ status: 200, body: { outcome: 'safe', returned: { refunded_minor: 70_000 } } });
    expect(await balanceOf(api.db, wish.client_id)).toBe(70_000);
    await square();
  });

  test('with a unit of a package: the unit is back', async () => {
    const sale = await soldPackage(api, make);
    const [booked, cancelled] = await inQueue(
      api,
      `select from client_package_units where client_package_id = ${sale.id} for update`,
      () => book({ ...sale.wish, starts_at: at(2, '10:00') }),
      () => cancelPending(sale.client_id),
    );
    expect(booked).toMatchObject({ status: 201 });
    expect(cancelled).toMatchObject({ status: 200, body: { outcome: 'safe', returned: { units: 1 } } });
    expect(await sale.seen()).toMatchObject({ units: [{ left: 3 }] });
    await square();
  });

  test('its time to be paid runs out: it is not said that the money is missing', async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    await make.money(wish.client_id, 70_000);
    const plan = planOf(wish);
    const settings = { ...api.fleet.settings, bookingHoldSeconds: 0 };
    const context = { db: api.db, fleet: { ...api.fleet, settings } } as Partial<Context> as Context;
    expect(await makeBooking({ ...plan, booking: { ...plan.booking, id: 5_001 } }, context)).toBe(true);
    await expect(payForHeld({ ...plan, booking: { ...plan.booking, id: 5_001 } }, context)).rejects.toMatchObject({
      kind: 'conflict',
      message: 'the booking was cancelled before it was paid, or paying took too long',
    });
    expect((await api.get(`/bookings?client_id=${wish.client_id}&status=PENDING`)).body.items).toEqual([]);
    expect(await balanceOf(api.db, wish.client_id)).toBe(70_000);
  });

  test('the cancellation is first: nothing is paid, and the caller is told so', async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    await make.money(wish.client_id, 70_000);
    const plan = planOf(wish);
    const context = { db: api.db, fleet: api.fleet } as Partial<Context> as Context;
    expect(await makeBooking(plan, context)).toBe(true);
    expect(await cancelPending(wish.client_id)).toMatchObject({ status: 200, body: { returned: { refunded_minor: 0 } } });
    await expect(payForHeld(plan, context)).rejects.toMatchObject({
      kind: 'conflict',
      message: 'the booking was cancelled before it was paid, or paying took too long',
    });
    expect(await balanceOf(api.db, wish.client_id)).toBe(70_000);
    await square();
  });
});

test('an invoice that is waived while its booking is cancelled is given back once, and said once', async () => {
  const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
  await make.money(wish.client_id, 70_000);
  const { id, invoice } = (await book(wish)).body;
  const [waived, cancelled] = await inQueue(
    api,
    `select from wallets where user_id = ${wish.client_id} for update`,
    () => api.post(`/api/invoices/${invoice.id}/cancel`, reason),
    () => api.post(`/bookings/${id}/cancel`, reason),
  );
  expect(waived).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
  expect(cancelled).toMatchObject({
    status: 200,
    body: { outcome: 'safe', returned: { refunded_minor: 0, cancelled_minor: 0, units: 0 } },
  });
  expect(await balanceOf(api.db, wish.client_id)).toBe(70_000);
  await square();
});
