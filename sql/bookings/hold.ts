import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { bookingsMade, type NewBooking, shapeOf } from './made.ts';

const held = z.object({ id: z.int() });

/**
 * Holds a slot while it is paid: a PENDING booking for so many seconds. Returns false when a constraint refuses it, or no room is
 * free. Throws an exclusion violation when a training or an absence has come in between.
 * A hold that is lost with the power is a hold less: nobody waits until it is on the disk, the confirmation is what lasts.
 * The slot's lock is kept until it is paid: who waits for it may get what could not be.
 * @param isAlone the statement is a transaction of its own
 */
export async function holdSlot(db: Sql, of: NewBooking, holdSeconds: number, isAlone: boolean): Promise<boolean> {
  const { rowCount } = await db.query(sql.prepared(`hold_slot_${shapeOf(of)}`, held)`
    with settings as materialized (
      select set_config('synchronous_commit', case when ${isAlone}::boolean then 'off' else current_setting('synchronous_commit') end, true)
    ), ${bookingsMade([of], sql.fragment`'PENDING', clock_timestamp() + make_interval(secs => ${holdSeconds}), null::timestamptz`)}
    select id from made`);
  return rowCount > 0;
}
