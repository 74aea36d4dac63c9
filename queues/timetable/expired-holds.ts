import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';

/**
 * Ends holds that are over, time after time. Call it with the current instant; it looks back to its last look that succeeded, so that
 * nothing is missed after days without a database, or of a machine that slept. The first time it looks at all: nobody may have looked
 * for days.
 */
export function holdWatch() {
  let looked: string | null = null;
  return async (db: Sql, now: Date) => {
    await expireHolds(db, looked);
    looked = now.toISOString();
  };
}
