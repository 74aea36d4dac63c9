import { type Sql, sql } from '../database/database.ts';

const near = sql.fragment`and starts_at > now() - interval '1 day'`;

/**
 * Ends the PENDING bookings whose hold is over: whoever made them died before confirming. A confirmation that is just
 * happening wins. Returns how many.
 * @param which `near`: those that may keep somebody out, found by their time; `all` reads every booking there is
 */
export async function expireHolds(db: Sql, which: 'near' | 'all' = 'near'): Promise<number> {
  const { rowCount } = await db.query(sql.unsafe`
    update bookings set status = 'CANCELLED', cancelled_at = clock_timestamp(), held_until = null,
      cancellation_reason = 'not confirmed in time'
    where status = 'PENDING' and held_until <= clock_timestamp() ${which === 'near' ? near : sql.fragment``}`);
  return rowCount;
}
