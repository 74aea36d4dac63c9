import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { backendKinds, testBackend } from '../support/backends.ts';
import { eventually } from '../support/eventually.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { at, salon } from './salon.ts';

const TEN = at(2, '10:00');
/** By their bookings' ids, as the database is read. */
const inOrder = (replies: { body: Json }[]) => replies.toSorted((a, b) => a.body.id - b.body.id);
const many = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

/** Many clients in the same moment: they are booked together, and each as if alone. */
describe.each(backendKinds)('a rush on %s', (kind) => {
  let api: TestApi;
  let make: ReturnType<typeof salon>;
  beforeAll(async () => {
    api = await testApi({ backend: (url) => testBackend(kind, url) });
    make = salon(api.db);
    await make.someType();
  });
  afterAll(async () => {
    expect((await api.get('/api/audit')).body.findings).toEqual([]);
    await api.close();
  });
  const book = (body: object) => api.post('/bookings', body);

  test('sixty different slots: everybody has the booking, the invoice, the notices, and no lock is left', async () => {
    const service_id = await make.service({ price: 1_000 });
    const specialists = await many(60, () => make.specialist([service_id]));
    const clients = await many(60, () => make.client());
    for (const [n, client] of clients.entries()) {
      for (let k = 0; k < n % 3; k += 1) {
        await api.db.query(sql.unsafe`
          insert into client_discounts (client_id, kind, amount_minor) values (${client}, 'fixed', ${100 + k})`);
      }
    }
    const wish = (n: number) => ({ client_id: clients[n], service_id, specialist_id: specialists[n], starts_at: TEN });
    const replies = await Promise.all(clients.map((_, n) => book(wish(n))));
    expect(replies.map(({ status }) => status)).toEqual(clients.map(() => 201));
    const prices = [1_000, 900, 799];
    for (const [n, { body }] of replies.entries()) {
      expect(body).toMatchObject({ ...wish(n), status: 'CONFIRMED', price_minor: prices[n % 3] });
    }
    const billed = sql.type(z.object({ of: z.string() }))`
      select concat_ws(' ', booking_id, payer_id, amount_minor, status, due_date) as of from invoices order by booking_id`;
    expect(await api.db.anyFirst(billed)).toEqual(
      inOrder(replies).map(
        ({ body: { id, client_id, price_minor } }) => `${id} ${client_id} ${price_minor} UNPAID ${TEN.slice(0, 10)}`,
      ),
    );
    const discounted = sql.type(z.object({ count: z.int() }))`
      select count(discount.*)::int as count from bookings left join booking_discounts discount on booking_id = bookings.id
      group by bookings.id order by bookings.id`;
    expect(await api.db.anyFirst(discounted)).toEqual(inOrder(replies).map(({ body }) => clients.indexOf(body.client_id) % 3));
    const told = sql.type(z.object({ of: z.string() }))`
      select concat_ws(' ', params ->> 'booking_id', user_id) as of from notifications
      where template = 'booking_confirmed' order by (params ->> 'booking_id')::int, params ->> 'reader'`;
    expect(await api.db.anyFirst(told)).toEqual(
      inOrder(replies).flatMap(({ body: { id, client_id, specialist_id } }) => [`${id} ${client_id}`, `${id} ${specialist_id}`]),
    );
    expect(await api.db.any(sql.unsafe`select from slot_locks`)).toHaveLength(0);
    const transactions = sql.type(z.object({ count: z.int() }))`select count(distinct xmin::text)::int as count from bookings`;
    expect(await api.db.oneFirst(transactions)).toBeLessThan(60);
  });

  test('refused bookings disturb no others', async () => {
    const service_id = await make.service();
    const specialists = await many(6, () => make.specialist([service_id]));
    const [busy, ...clients] = await many(8, () => make.client());
    const taken = await make.specialist([service_id]);
    expect(await book({ client_id: busy, service_id, specialist_id: taken, starts_at: TEN })).toMatchObject({ status: 201 });
    const wish = { service_id, starts_at: TEN };
    const replies = await Promise.all([
      ...specialists.map((specialist_id, n) => book({ ...wish, client_id: clients[n], specialist_id })),
      book({ ...wish, client_id: clients[6], specialist_id: taken }),
      book({ ...wish, client_id: busy, specialist_id: await make.specialist([service_id]) }),
      book({ ...wish, client_id: 999_999, specialist_id: taken }),
      book({ ...wish, client_id: clients[6], specialist_id: 999_999 }),
    ]);
    expect(replies.map(({ status, body }) => (status === 201 ? 201 : `${status} ${body.detail}`))).toEqual([
      ...specialists.map(() => 201),
      '409 the specialist is not free at that time',
      '409 the client has another booking at that time',
      expect.stringMatching(/^422 /),
      expect.stringMatching(/^422 /),
    ]);
  });

  test('one client at several specialists at one time: one of them', async () => {
    const service_id = await make.service();
    const specialists = await many(12, () => make.specialist([service_id]));
    const client_id = await make.client();
    const replies = await Promise.all(
      specialists.map((specialist_id) => book({ client_id, service_id, specialist_id, starts_at: TEN })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(11);
  });

  test('thirty at one hour in 25 rooms: all rooms are given, each once', async () => {
    const place = await make.location();
    const rooms = await many(25, () => make.roomAt(place));
    const service_id = await make.service({ rooms });
    const specialists = await many(30, () => make.specialist([service_id], { location: place }));
    const clients = await many(30, () => make.client());
    const replies = await Promise.all(
      specialists.map((specialist_id, n) => book({ client_id: clients[n], service_id, specialist_id, starts_at: TEN })),
    );
    const given = replies.filter(({ status }) => status === 201).map(({ body }) => body.room_id);
    expect(given.toSorted((a, b) => a - b)).toEqual(rooms.toSorted((a, b) => a - b));
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(5);
  });

  test('sixty services that share sixty rooms: nobody is told that there is none', async () => {
    const place = await make.location();
    const rooms = await many(60, () => make.roomAt(place));
    const wishes = await many(60, async () => {
      const service_id = await make.service({ rooms });
      const specialist_id = await make.specialist([service_id], { location: place });
      return { client_id: await make.client(), service_id, specialist_id, starts_at: TEN };
    });
    const replies = await Promise.all(wishes.map(book));
    expect(replies.map(({ status }) => status)).toEqual(wishes.map(() => 201));
    expect(new Set(replies.map(({ body }) => body.room_id)).size).toBe(60);
  });

  test('a booking that meets a lock waits alone; a training that comes in between refuses the one that wanted its time', async () => {
    const service_id = await make.service();
    const specialists = await many(10, () => make.specialist([service_id]));
    const clients = await many(10, () => make.client());
    const [trainer] = specialists as [number];
    const holder = new pg.Client({ connectionString: api.database.url });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query(`select lock_calendars(array[$1::int], '{}')`, [trainer]);
      let isAnswered = false;
      const [first, ...others] = specialists.map((specialist_id, n) =>
        book({ client_id: clients[n], service_id, specialist_id, starts_at: TEN }),
      ) as [ReturnType<typeof book>, ...ReturnType<typeof book>[]];
      void first.then(() => {
        isAnswered = true;
      });
      expect((await Promise.all(others)).map(({ status }) => status)).toEqual(others.map(() => 201));
      const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await eventually(async () => (await holder.query(waiting)).rowCount === 1);
      expect(isAnswered).toBe(false);
      await holder.query(
        `insert into real_trainings (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor)
         select id, $1, ($2::timestamptz at time zone 'Europe/Moscow')::date, '10:00', $2, $2::timestamptz + interval '1 hour', 5, 0 from training_types order by id limit 1`,
        [trainer, TEN],
      );
      await holder.query('commit');
      expect(await first).toMatchObject({ status: 409 });
    } finally {
      await holder.end();
    }
  });
});
