import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Notice, noticesOfNew } from '../notifications/notify.ts';
import { billed } from './bill.ts';
import { bookingsMade, type NewBooking, shapeOf } from './made.ts';
import { patience } from './patience.ts';

/** A booking and who is told of it; its notices carry its id as `booking_id`. */
export type ToBook = { booking: NewBooking; notices: readonly Notice<'booking_confirmed'>[] };

const booked = z.object({ id: z.int() });

/**
 * Makes bookings of one shape that are paid later, all of it in one statement: confirmed, invoiced, told. Returns the ids of those that
 * were made; for who is not among them, a constraint refused it or no room is free, and nothing is written. Throws an exclusion
 * violation when a training or an absence has come in between; then nothing is written at all. Locks the payers' wallets after the
 * bookings.
 * @param isHurried gives up with a lock timeout (55P03) rather than wait for others. More than one is booked in a hurry only: clients
 * who meet in two statements may wait for each other
 */
export async function bookUnpaid(db: Sql, all: readonly [ToBook, ...ToBook[]], isHurried: boolean): Promise<ReadonlySet<number>> {
  const made = await db.anyFirst(sql.prepared(`book_unpaid_${shapeOf(all[0].booking)}`, booked)`
    with ${patience(isHurried)}, ${bookingsMade(
      all.map(({ booking }) => booking),
      sql.fragment`'CONFIRMED', null::timestamptz, clock_timestamp()`,
    )},
    wallet as materialized (
      select from wallets where user_id in (select payer_id from made where price_minor > 0) order by user_id for update
    ),
    confirmed as (
      select made.id, made.payer_id, made.price_minor, wanted.day from made join wanted on wanted.id = made.id
      where (select count(*) from wallet) >= 0
    ),
    bill as (${billed(sql.fragment`day`, 'UNPAID')}), told as (
      ${noticesOfNew(
        all.flatMap(({ notices }) => notices),
        sql.fragment`exists (select from made where made.id = (params ->> 'booking_id')::int)`,
      )}
    )
    select id from made`);
  return new Set(made);
}
