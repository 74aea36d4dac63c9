import { expect, test } from '@jest/globals';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { sql } from '../../sql/database/database.ts';
import { counter } from './counter.ts';
import { balanceOf, inHours } from './salon.ts';
import { billsOf, reason, soldPackage } from './sold.ts';

const TODAY = dayOf(new Date(), 'Europe/Moscow');
const { api, make, square } = await counter();
const byStudio = { ...reason, by: 'studio' };

/** A package whose last day is so many days from today, and a booking of one of its units that has begun. */
async function ending(days: number, fields: Parameters<typeof soldPackage>[2] = {}) {
  const sold = await soldPackage(api, make, fields);
  const { id } = (await api.post('/bookings', { ...sold.wish, starts_at: inHours(3) })).body;
  await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
  const end = addDays(TODAY, days);
  await api.db.query(sql.unsafe`
    update client_packages set start_date = least(start_date, ${end}::date), end_date = ${end}::date where id = ${sold.id}`);
  return { ...sold, booking: id as number };
}

test.each([
  ['on its last day', 0, 7],
  ['a week before its last day', 7, 7],
  ['earlier', 8, 8],
])('a unit that is given back %s lives seven days more at least (D47)', async (_, days, end) => {
  const sale = await ending(days);
  expect(await api.post(`/bookings/${sale.booking}/cancel`, byStudio)).toMatchObject({
    status: 200,
    body: { returned: { units: 1, refunded_minor: 0 } },
  });
  expect(await sale.seen()).toMatchObject({ end_date: addDays(TODAY, end), units: [{ left: 3 }] });
  await square();
});

test.each([
  ['is over', true, { units: 0, refunded_minor: 334, cancelled_minor: 0 }, ['CANCELLED 1000', 'PAID 666'], 2],
  ['is over, and not paid', false, { units: 0, refunded_minor: 0, cancelled_minor: 334 }, ['CANCELLED 1000', 'UNPAID 666'], 2],
])('a unit of one that %s: its share of the price comes back instead', async (_, isPaid, returned, bills, left) => {
  const sale = await ending(-1, { isPaid });
  const first = await api.post(`/bookings/${sale.booking}/cancel`, byStudio);
  expect(first).toMatchObject({ status: 200, body: { returned } });
  expect(await api.post(`/bookings/${sale.booking}/cancel`, byStudio)).toMatchObject({ status: 200, body: first.body });
  expect(await billsOf(api.db, sale.id)).toEqual(bills);
  expect(await balanceOf(api.db, sale.client_id)).toBe(returned.refunded_minor);
  expect(await sale.seen()).toMatchObject({ end_date: addDays(TODAY, -1), units: [{ left }] });
  await square();
  expect(await api.post(sale.cancel, reason)).toMatchObject({
    status: 200,
    body: { units: { used: 0, cancelled: 2 }, kept_minor: 0 },
  });
  await square();
});

test.each([
  ['30 days, begun 29 days ago', { validity_days: 30 }, -29, 201],
  ['30 days, begun 30 days ago', { validity_days: 30 }, -30, 422],
  ['a year without a term given, begun 364 days ago', {}, -364, 201],
  ['a year without a term given, begun 365 days ago', {}, -365, 422],
  ['a month, begun five weeks ago', { validity_months: 1 }, -35, 422],
  ['a month, begun today', { validity_months: 1 }, 0, 201],
])('a package of %s', async (_, term, start, status) => {
  const service_id = await make.service();
  const client_id = await make.client();
  const offer = { name: `Срок ${client_id}`, composition: [{ service_id, units: 1 }], price_minor: 100, ...term };
  const service_package_id = (await api.post('/api/service-packages', offer)).body.id;
  const start_date = addDays(TODAY, start);
  const bought = await api.post(`/api/clients/${client_id}/packages`, { service_package_id, start_date });
  expect(bought.status).toBe(status);
  if (status === 422) expect(bought.body.errors).toMatchObject([{ path: 'start_date' }]);
  const dues = (await api.get(`/api/invoices?payer_id=${client_id}`)).body.items.map(
    (bill: { due_date: string }) => bill.due_date,
  );
  expect(dues).toEqual(status === 201 ? [TODAY] : []);
});

test.each([
  [{ validity_days: 30, validity_months: 1 }, 'validity_months'],
  [{ validity_months: 0 }, 'validity_months'],
  [{ validity_months: 121 }, 'validity_months'],
])('a package is offered for days or for months, not %j', async (term, path) => {
  const composition = [{ service_id: await make.service(), units: 1 }];
  expect(await api.post('/api/service-packages', { name: 'X', composition, price_minor: 0, ...term })).toMatchObject({
    status: 422,
    body: { errors: [{ path }] },
  });
});
