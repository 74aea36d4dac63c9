import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Run, runRow } from './rows.ts';

/** A history row as lists show it: without its possibly long details, result and progress. */
export const runSummary = runRow.omit({ details: true, result: true, progress: true });

/** History by business day, newest first, after a cursor (an id). Days are inclusive. */
export const listRuns = (
  db: Sql,
  filter: {
    start_date?: string;
    end_date?: string;
    process_type?: string;
    status?: Run['status'];
    before?: number;
    limit: number;
  },
) =>
  db.any(sql.type(runSummary)`
    select id, process_type, run_key, attempt, process_date, scheduled_for, requested_at, started_at, completed_at, status,
      trainings_processed, students_processed, students_added, sessions_deducted, invoices_created, errors_count, params,
      error_message, created_by, api_key_used, request_id, job_id, interruptions, part_ids, after_run_id
    from automated_process_history
    where (${filter.start_date ?? null}::date is null or process_date >= ${filter.start_date ?? null}::date)
      and (${filter.end_date ?? null}::date is null or process_date <= ${filter.end_date ?? null}::date)
      and (${filter.process_type ?? null}::text is null or process_type = ${filter.process_type ?? null})
      and (${filter.status ?? null}::text is null or status = ${filter.status ?? null})
      and (${filter.before ?? null}::int is null or id < ${filter.before ?? null})
    order by id desc
    limit ${filter.limit}`);

export const processStats = z.object({
  process_type: z.string(),
  runs: z.int(),
  success: z.int(),
  partial: z.int(),
  error: z.int(),
  open: z.int(),
  success_rate: z.number().nullable(),
  average_seconds: z.number().nullable(),
  longest_seconds: z.number().nullable(),
  trainings_processed: z.int(),
  students_processed: z.int(),
  students_added: z.int(),
  sessions_deducted: z.int(),
  invoices_created: z.int(),
  errors_count: z.int(),
  last_success_at: z.iso.datetime().nullable(),
});

/**
 * What each process did with the runs asked for since an instant. Rates are 0 to 1 over the runs that are over. Runs that
 * have left the history count by their months, those that began since then in the zone: exact from the start of a month on,
 * or within what the history keeps.
 */
export const statsSince = (db: Sql, since: Date, zone: string) =>
  db.any(sql.type(processStats)`
    with part as (
      select process_type, count(*) as runs,
        count(*) filter (where status = 'success') as success,
        count(*) filter (where status = 'partial') as partial,
        count(*) filter (where status = 'error') as error,
        count(*) filter (where completed_at is null) as open,
        count(completed_at - started_at) as timed_runs,
        coalesce(sum(extract(epoch from completed_at - started_at)), 0) as seconds,
        max(extract(epoch from completed_at - started_at)) as longest_seconds,
        sum(trainings_processed) as trainings_processed, sum(students_processed) as students_processed,
        sum(students_added) as students_added, sum(sessions_deducted) as sessions_deducted,
        sum(invoices_created) as invoices_created, sum(errors_count) as errors_count,
        max(completed_at) filter (where status = 'success') as last_success_at
      from automated_process_history
      where requested_at >= ${since.toISOString()}::timestamptz
      group by process_type
      union all
      select process_type, runs, success, partial, error, 0, timed_runs, seconds, longest_seconds, trainings_processed,
        students_processed, students_added, sessions_deducted, invoices_created, errors_count, last_success_at
      from process_history_monthly
      where month >= (${since.toISOString()}::timestamptz at time zone ${zone}::text)::date
    )
    select process_type, sum(runs)::int as runs, sum(success)::int as success, sum(partial)::int as partial,
      sum(error)::int as error, sum(open)::int as open,
      (sum(success)::float8 / nullif(sum(runs - open), 0)::float8) as success_rate,
      (sum(seconds) / nullif(sum(timed_runs), 0))::float8 as average_seconds, max(longest_seconds)::float8 as longest_seconds,
      sum(trainings_processed)::int8 as trainings_processed, sum(students_processed)::int8 as students_processed,
      sum(students_added)::int8 as students_added, sum(sessions_deducted)::int8 as sessions_deducted,
      sum(invoices_created)::int8 as invoices_created, sum(errors_count)::int8 as errors_count,
      max(last_success_at) as last_success_at
    from part
    group by process_type
    order by process_type`);
