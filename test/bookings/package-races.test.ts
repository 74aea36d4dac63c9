import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { sql } from '../../sql/database/database.ts';
import { eventually } from '../support/eventually.ts';
import type { Json, Reply } from '../support/front-door.ts';
import { counter } from './counter.ts';
import { inQueue as asking } from './in-queue.ts';
import { at, balanceOf, inHours } from './salon.ts';
import { billsOf, reason, soldPackage } from './sold.ts';

const { api, make, square } = await counter();

const sold = (fields?: Parameters<typeof soldPackage>[2]) => soldPackage(api, make, fields);
type Sold = Awaited<ReturnType<typeof sold>>;
const book = (sale: Sold) => api.post('/bookings', { ...sale.wish, starts_at: at(2, '10:00') });
const cancel = (sale: Sold) => api.post(sale.cancel, reason);
const unitsOf = (id: number) => `select from client_package_units where client_package_id = ${id} for update`;

const inQueue = (held: string, ...asks: (() => Promise<Reply>)[]) => asking(api, held, ...asks);

describe('taking a package back while the studio cancels a booking that has begun', () => {
  async function begun() {
    const sale = await sold();
    const { id } = (await api.post('/bookings', { ...sale.wish, starts_at: inHours(3) })).body;
    await api.db.query(sql.unsafe`update bookings set starts_at = starts_at - interval '4 hours' where id = ${id}`);
    return { sale, cancelBegun: () => api.post(`/bookings/${id}/cancel`, { ...reason, by: 'studio' }) };
  }

  test('the studio is first: the unit is back before the package goes', async () => {
    const { sale, cancelBegun } = await begun();
    const [cancelled, taken] = await inQueue(unitsOf(sale.id), cancelBegun, () => cancel(sale));
    expect(cancelled).toMatchObject({ status: 200, body: { returned: { units: 1 } } });
    expect(taken).toMatchObject({ status: 200, body: { units: { used: 0, cancelled: 3 }, kept_minor: 0 } });
    await square();
  });

  test('the package is first: what the unit cost is kept, until the booking gives it back', async () => {
    const { sale, cancelBegun } = await begun();
    const [taken, cancelled] = await inQueue(unitsOf(sale.id), () => cancel(sale), cancelBegun);
    expect(taken).toMatchObject({ status: 200, body: { units: { used: 1, cancelled: 2 }, kept_minor: 334 } });
    const { refunded_minor, cancelled_minor } = cancelled?.body.returned ?? {};
    expect(cancelled).toMatchObject({ status: 200, body: { outcome: 'safe', returned: { units: 0 } } });
    expect(refunded_minor + cancelled_minor).toBe(334);
    await square();
  });
});

describe('taking a package back while a booking takes a unit of it', () => {
  test('the booking is first: it is listed, and the package stands', async () => {
    const sale = await sold();
    const [booked, refused] = await inQueue(
      unitsOf(sale.id),
      () => book(sale),
      () => cancel(sale),
    );
    expect(booked).toMatchObject({ status: 201, body: { client_package_id: sale.id } });
    expect(refused).toMatchObject({ status: 409, body: { bookings: [{ id: booked?.body.id }] } });
    expect(await sale.seen()).toMatchObject({ status: 'active', units: [{ left: 2 }] });
    await square();
  });

  test('the package is first: the booking finds no unit', async () => {
    const sale = await sold();
    const [taken, refused] = await inQueue(
      unitsOf(sale.id),
      () => cancel(sale),
      () => book(sale),
    );
    expect(taken).toMatchObject({ status: 200, body: { units: { used: 0, cancelled: 3 } } });
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: 'no package of the client has a unit of this service left for that day' },
    });
    expect(await balanceOf(api.db, sale.client_id)).toBe(1_000);
    await square();
  });

  test('the package is first, and the client has another one: the booking takes a unit of that', async () => {
    const sale = await sold({ isPaid: false });
    const other = await sale.buy();
    const [taken, booked] = await inQueue(
      unitsOf(sale.id),
      () => cancel(sale),
      () => book(sale),
    );
    expect(taken).toMatchObject({ status: 200 });
    expect(booked).toMatchObject({ status: 201, body: { client_package_id: other.id } });
    await square();
  });
});

describe('taking a package back while a booking gives its unit back', () => {
  test('the booking is first: its unit goes out with the others', async () => {
    const sale = await sold();
    const { id } = (await book(sale)).body;
    const [returned, taken] = await inQueue(
      unitsOf(sale.id),
      () => api.post(`/bookings/${id}/cancel`, reason),
      () => cancel(sale),
    );
    expect(returned).toMatchObject({ status: 200, body: { outcome: 'safe', returned: { units: 1 } } });
    expect(taken).toMatchObject({ status: 200, body: { units: { used: 0, cancelled: 3 }, kept_minor: 0 } });
    await square();
  });

  test('the package is first: it stands, and the unit comes back', async () => {
    const sale = await sold();
    const { id } = (await book(sale)).body;
    const [refused, returned] = await inQueue(
      unitsOf(sale.id),
      () => cancel(sale),
      () => api.post(`/bookings/${id}/cancel`, reason),
    );
    expect(refused).toMatchObject({ status: 409, body: { bookings: [{ id }] } });
    expect(returned).toMatchObject({ status: 200, body: { returned: { units: 1 } } });
    expect(await sale.seen()).toMatchObject({ status: 'active', units: [{ left: 3 }] });
    await square();
  });
});

test('taking it back twice at once: one outcome, one refund', async () => {
  const sale = await sold({ used: 1 });
  const [first, second] = await inQueue(
    unitsOf(sale.id),
    () => cancel(sale),
    () => api.post(sale.cancel, { reason: 'и я' }),
  );
  expect(first).toMatchObject({ status: 200, body: { ...reason, kept_minor: 334 } });
  expect(second).toMatchObject({ status: 200, body: first?.body });
  expect(await billsOf(api.db, sale.id)).toEqual(['CANCELLED 1000', 'PAID 334']);
  expect(await balanceOf(api.db, sale.client_id)).toBe(666);
  await square();
});

describe('taking it back while its money arrives', () => {
  const wallet = (sale: Sold) => `select from wallets where user_id = ${sale.client_id} for update`;
  const pay = (sale: Sold) => api.post(`/api/clients/${sale.client_id}/payments`, { amount_minor: 1_000 });

  test('the payment is first: what it paid is refunded', async () => {
    const sale = await sold({ used: 1, isPaid: false });
    const [paid, taken] = await inQueue(
      wallet(sale),
      () => pay(sale),
      () => cancel(sale),
    );
    expect(paid).toMatchObject({ status: 201, body: { invoices_paid: 1, balance_minor: 0 } });
    expect(taken).toMatchObject({ status: 200, body: { returned: { refunded_minor: 666, cancelled_minor: 0 } } });
    expect(await billsOf(api.db, sale.id)).toEqual(['CANCELLED 1000', 'PAID 334']);
    expect(await balanceOf(api.db, sale.client_id)).toBe(666);
    await square();
  });

  test('the package is first: the payment pays what is kept', async () => {
    const sale = await sold({ used: 1, isPaid: false });
    const [taken, paid] = await inQueue(
      wallet(sale),
      () => cancel(sale),
      () => pay(sale),
    );
    expect(taken).toMatchObject({ status: 200, body: { returned: { refunded_minor: 0, cancelled_minor: 666 } } });
    expect(paid).toMatchObject({ status: 201, body: { invoices_paid: 1, balance_minor: 666 } });
    expect(await billsOf(api.db, sale.id)).toEqual(['CANCELLED 1000', 'PAID 334']);
    await square();
  });

  test('and an invoice that is waived meanwhile is not given back twice', async () => {
    const sale = await sold();
    const [waived, taken] = await inQueue(
      wallet(sale),
      () => api.post(`/api/invoices/${sale.invoice}/cancel`, reason),
      () => cancel(sale),
    );
    expect(waived).toMatchObject({ status: 200 });
    expect(taken).toMatchObject({ status: 200, body: { invoice_id: null, returned: { refunded_minor: 0 } } });
    expect(await balanceOf(api.db, sale.client_id)).toBe(1_000);
    await square();
  });
});

test('many at once: bookings of its units and five who take it back', async () => {
  for (let round = 0; round < 3; round += 1) {
    const sale = await sold({ units: 6 });
    const bookings = Array.from(
      { length: 6 },
      (_, n) => () => api.post('/bookings', { ...sale.wish, starts_at: at(3 + n, '10:00') }),
    );
    const asks = bookings.flatMap((ask) => [ask, () => cancel(sale)]);
    const replies = await Promise.all(asks.map((ask) => ask()));
    expect(replies.filter(({ status }) => ![200, 201, 409].includes(status))).toEqual([]);
    const answers = replies.filter(({ status }) => status === 200).map(({ body }) => body as Json);
    const booked = replies.filter(({ status }) => status === 201).length;
    expect(answers.length === 0 || booked === 0).toBe(true);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBeLessThanOrEqual(1);
    const left = await api.db.oneFirst(
      sql.unsafe`select sum(units_left)::int from client_package_units where client_package_id = ${sale.id}`,
    );
    expect(left).toBe(answers.length > 0 ? 0 : 6 - booked);
    await square();
  }
});

test('none of them ever met another in a deadlock', async () => {
  const watcher = new pg.Client({ connectionString: api.database.url });
  await watcher.connect();
  const ask = async (query: string): Promise<number> => (await watcher.query(query)).rows[0].n;
  // A connection tells its figures at the latest when it ends.
  await api.db.end();
  const open = `select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = current_database()`;
  await eventually(async () => (await ask(open)) === 0);
  const deadlocks = await ask('select deadlocks::int as n from pg_stat_database where datname = current_database()');
  await watcher.end();
  expect(deadlocks).toBe(0);
});
