import { describe, expect, test } from '@jest/globals';
import { sql } from '../../sql/database/database.ts';
import { counter } from './counter.ts';
import { at, balanceOf, inHours } from './salon.ts';
import { soldPackage } from './sold.ts';

const { api, make, scene, book, square } = await counter();
const reason = { reason: 'заболела' };

describe('cancelling', () => {
  const soon = [
    ['safe', 12.3],
    ['late', 11.5],
  ] as const;

  test.each(soon)('from the wallet, %s', async (outcome, hours) => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: inHours(hours) };
    await make.money(wish.client_id, 70_000);
    const { id } = (await book(wish)).body;
    const first = await api.post(`/bookings/${id}/cancel`, reason);
    const refunded_minor = outcome === 'safe' ? 70_000 : 0;
    expect(first).toMatchObject({ status: 200, body: { outcome, status: 'CANCELLED', returned: { refunded_minor } } });
    expect(await api.post(`/bookings/${id}/cancel`, { reason: 'ещё раз' })).toMatchObject({ status: 200, body: first.body });
    expect(await balanceOf(api.db, wish.client_id)).toBe(refunded_minor);
    expect(await book({ ...wish, pay_from: 'later' })).toMatchObject({ status: 201 });
    await square();
  });

  test.each(soon)('to be paid later, %s', async (outcome, hours) => {
    const wish = { ...(await scene({ price: 70_000 })), starts_at: inHours(hours) };
    const { id } = (await book(wish)).body;
    const cancelled_minor = outcome === 'safe' ? 70_000 : 0;
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ body: { outcome, returned: { cancelled_minor } } });
    const invoice = { status: outcome === 'safe' ? 'CANCELLED' : 'UNPAID' };
    expect((await api.get(`/bookings/${id}`)).body).toMatchObject({ status: 'CANCELLED', invoice });
    await square();
  });

  test.each(soon)('from a package, %s', async (outcome, hours) => {
    const wish = { ...(await scene()), pay_from: 'package', starts_at: inHours(hours) };
    const kind = (
      await api.post('/api/service-packages', {
        name: `Возврат ${wish.client_id}`,
        composition: [{ service_id: wish.service_id, units: 3 }],
        price_minor: 0,
      })
    ).body.id;
    await api.post(`/api/clients/${wish.client_id}/packages`, { service_package_id: kind });
    const { id } = (await book(wish)).body;
    const units = outcome === 'safe' ? 1 : 0;
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ body: { outcome, returned: { units } } });
    const [held] = (await api.get(`/api/clients/${wish.client_id}/packages`)).body.items;
    expect(held.units).toEqual([{ service_id: wish.service_id, granted: 3, left: 2 + units }]);
    await square();
  });

  const byStudio = { reason: 'мастер заболел', by: 'studio' };

  test.each([
    ['late', 11.5],
    ['moved late', 11.5],
    ['begun', 3],
  ])('by the studio everything goes back: one that is %s', async (what, hours) => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: inHours(hours) };
    await make.money(wish.client_id, 70_000);
    const { id } = (await book(wish)).body;
    if (what === 'moved late') await api.post(`/bookings/${id}/reschedule`, { starts_at: at(3, '10:00') });
    if (what === 'begun') {
      await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
    }
    const first = await api.post(`/bookings/${id}/cancel`, byStudio);
    expect(first).toMatchObject({ status: 200, body: { outcome: 'safe', returned: { refunded_minor: 70_000 } } });
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({ status: 200, body: first.body });
    expect(await balanceOf(api.db, wish.client_id)).toBe(70_000);
    await square();
  });

  test('by the studio, also what was noted as over; and by nobody else than a client or the studio', async () => {
    const { id } = (await book({ ...(await scene()), starts_at: inHours(3) })).body;
    expect(await api.post(`/bookings/${id}/cancel`, { ...byStudio, by: 'boss' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'by', message: 'one of client, studio' }] },
    });
    await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
    await api.post(`/bookings/${id}/close`, { status: 'COMPLETED' });
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({
      status: 409,
      body: { detail: 'the booking is over' },
    });
    expect(await api.post(`/bookings/${id}/cancel`, byStudio)).toMatchObject({
      status: 200,
      body: { outcome: 'safe', returned: { cancelled_minor: 100_000 } },
    });
    await square();
  });

  test.each([
    ['COMPLETED', 'wallet', { refunded_minor: 100_000, cancelled_minor: 0, units: 0 }],
    ['NO_SHOW', 'wallet', { refunded_minor: 100_000, cancelled_minor: 0, units: 0 }],
    ['COMPLETED', 'package', { refunded_minor: 0, cancelled_minor: 0, units: 1 }],
    ['NO_SHOW', 'package', { refunded_minor: 0, cancelled_minor: 0, units: 1 }],
  ] as const)('by the studio, a booking noted as %s gives back what its %s paid', async (status, pay_from, returned) => {
    const sale = await soldPackage(api, make);
    await make.money(sale.wish.client_id, 100_000);
    const { id } = (await book({ ...sale.wish, pay_from, starts_at: inHours(3) })).body;
    await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
    await api.post(`/bookings/${id}/close`, { status });
    expect(await api.post(`/bookings/${id}/cancel`, byStudio)).toMatchObject({
      status: 200,
      body: { outcome: 'safe', returned },
    });
    await square();
  });

  test.each(['COMPLETED', 'NO_SHOW'])(
    'a booking noted as %s by mistake is taken back, a second time changes nothing',
    async (status) => {
      const { id } = (await book({ ...(await scene()), starts_at: inHours(3) })).body;
      const reopened = () => api.post(`/bookings/${id}/reopen`, {});
      await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
      await api.post(`/bookings/${id}/close`, { status });
      expect(await reopened()).toMatchObject({ status: 200, body: { status: 'CONFIRMED' } });
      expect(await reopened()).toMatchObject({ status: 200, body: { status: 'CONFIRMED' } });
      expect(await api.post(`/bookings/${id}/close`, { status: 'COMPLETED' })).toMatchObject({ status: 200 });
      await api.post(`/bookings/${id}/cancel`, byStudio);
      expect(await reopened()).toMatchObject({ status: 409, body: { detail: 'the booking is cancelled' } });
      expect(await api.post('/bookings/999999/reopen', {})).toMatchObject({ status: 404 });
    },
  );

  test.each([
    ['paid', true, { refunded_minor: 334, cancelled_minor: 0, units: 0 }],
    ['owed', false, { refunded_minor: 0, cancelled_minor: 334, units: 0 }],
  ])(
    'by the studio, the unit of a package that was taken back goes back as its share of the price, %s',
    async (_, isPaid, returned) => {
      const sale = await soldPackage(api, make, { isPaid });
      const { id } = (await book({ ...sale.wish, starts_at: inHours(3) })).body;
      await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
      expect(await api.post(sale.cancel, reason)).toMatchObject({ status: 200, body: { units: { used: 1 }, kept_minor: 334 } });
      await square();
      expect(await api.post(`/bookings/${id}/cancel`, byStudio)).toMatchObject({
        status: 200,
        body: { outcome: 'safe', returned },
      });
      expect((await api.get(`/bookings/${id}`)).body).toMatchObject({ status: 'CANCELLED' });
      await square();
    },
  );

  test('an unknown one is a 404, one that has begun a 409, and it can be closed', async () => {
    expect(await api.post('/bookings/999999/cancel', reason)).toMatchObject({ status: 404 });
    const { id } = (await book({ ...(await scene()), starts_at: inHours(3) })).body;
    expect(await api.post(`/bookings/${id}/close`, { status: 'COMPLETED' })).toMatchObject({ status: 409 });
    await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({
      status: 409,
      body: { detail: 'the booking has begun' },
    });
    expect(await api.post(`/bookings/${id}/reschedule`, { starts_at: at(2, '10:00') })).toMatchObject({ status: 409 });
    expect(await api.post(`/bookings/${id}/close`, { status: 'NO_SHOW' })).toMatchObject({
      status: 200,
      body: { status: 'NO_SHOW' },
    });
    expect(await api.post(`/bookings/${id}/cancel`, reason)).toMatchObject({
      status: 409,
      body: { detail: 'the booking is over' },
    });
  });
});
