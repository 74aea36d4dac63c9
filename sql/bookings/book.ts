import { z } from 'zod';
import { type Sql, sql } from '../database.ts';
import { type Notice, noticesToPeople } from '../notifications.ts';
import { billed, payersWallet } from './bill.ts';
import { bookingMade, type NewBooking, shapeOf } from './made.ts';

const booked = z.object({ id: z.int() });

/**
 * Makes a booking that is paid later, all of it in one statement: confirmed, invoiced, told. Returns false when a constraint
 * refuses it, or no room is free; then nothing is written. Throws an exclusion violation when a training or an absence has come in
 * between. Locks the payer's wallet after the booking.
 * @param day the booking's business day, when its invoice is due
 */
export async function bookUnpaid(db: Sql, of: NewBooking, day: string, notices: readonly Notice[]): Promise<boolean> {
  const { rowCount } = await db.query(sql.prepared(`book_unpaid_${shapeOf(of)}`, booked)`
    with ${bookingMade(of, sql.fragment`'CONFIRMED', null::timestamptz, clock_timestamp()`)},
    wallet as materialized (${payersWallet(sql.fragment`made`)}),
    confirmed as (select id, payer_id, price_minor from made where (select count(*) from wallet) >= 0),
    bill as (${billed(day, 'UNPAID')}), told as (
      ${noticesToPeople(notices, sql.fragment`exists (select from made)`)}
    )
    select id from made`);
  return rowCount > 0;
}
