import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { bookUnpaid } from '../../sql/bookings/insert.ts';
import { readOffersToBook } from '../../sql/bookings/offer-to-book.ts';
import { sql } from '../../sql/database/database.ts';
import { isLockTimeout } from '../../sql/database/outage.ts';
import { holdOpen, waitingForLock } from '../support/ledger.ts';
import { counter } from './counter.ts';
import { at } from './salon.ts';

const { api, make, place } = await counter();
const TEN = at(2, '10:00');
const DAY = TEN.slice(0, 10);
const many = (count: number, item: () => Promise<number>) => Promise.all(Array.from({ length: count }, item));

const about = {
  reader: 'client' as const,
  is_payer: true,
  client: 'Анна',
  specialist: 'Вера',
  service: 'Йога',
  booking_date: DAY,
  start_time: '10:00',
  price_minor: 1_000,
  pay_from: 'later' as const,
  session: null,
};
let last = 1_000;
/** A booking as it is about to be made, with a notice for its client. */
function toBook(fields: { client: number; specialist: number; service: number; needsRoom?: boolean; room?: number }) {
  last += 1;
  const id = last;
  return {
    booking: {
      id,
      clientId: fields.client,
      payerId: fields.client,
      specialistId: fields.specialist,
      serviceId: fields.service,
      locationId: place,
      startsAt: TEN,
      busyMinutes: 60,
      durationMinutes: 60,
      breakMinutes: 0,
      servicePriceMinor: 1_000,
      priceMinor: 1_000,
      discounts: [],
      payFrom: 'later' as const,
      createdBy: 'test',
      day: DAY,
      roomId: fields.room,
      needsRoom: fields.needsRoom ?? fields.room !== undefined,
    },
    notices: [
      {
        userId: fields.client,
        template: 'booking_confirmed' as const,
        params: { ...about, booking_id: id },
        dedupe: `test:${id}`,
      },
    ],
  };
}
type ToBook = ReturnType<typeof toBook>;
const bookAll = (all: ToBook[], isHurried = false) => bookUnpaid(api.db, all as [ToBook, ...ToBook[]], isHurried);
/** What stands in the database of these: bookings, invoices, notices. */
const writtenOf = async (all: ToBook[]) => {
  const ids = sql.array(
    all.map(({ booking }) => booking.id),
    'int4',
  );
  return api.db.one(sql.type(z.object({ bookings: z.array(z.int()), invoices: z.array(z.int()), notices: z.array(z.int()) }))`
    select array(select id from bookings where id = any(${ids}) order by id) as bookings,
      array(select booking_id from invoices where booking_id = any(${ids}) order by booking_id) as invoices,
      array(select (params ->> 'booking_id')::int from notifications where (params ->> 'booking_id')::int = any(${ids}) order by 1) as notices`);
};
const wholly = (ids: number[]) => ({ bookings: ids, invoices: ids, notices: ids });

test('thirty at one hour in 25 rooms, in one statement: every room is given', async () => {
  const rooms = await many(25, () => make.roomAt(place));
  const service = await make.service({ rooms });
  const all: ToBook[] = [];
  for (let n = 0; n < 30; n += 1) {
    const specialist = await make.specialist([service], { location: place });
    all.push(toBook({ client: await make.client(), specialist, service, needsRoom: true }));
  }
  const made = [...(await bookAll(all))].sort((a, b) => a - b);
  expect(made).toHaveLength(25);
  expect(await writtenOf(all)).toEqual(wholly(made));
});

test('of two who meet in one statement one is booked, invoiced and told', async () => {
  const service = await make.service();
  // Who has the smaller id comes first.
  const item = await make.specialist([service], { location: place });
  const other = await make.specialist([service], { location: place });
  const [anna, boris] = (await many(2, make.client)) as [number, number];
  const all = [
    toBook({ client: anna, specialist: item, service }),
    toBook({ client: boris, specialist: item, service }),
    toBook({ client: anna, specialist: other, service }),
  ];
  const made = [...(await bookAll(all))];
  expect(made).toEqual([all[0]?.booking.id]);
  expect(await writtenOf(all)).toEqual(wholly(made));
});

test('hurried, nobody waits for a lock of one of them and nothing is written; else all wait for it', async () => {
  const service = await make.service();
  const [busy, free] = (await many(2, () => make.specialist([service], { location: place }))) as [number, number];
  const all = [
    toBook({ client: await make.client(), specialist: free, service }),
    toBook({ client: await make.client(), specialist: busy, service }),
  ];
  const holder = await holdOpen(api.database.url, `select lock_calendars(array[${busy}], '{}')`);
  const failure = await bookAll(all, true).catch((error) => error);
  expect(isLockTimeout(failure)).toBe(true);
  expect(await writtenOf(all)).toEqual(wholly([]));
  const waiting = bookAll(all);
  await holder.commit();
  expect((await waiting).size).toBe(2);
  expect(await writtenOf(all)).toEqual(wholly(all.map(({ booking }) => booking.id)));
});

test('two statements that want the same rooms in another order do not wait for each other', async () => {
  const [first, second] = (await many(2, () => make.roomAt(place))) as [number, number];
  const service = await make.service({ rooms: [first, second] });
  const all: ToBook[] = [];
  for (const room of [first, second, second, first]) {
    const specialist = await make.specialist([service], { location: place });
    all.push(toBook({ client: await make.client(), specialist, service, room }));
  }
  const [a, b, c, d] = all as [ToBook, ToBook, ToBook, ToBook];
  // Each has come to its second specialist: whoever had locked a room before that would now want the other one's.
  const holder = await holdOpen(
    api.database.url,
    `select lock_calendars(array[${c.booking.specialistId}, ${d.booking.specialistId}], '{}')`,
  );
  const once = (...both: [ToBook, ToBook]) => api.db.transaction((transaction) => bookUnpaid(transaction, both, false), 0);
  const running = Promise.all([once(a, c), once(b, d)]);
  await waitingForLock(api.db, 2);
  await holder.commit();
  expect((await running).map(({ size }) => size).sort()).toEqual([0, 2]);
});

test('hurried, nobody waits for a slot that somebody else has not given back yet', async () => {
  const service = await make.service();
  const specialist = await make.specialist([service], { location: place });
  const span = { from: at(2, '00:00'), to: at(3, '00:00'), days: [DAY, DAY] as const };
  const ask = async (slot: string) => ({
    question: { clientId: await make.client(), serviceId: service, specialistId: specialist, day: DAY, span },
    claim: { slot, token: slot, ms: 5_000 },
  });
  await api.db.query(sql.unsafe`insert into slot_locks values ('busy', 'theirs', now() + interval '5 seconds')`);
  const holder = await holdOpen(api.database.url, `delete from slot_locks where slot = 'busy'`);
  const all = [await ask('free'), await ask('busy')];
  const failure = await readOffersToBook(api.db, all, true).catch((error) => error);
  expect(isLockTimeout(failure)).toBe(true);
  const waiting = readOffersToBook(api.db, all, false);
  await holder.commit();
  expect((await waiting).map(({ is_ours }) => is_ours)).toEqual([true, true]);
  await api.db.query(sql.unsafe`delete from slot_locks`);
});

test('hurry lasts as long as its statement', async () => {
  const service = await make.service();
  const specialist = await make.specialist([service], { location: place });
  const client = await make.client();
  await api.db.connect(async (connection) => {
    await bookUnpaid(connection, [toBook({ client, specialist, service })], true);
    expect(await connection.oneFirst(sql.unsafe`select current_setting('lock_timeout')`)).toBe('0');
  });
});

test('many questions are answered in their order, each for itself; of two claims to one slot the first holds', async () => {
  const [short, long] = [await make.service({ minutes: 30 }), await make.service({ minutes: 90 })];
  const [one, other] = (await many(2, () => make.specialist([short, long], { location: place }))) as [number, number];
  const [anna, boris] = (await many(2, make.client)) as [number, number];
  const span = { from: at(2, '00:00'), to: at(3, '00:00'), days: [DAY, DAY] as const };
  const ask = (clientId: number, serviceId: number, specialistId: number, slot: string) => ({
    question: { clientId, serviceId, specialistId, day: DAY, span },
    claim: { slot, token: `${clientId}-${serviceId}-${specialistId}`, ms: 5_000 },
  });
  const answers = await readOffersToBook(
    api.db,
    [
      ask(boris, long, other, 'slot b'),
      ask(anna, short, one, 'slot a'),
      ask(boris, short, one, 'slot a'),
      ask(999_999, short, other, 'slot c'),
    ],
    false,
  );
  expect(
    answers.map(({ is_ours, service, specialists, client }) => [is_ours, service?.id, specialists[0]?.id, client?.name ?? null]),
  ).toEqual([
    [true, long, other, expect.stringMatching(/^Клиент/)],
    [true, short, one, expect.stringMatching(/^Клиент/)],
    [false, short, one, expect.stringMatching(/^Клиент/)],
    [true, short, other, null],
  ]);
  expect(answers[1]?.client?.name).not.toBe(answers[2]?.client?.name);
  expect(new Set(answers.map(({ booking_id }) => booking_id)).size).toBe(4);
  const tokens = sql.type(z.object({ token: z.string() }))`select token from slot_locks order by slot`;
  expect(await api.db.anyFirst(tokens)).toEqual([
    `${anna}-${short}-${one}`,
    `${boris}-${long}-${other}`,
    `999999-${short}-${other}`,
  ]);
});
