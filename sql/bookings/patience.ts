import { sql } from '../database/database.ts';

/** What waits longer than this for a lock is in the way of the others. */
const HURRIED = '250ms';

/** How long a statement waits for each lock, as its part `settings`: hurried, it soon gives up (SQLSTATE 55P03). */
export const patience = (isHurried: boolean) => sql.fragment`
  settings as materialized (
    select set_config('lock_timeout', case when ${isHurried}::boolean then ${HURRIED} else current_setting('lock_timeout') end, true)
  )`;
