import type { CommonQueryMethods } from 'slonik';
import { sql } from '../database/database.ts';

/** Who does something, and what asked for it, as `changes_log` keeps them. */
export type Acting = { actor: string; cause: string | null };

/** Says in a transaction who acts in it: whatever it changes from here on is theirs. */
export const actAs = (transaction: CommonQueryMethods, { actor, cause }: Acting) =>
  transaction.query(sql.unsafe`
    select set_config('studio.actor', ${actor}, true), set_config('studio.cause', ${cause ?? ''}, true)`);
