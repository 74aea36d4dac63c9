import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** The ids of somebody's bookings to come that stand, in order of their start. */
export const futureBookings = (db: Sql, clientId: number, now: string) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from bookings where client_id = ${clientId} and status in ('PENDING', 'CONFIRMED') and starts_at > ${now}::timestamptz
      and (held_until is null or held_until > ${now}::timestamptz)
    order by starts_at, id`);

/** Locks bookings by id; returns who pays the invoices they have. */
export async function lockBookings(transaction: Sql, ids: readonly number[]) {
  const wanted = sql.array([...ids], 'int4');
  await transaction.query(sql.unsafe`select from bookings where id = any(${wanted}) order by id for update`);
  return transaction.anyFirst(sql.type(z.object({ payer_id: z.int() }))`
    select distinct payer_id from invoices where booking_id = any(${wanted}) and status <> 'CANCELLED' order by payer_id`);
}
