import { describe, expect, test } from '@jest/globals';
import type { Json } from '../support/front-door.ts';
import { counter } from './counter.ts';
import { at, balanceOf } from './salon.ts';

const { api, make, scene, book, square } = await counter();

describe('price and payment', () => {
  test('discounts: percentages first, each of what is left, half up; then fixed ones; kept with the booking', async () => {
    const wish = await scene({ price: 99_999 });
    const discount = (more: Json) => api.post('/api/client-discounts', { client_id: wish.client_id, ...more });
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
      body: { detail: 'the wallet does not cover the price', price_minor: 70_000, balance_minor: 69_999 },
    });
    const listed = await api.get(`/bookings?client_id=${wish.client_id}`);
    expect(listed.body.items).toEqual([]);
    await make.money(wish.client_id, 1);
    expect(await book(wish)).toMatchObject({ status: 201, body: { invoice: { status: 'PAID' } } });
    expect(await balanceOf(api.db, wish.client_id)).toBe(0);
    await square();
  });

  test("a student's booking is paid by the payer", async () => {
    const wish = { ...(await scene({ price: 70_000 })), pay_from: 'wallet', starts_at: at(2, '10:00') };
    const parent = (await api.post('/api/students', { first_name: 'Мама' })).body.id;
    const child = (await api.post('/api/students', { first_name: 'Дочь', payer_id: parent })).body.id;
    await api.post(`/api/students/${child}/payments`, { amount_minor: 80_000 });
    expect(await book({ ...wish, client_id: child })).toMatchObject({ status: 201, body: { payer_id: parent } });
    expect(await balanceOf(api.db, parent)).toBe(10_000);
  });

  test('from a package: the one that ends first, a unit each, until none is left', async () => {
    const wish = { ...(await scene()), pay_from: 'package' };
    const offered = async (units: number, days: number) =>
      (
        await api.post('/api/service-packages', {
          name: `Пакет ${wish.client_id}-${days}`,
          composition: [{ service_id: wish.service_id, units }],
          price_minor: 50_000,
          validity_days: days,
        })
      ).body.id;
    const [long, short] = [await offered(1, 300), await offered(1, 30)];
    const buy = async (service_package_id: number) =>
      (await api.post(`/api/clients/${wish.client_id}/packages`, { service_package_id })).body;
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
    expect(none).toMatchObject({
      status: 409,
      body: { detail: 'no package of the client has a unit of this service left for that day' },
    });
    await square();
  });

  test('a package must be valid on the day of the booking', async () => {
    const wish = { ...(await scene()), pay_from: 'package' };
    const kind = (
      await api.post('/api/service-packages', {
        name: `Неделя ${wish.client_id}`,
        composition: [{ service_id: wish.service_id, units: 9 }],
        price_minor: 0,
        validity_days: 7,
      })
    ).body.id;
    await api.post(`/api/clients/${wish.client_id}/packages`, {
      service_package_id: kind,
      start_date: at(2, '12:00').slice(0, 10),
    });
    for (const [days, status] of [
      [1, 409],
      [2, 201],
      [8, 201],
      [9, 409],
    ] as const) {
      expect({ days, status: (await book({ ...wish, starts_at: at(days, '10:00') })).status }).toEqual({ days, status });
    }
  });

  test('a package is bought from the wallet if it covers it', async () => {
    const client = await make.client();
    const service_id = await make.service();
    const kind = (
      await api.post('/api/service-packages', {
        name: `Кошелёк ${client}`,
        composition: [{ service_id, units: 2 }],
        price_minor: 40_000,
      })
    ).body.id;
    const buy = () => api.post(`/api/clients/${client}/packages`, { service_package_id: kind, pay_from: 'wallet' });
    await make.money(client, 39_999);
    expect(await buy()).toMatchObject({ status: 409, body: { price_minor: 40_000 } });
    await make.money(client, 1);
    expect(await buy()).toMatchObject({ status: 201, body: { invoice: { status: 'PAID' } } });
    expect((await api.get(`/api/clients/${client}/packages`)).body.items).toHaveLength(1);
    await square();
  });
});
