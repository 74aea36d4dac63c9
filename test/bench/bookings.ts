import { z } from 'zod';
import type { Context } from '../../api/http/route.ts';
import { openBackend } from '../../queues/backend/backend.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { openDatabase, sql } from '../../sql/database/database.ts';
import { book } from '../../workers/bookings/book.ts';
import { NOBODY } from '../support/nobody.ts';
import { fillSalon, SPECIALISTS } from './bookings-data.ts';
import { median, report, timed, times } from './measure.ts';

const CONNECTIONS = 8;
/** Clients at once: one for each connection, and a rush. */
const CROWDS = [CONNECTIONS, 64];
const BOOKINGS = 1_000;
const ROUNDS = 5;
/** Each connection plans its statements anew after a truncation. */
const WARM_UP = 160;

/** Bookings on distinct slots, lock, second look and confirmation included, against the bare INSERT of the same rows. */
export async function benchBookings(url: string) {
  const db = await openDatabase(url, { max: CONNECTIONS, name: 'bench' });
  const settings = readSettings({ DATABASE_URL: url, STUDIO_TZ: 'Europe/Moscow' }, '/nowhere/.env');
  const backend = openBackend({ databaseUrl: url, name: 'bench' });
  const { service, specialists, clients, start } = await fillSalon(db);
  const context = {
    db,
    fleet: { name: 'bench', settings, db, backend, close: async () => undefined },
    caller: { id: '0', name: 'bench', scopes: [], isStillLetIn: async () => true },
    ...NOBODY,
    requestId: '',
    wait: 0,
    isWaiting: () => true,
    isStillLetIn: async () => true,
    now: new Date(),
  } satisfies Context;
  const all = Array.from({ length: BOOKINGS + WARM_UP }, (_, n) => ({
    client_id: clients[n % clients.length] as number,
    specialist_id: specialists[n % SPECIALISTS] as number,
    service_id: service,
    starts_at: new Date(start + Math.floor(n / SPECIALISTS) * 75 * 60_000).toISOString(),
    pay_from: 'later' as const,
  }));
  const [slots, first] = [all.slice(0, BOOKINGS), all.slice(BOOKINGS)];
  const bare = (slot: (typeof slots)[number]) =>
    db.query(sql.prepared('bare_insert', z.strictObject({}))`
      insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, duration_minutes, break_minutes,
        service_price_minor, price_minor, status, confirmed_at)
      values (${slot.client_id}, ${slot.client_id}, ${slot.specialist_id}, ${service}, ${slot.starts_at}::timestamptz, 50, 10,
        100000, 100000, 'CONFIRMED', now())`);
  const sameRows = (slot: (typeof slots)[number]) =>
    db.query(sql.prepared('bare_rows', z.strictObject({}))`
      with booked as (
        insert into bookings (client_id, payer_id, specialist_id, service_id, starts_at, duration_minutes, break_minutes,
          service_price_minor, price_minor, status, confirmed_at)
        values (${slot.client_id}, ${slot.client_id}, ${slot.specialist_id}, ${service}, ${slot.starts_at}::timestamptz, 50, 10,
          100000, 100000, 'CONFIRMED', now())
        returning id
      ), bill as (
        insert into invoices (payer_id, type, amount_minor, booking_id) select ${slot.client_id}, 'BOOKING', 100000, id from booked
      )
      insert into notifications (user_id, template, dedupe_key, status)
      select person, 'booking_confirmed', format('bare:%s:%s', id, person), 'skipped'
      from booked, unnest(${sql.array([slot.client_id, slot.specialist_id], 'int4')}) as person`);
  const clear = () => db.query(sql.unsafe`truncate bookings, invoices, notifications, slot_locks restart identity cascade`);
  for (const crowd of CROWDS) {
    const floors: number[] = [];
    const rows: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [took, work] of [
        [floors, bare],
        [rows, sameRows],
        [ours, (slot: (typeof slots)[number]) => book(slot, context)],
      ] as const) {
        await clear();
        await abreast(crowd, first, work);
        took.push(await timed(() => abreast(crowd, slots, work)));
      }
    }
    console.log(`  ${crowd} clients at once, ${CONNECTIONS} connections, ${BOOKINGS} bookings of different slots`);
    report('bare INSERT', perSecond(median(floors)));
    report('the same with its invoice and two notices, in one statement', perSecond(median(rows)));
    report('booked: lock, second look, booking, invoice, notices', perSecond(median(ours)));
    report('booked / bare INSERT', times(median(ours.map((took, n) => floors[n]! / took))), 'at least 0.5 x');
    report('booked / bare statement of the same rows', times(median(ours.map((took, n) => rows[n]! / took))));
  }
  await backend.close();
  await db.end();
}

const perSecond = (ms: number) => `${Math.round((BOOKINGS / ms) * 1_000)} /s`;

/** All of it, so many at a time. */
async function abreast<T>(crowd: number, all: readonly T[], work: (one: T) => Promise<unknown>) {
  const queue = all.values();
  await Promise.all(
    Array.from({ length: crowd }, async () => {
      for (const caller of queue) await work(caller);
    }),
  );
}
