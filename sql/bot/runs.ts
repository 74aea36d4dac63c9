import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Run, runRow } from '../runs/rows.ts';

/** Takes a run for the transaction, so that of two who want it repeated one comes first. False when there is none. */
export const lockRun = (transaction: Sql, id: number): Promise<boolean> =>
  transaction.exists(sql.unsafe`select from automated_process_history where id = ${id} for update`);

/** The latest attempt under a run key, or null. */
export const latestAttempt = (db: Sql, runKey: string) =>
  db.maybeOne(sql.type(runRow.pick({ id: true, status: true, attempt: true, completed_at: true }))`
    select id, status, attempt, completed_at from automated_process_history
    where run_key = ${runKey} order by attempt desc limit 1`);

const latest = runRow.pick({ id: true, process_type: true, run_key: true, status: true, process_date: true }).extend({
  at: z.iso.datetime(),
});
export type LatestRun = Pick<Run, 'id' | 'process_type' | 'run_key' | 'status' | 'process_date'> & { at: string };

/** Routine is worth a line only when it failed. */
const worthALine = (routine: readonly string[]) =>
  sql.fragment`(status in ('partial', 'error') or process_type <> all(${sql.array([...routine], 'text')}))`;

/** The last runs, the newest first, without routine that went well. */
export const lastRuns = (db: Sql, routine: readonly string[], limit: number) =>
  db.any(sql.type(runRow.pick(shown))`
    select ${sql.join(
      Object.keys(shown).map((column) => sql.identifier([column])),
      sql.fragment`, `,
    )}
    from automated_process_history where ${worthALine(routine)} order by id desc limit ${limit}`);

const shown = {
  id: true,
  process_type: true,
  process_date: true,
  status: true,
  requested_at: true,
  started_at: true,
  completed_at: true,
  error_message: true,
  trainings_processed: true,
  students_processed: true,
  students_added: true,
  sessions_deducted: true,
  invoices_created: true,
} as const;

/** The latest run of each process; `at` is when it ended, or began, or was asked for. */
export const latestRuns = (db: Sql, routine: readonly string[]): Promise<readonly LatestRun[]> =>
  db.any(sql.type(latest)`
    select * from (
      select distinct on (process_type) id, process_type, run_key, status, process_date,
        coalesce(completed_at, started_at, requested_at) as at
      from automated_process_history order by process_type, id desc
    ) latest
    where ${worthALine(routine)}`);

/** Messages that are due and not sent yet. */
export const messagesWaiting = (db: Sql) =>
  db.oneFirst(sql.type(z.object({ count: z.int() }))`
    select count(*)::int as count from notifications where status = 'pending' and send_after <= now()`);
