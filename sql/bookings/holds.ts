import { type Sql, sql } from '../database.ts';

/**
 * Ends the PENDING bookings whose hold is over: whoever made them died before confirming. A confirmation that is just
 * happening wins. Those whose time is over keep nobody out. Returns how many.
 */
export async function expireHolds(db: Sql): Promise<number> {
  const { rowCount } = await db.query(sql.unsafe`
    update bookings set status = 'CANCELLED', cancelled_at = clock_timestamp(), held_until = null,
      cancellation_reason = 'not confirmed in time'
    where status = 'PENDING' and held_until <= clock_timestamp() and starts_at > now() - interval '1 day'`);
  return rowCount;
}
