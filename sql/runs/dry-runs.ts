import { type Sql, sql } from '../database/database.ts';

/** Keeps other dry runs of a process out until the transaction, or its savepoint, is rolled back; waits for the one before. */
export const lockDryRuns = (transaction: Sql, processType: string) =>
  transaction.query(sql.unsafe`select pg_advisory_xact_lock(hashtext('dry run'), hashtext(${processType}))`);

/** How long a statement of this transaction may wait for a lock, and how long it may take, in milliseconds. */
export const limitDryRun = (transaction: Sql, { lockMs, statementMs }: { lockMs: number; statementMs: number }) =>
  transaction.query(sql.unsafe`
    select set_config('lock_timeout', ${`${lockMs}ms`}, true), set_config('statement_timeout', ${`${statementMs}ms`}, true)`);
