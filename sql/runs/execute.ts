import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { columns, type Run, runRow } from './rows.ts';

/** The claim of a run: one found `running` lost its runner in the middle, which counts. */
export const claimed = (jobId: string) => sql.fragment`
  update automated_process_history run
  set interruptions = interruptions + (status = 'running')::int, status = 'running',
    started_at = coalesce(started_at, now()), job_id = ${jobId}`;

/** Claims a run for execution; its process's lock is the caller's business (see `takeRun`). Returns null when the run is over. */
export const claimRun = (db: Sql, id: number, jobId: string): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`
    ${claimed(jobId)} where id = ${id} and status in ('queued', 'running') returning ${columns}`);

export type Outcome = {
  status: 'success' | 'partial';
  result: unknown;
  details: Record<string, unknown>;
  counts: Partial<
    Record<
      'trainings_processed' | 'students_processed' | 'students_added' | 'sessions_deducted' | 'invoices_created' | 'errors_count',
      number
    >
  >;
};

/** The counts of a run that is not over. Its errors are not among them: until then that column counts the tries that failed ({@link failRun}). */
export type CountsSoFar = Omit<Outcome['counts'], 'errors_count'> & { errors_count?: never };

/**
 * Records how far a run has come, and its counts so far: one row for a whole chunk, part of the chunk's transaction. A count that is
 * not given stays as it is. Returns null when the run is not running any more.
 */
export const saveProgress = (db: Sql, id: number, progress: object, counts: CountsSoFar = {}) =>
  db.maybeOneFirst(sql.type(z.object({ id: z.int() }))`
    update automated_process_history
    set progress = ${sql.jsonb(progress as never)},
      trainings_processed = coalesce(${counts.trainings_processed ?? null}::int, trainings_processed),
      students_processed = coalesce(${counts.students_processed ?? null}::int, students_processed),
      students_added = coalesce(${counts.students_added ?? null}::int, students_added),
      sessions_deducted = coalesce(${counts.sessions_deducted ?? null}::int, sessions_deducted),
      invoices_created = coalesce(${counts.invoices_created ?? null}::int, invoices_created)
    where id = ${id} and status = 'running' returning id`);

/** What ends a run that is running. */
export const ended = (id: number, { status, result, details, counts }: Outcome) => sql.fragment`
  update automated_process_history
  set status = ${status}, completed_at = now(), result = ${sql.json(result as never)}, details = ${sql.jsonb(details as never)},
    progress = null, error_message = null,
    trainings_processed = ${counts.trainings_processed ?? 0}, students_processed = ${counts.students_processed ?? 0},
    students_added = ${counts.students_added ?? 0}, sessions_deducted = ${counts.sessions_deducted ?? 0},
    invoices_created = ${counts.invoices_created ?? 0}, errors_count = ${counts.errors_count ?? 0}
  where id = ${id} and status = 'running'`;

/** Ends a run with its outcome. Returns null when it was over already. */
export const finishRun = (db: Sql, id: number, outcome: Outcome): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`${ended(id, outcome)} returning ${columns}`);

/** Notes a failed try; the run waits for its next one, or is over as `error` when there is none. What was done stays in `details`. */
export const failRun = (db: Sql, id: number, message: string, final: boolean): Promise<Run | null> =>
  db.maybeOne(sql.type(runRow)`
    update automated_process_history
    set status = ${final ? 'error' : 'queued'}, completed_at = case when ${final}::boolean then now() end,
      errors_count = errors_count + 1, error_message = ${message},
      details = case when ${final}::boolean then details || jsonb_strip_nulls(jsonb_build_object('done_before_the_error', progress)) else details end
    where id = ${id} and status in ('queued', 'running')
    returning ${columns}`);

/** Puts a run that stopped at a chunk's edge back in line. */
export const handBackRun = (db: Sql, id: number) =>
  db.query(sql.unsafe`update automated_process_history set status = 'queued' where id = ${id} and status = 'running'`);
