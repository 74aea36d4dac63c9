import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { bookingsHolding } from '../../sql/bookings/take-back.ts';
import { sql } from '../../sql/database/database.ts';
import { keptMinor } from '../../workers/packages/policy.ts';
import type { Json } from '../support/front-door.ts';
import { counter } from './counter.ts';
import { at, balanceOf, inHours } from './salon.ts';
import { billsOf, reason, soldPackage } from './sold.ts';

const { api, make, square } = await counter();

const sold = (fields?: Parameters<typeof soldPackage>[2]) => soldPackage(api, make, fields);
const book = async (wish: Json) => (await api.post('/bookings', wish)).body;
const movesOf = async (client: number) => {
  const rows = await api.db.any(sql.type(z.object({ move: z.string() }))`
    select concat_ws(' ', kind, amount_minor) as move from wallet_transactions where user_id = ${client} order by id`);
  return rows.map(({ move }) => move);
};

test.each([
  [1_000, 3, [0, 334, 667, 1_000]],
  [1_001, 3, [0, 334, 668, 1_001]],
  [1_002, 3, [0, 334, 668, 1_002]],
  [2, 4, [0, 1, 2, 2, 2]],
  [0, 2, [0, 0, 0]],
  [5, 1, [0, 5]],
  [1_000_000_000_000, 7, [0, 142_857_142_858, 285_714_285_715]],
])('of %i for %i units is kept, by units used: %j (D22)', (price, units, kept) => {
  expect(kept.map((_, used) => keptMinor(price, units, used))).toEqual(kept);
});

test.each([
  [0, 0, ['CANCELLED 1000'], ['payment -1000', 'refund 1000']],
  [1, 334, ['CANCELLED 1000', 'PAID 334'], ['payment -1000', 'refund 1000', 'payment -334']],
  [2, 667, ['CANCELLED 1000', 'PAID 667'], ['payment -1000', 'refund 1000', 'payment -667']],
  [3, 1_000, ['PAID 1000'], ['payment -1000']],
])('a paid one, %i of 3 units used: %i of 1000 is kept, the rest is in the wallet', async (used, kept_minor, bills, moves) => {
  const sale = await sold({ used });
  expect(await api.post(sale.cancel, reason)).toMatchObject({
    status: 200,
    body: {
      client_package_id: sale.id,
      status: 'cancelled',
      ...reason,
      units: { used, cancelled: 3 - used },
      invoice_id: sale.invoice,
      kept_minor,
      returned: { refunded_minor: 1_000 - kept_minor, cancelled_minor: 0 },
    },
  });
  expect(await balanceOf(api.db, sale.client_id)).toBe(1_000 - kept_minor);
  expect(await billsOf(api.db, sale.id)).toEqual(bills);
  expect(await movesOf(sale.client_id)).toEqual(['deposit 1000', ...moves]);
  expect(await sale.seen()).toMatchObject({
    status: 'cancelled',
    cancellation_reason: reason.reason,
    units: [{ service_id: sale.wish.service_id, granted: 3, left: 0 }],
    invoice: { status: bills.at(-1)?.split(' ')[0] },
  });
  await square();
});

test.each([
  ['a paid one', { used: 1, isPaid: true, price: 1_000 }],
  ['one that is not paid', { used: 1, isPaid: false, price: 1_000 }],
  ['one that cost nothing', { used: 0, isPaid: true, price: 0 }],
])('a dry run says what the deed then does, and changes nothing: %s', async (_, how) => {
  const of = await sold(how);
  const state = async () => [await of.seen(), await billsOf(api.db, of.id), await movesOf(of.client_id)];
  const before = await state();
  const dry = await api.post(of.cancel, { ...reason, dry_run: true });
  expect(dry).toMatchObject({
    status: 200,
    body: { dry_run: true, status: 'cancelled', units: { used: how.used, cancelled: 3 - how.used } },
  });
  expect(await state()).toEqual(before);
  const done = await api.post(of.cancel, reason);
  expect(await state()).not.toEqual(before);
  expect(done.body).toEqual({ ...dry.body, dry_run: false, cancelled_at: done.body.cancelled_at });
  // Of one that is taken back already it says what became of it.
  expect((await api.post(of.cancel, { ...reason, dry_run: true })).body).toEqual({ ...done.body, dry_run: true });
  await square();
});

test('a dry run is refused like the deed while a booking to come holds a unit', async () => {
  const of = await sold();
  await book({ ...of.wish, starts_at: inHours(30) });
  const dry = await api.post(of.cancel, { ...reason, dry_run: true });
  expect(dry).toMatchObject({ status: 409, body: { bookings: [{ service_id: of.wish.service_id }] } });
});

test.each([
  [0, 0, ['CANCELLED 1000']],
  [1, 334, ['CANCELLED 1000', 'UNPAID 334']],
  [3, 1_000, ['UNPAID 1000']],
])('one that is not paid, %i of 3 units used: %i of 1000 is owed, as before', async (used, kept_minor, bills) => {
  const sale = await sold({ used, isPaid: false });
  const due = async () =>
    new Set((await api.get(`/api/invoices?payer_id=${sale.client_id}`)).body.items.map((item: Json) => item.due_date));
  const before = await due();
  const returned = { refunded_minor: 0, cancelled_minor: 1_000 - kept_minor };
  expect(await api.post(sale.cancel, reason)).toMatchObject({ status: 200, body: { kept_minor, returned } });
  expect(await billsOf(api.db, sale.id)).toEqual(bills);
  expect(await due()).toEqual(before);
  expect(await movesOf(sale.client_id)).toEqual([]);
  await square();
});

test.each<[string, { price?: number; used: number }]>([
  ['cost nothing', { price: 0, used: 1 }],
  ['was waived', { used: 1 }],
])('one that %s: its units leave, no money moves', async (what, fields) => {
  const held = await sold({ ...fields, isPaid: false });
  if (what === 'was waived') await api.post(`/api/invoices/${held.invoice}/cancel`, reason);
  const before = await billsOf(api.db, held.id);
  expect(await api.post(held.cancel, reason)).toMatchObject({
    status: 200,
    body: {
      invoice_id: null,
      kept_minor: 0,
      units: { used: 1, cancelled: 2 },
      returned: { refunded_minor: 0, cancelled_minor: 0 },
    },
  });
  expect(await billsOf(api.db, held.id)).toEqual(before);
  await square();
});

test('units of several services are worth the same', async () => {
  const services = [await make.service({ price: 1 }), await make.service({ price: 900_000 })];
  const client_id = await make.client();
  const specialist_id = await make.specialist(services);
  const composition = services.map((service_id, n) => ({ service_id, units: n + 1 }));
  const offer = { name: `Смесь ${client_id}`, composition, price_minor: 100 };
  const service_package_id = (await api.post('/api/service-packages', offer)).body.id;
  const { id } = (await api.post(`/api/clients/${client_id}/packages`, { service_package_id })).body;
  const booking = await book({
    client_id,
    specialist_id,
    service_id: services[1],
    pay_from: 'package',
    starts_at: inHours(11.5),
  });
  await api.post(`/bookings/${booking.id}/cancel`, reason);
  expect(await api.post(`/api/clients/${client_id}/packages/${id}/cancel`, reason)).toMatchObject({
    body: { units: { used: 1, cancelled: 2 }, kept_minor: 34 },
  });
  await square();
});

test('a second time answers the first outcome and changes nothing', async () => {
  const sale = await sold({ used: 1 });
  const first = await api.post(sale.cancel, reason);
  const [bills, moves] = [await billsOf(api.db, sale.id), await movesOf(sale.client_id)];
  expect(await api.post(sale.cancel, { reason: 'ещё раз' })).toMatchObject({ status: 200, body: first.body });
  expect([await billsOf(api.db, sale.id), await movesOf(sale.client_id)]).toEqual([bills, moves]);
});

test.each([
  [666, 'PAID', 0],
  [667, 'UNPAID', 666],
])(
  'money that comes back settles other debts, money that is kept does not: of 666 a debt of %i is %s',
  async (price, status, left) => {
    const sale = await sold({ used: 1 });
    const service_id = await make.service({ price });
    const specialist_id = await make.specialist([service_id]);
    const debt = await book({ client_id: sale.client_id, service_id, specialist_id, starts_at: at(3, '10:00') });
    expect(debt.invoice.status).toBe('UNPAID');
    await api.post(sale.cancel, reason);
    expect((await api.get(`/bookings/${debt.id}`)).body.invoice.status).toBe(status);
    expect(await balanceOf(api.db, sale.client_id)).toBe(left);
    await square();
  },
);

test('bookings to come that hold its units are listed, and it stands; those cancelled for free are in nobody’s way', async () => {
  const sale = await sold({ units: 5, used: 1 });
  const later = await book({ ...sale.wish, starts_at: at(3, '10:00') });
  const sooner = await book({ ...sale.wish, starts_at: at(2, '10:00') });
  expect(await api.post(sale.cancel, reason)).toMatchObject({
    status: 409,
    body: {
      detail: 'bookings to come hold units of the package: cancel them first',
      bookings: [sooner, later].map(({ id, starts_at, service_id }) => ({ id, starts_at, service_id })),
    },
  });
  expect(await sale.seen()).toMatchObject({ status: 'active', units: [{ left: 2 }] });
  for (const { id } of [later, sooner]) await api.post(`/bookings/${id}/cancel`, reason);
  expect(await api.post(sale.cancel, reason)).toMatchObject({ status: 200, body: { units: { used: 1, cancelled: 4 } } });
  await square();
});

test('a booking that has begun has used its unit: it is not listed, and it stands', async () => {
  const sale = await sold();
  const { id, starts_at } = await book({ ...sale.wish, starts_at: inHours(3) });
  const held = async (ms: number) =>
    (await bookingsHolding(api.db, sale.id, new Date(Date.parse(starts_at) + ms).toISOString())).map((booking) => booking.id);
  expect([await held(-1), await held(0)]).toEqual([[id], []]);
  await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
  expect(await api.post(sale.cancel, reason)).toMatchObject({ status: 200, body: { units: { used: 1 }, kept_minor: 334 } });
  expect(await api.post(`/bookings/${id}/close`, { status: 'COMPLETED' })).toMatchObject({ status: 200 });
  expect((await api.get(`/bookings/${id}`)).body).toMatchObject({ status: 'COMPLETED', client_package_id: sale.id });
  await square();
});

test('nothing can be booked from it any more', async () => {
  const sale = await sold();
  await api.post(sale.cancel, reason);
  expect(await book({ ...sale.wish, starts_at: at(2, '10:00') })).toMatchObject({
    status: 409,
    detail: 'no package of the client has a unit of this service left for that day',
  });
});

test('a payment that is taken back later owes again what was kept, and no more', async () => {
  const sale = await sold({ used: 1 });
  await api.post(sale.cancel, reason);
  const payment = await api.db.oneFirst(sql.type(z.object({ id: z.int() }))`
    select id from payments where payer_id = ${sale.client_id}`);
  expect(await api.post(`/api/payments/${payment}/cancel`, reason)).toMatchObject({
    body: { invoices_owed_again: 1, balance_minor: 0 },
  });
  expect(await billsOf(api.db, sale.id)).toEqual(['CANCELLED 1000', 'UNPAID 334']);
  await square();
});

test("somebody else's is not found, a reason is needed, and the right to touch money", async () => {
  const [mine, other] = [await sold(), await sold()];
  const foreign = `/api/clients/${other.client_id}/packages/${mine.id}/cancel`;
  expect(await api.post(foreign, reason)).toMatchObject({ status: 404 });
  expect(await api.post(mine.cancel, {})).toMatchObject({ status: 422, body: { errors: [{ path: 'reason' }] } });
  const key = await api.key('bookings:write', 'money:read', 'records:write');
  expect(await api.post(mine.cancel, reason, { key })).toMatchObject({ status: 403 });
  expect(await mine.seen()).toMatchObject({ status: 'active' });
});
