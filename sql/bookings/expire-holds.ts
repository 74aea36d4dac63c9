import { type In, type Sql, sql } from '../database/database.ts';

/**
 * Ends the PENDING bookings whose hold is over: whoever made them died before confirming. A confirmation that is just
 * happening wins. Returns how many.
 * @param from an instant: only what may be in the way of something after it is looked at, which an index finds (a booking and its
 *   break last 24 hours at most). Without one it is now; null reads every booking there is
 */
export async function expireHolds(db: Sql, from: In<string> | null = sql.fragment`now()`): Promise<number> {
  const { rowCount } = await db.query(sql.unsafe`
    update bookings set status = 'CANCELLED', cancelled_at = clock_timestamp(), held_until = null,
      cancellation_reason = 'not confirmed in time'
    where status = 'PENDING' and held_until <= clock_timestamp()
      ${from === null ? sql.fragment`` : sql.fragment`and starts_at > ${from}::timestamptz - interval '1 day'`}`);
  return rowCount;
}
