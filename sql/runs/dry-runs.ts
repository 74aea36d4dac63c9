import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Keeps a second dry run of a process out until the transaction, or its savepoint, is rolled back. False: there is one. */
export const tryDryRunLock = (transaction: Sql, processType: string) =>
  transaction.oneFirst(sql.type(z.object({ taken: z.boolean() }))`
    select pg_try_advisory_xact_lock(hashtext('dry run'), hashtext(${processType})) as taken`);

/** What a statement of this transaction may wait for a lock, and take altogether, in milliseconds. */
export const limitDryRun = (transaction: Sql, { lockMs, statementMs }: { lockMs: number; statementMs: number }) =>
  transaction.query(sql.unsafe`
    select set_config('lock_timeout', ${`${lockMs}ms`}, true), set_config('statement_timeout', ${`${statementMs}ms`}, true)`);
