import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { Deleted, Old } from './retention.ts';

const deleted = z.object({ rows: z.int(), after: z.iso.datetime().nullable() });

/**
 * Deletes the next old runs that are over and adds them to the months (of the studio's zone) they were asked for in: one
 * statement, so that the sums of both together never change. A part of a run that is still open stays with it.
 */
export const deleteOldRuns = (transaction: Sql, { before, after, size }: Old, zone: string): Promise<Deleted> =>
  transaction.one(sql.type(deleted)`
    with old as materialized (
      select id, completed_at from automated_process_history run
      where completed_at >= coalesce(${after}::timestamptz, '-infinity') and completed_at < ${before}::timestamptz
        and not exists (
          select from automated_process_history open
          where open.status in ('queued', 'running') and (run.id = any(open.part_ids) or open.after_run_id = run.id))
      order by completed_at limit ${size} for update of run skip locked
    ), gone as (
      delete from automated_process_history where id = any(array(select id from old))
      returning process_type, status, requested_at, completed_at, extract(epoch from completed_at - started_at) as seconds,
        trainings_processed, students_processed, students_added, sessions_deducted, invoices_created, errors_count
    ), summed as (
      insert into process_history_monthly as kept (month, process_type, runs, success, partial, error, timed_runs, seconds,
        longest_seconds, trainings_processed, students_processed, students_added, sessions_deducted, invoices_created,
        errors_count, last_success_at)
      select date_trunc('month', requested_at at time zone ${zone}::text)::date, process_type, count(*),
        count(*) filter (where status = 'success'), count(*) filter (where status = 'partial'), count(*) filter (where status = 'error'),
        count(seconds), coalesce(sum(seconds), 0), max(seconds), sum(trainings_processed), sum(students_processed),
        sum(students_added), sum(sessions_deducted), sum(invoices_created), sum(errors_count),
        max(completed_at) filter (where status = 'success')
      from gone group by 1, 2
      on conflict (process_type, month) do update set
        runs = kept.runs + excluded.runs, success = kept.success + excluded.success, partial = kept.partial + excluded.partial,
        error = kept.error + excluded.error, timed_runs = kept.timed_runs + excluded.timed_runs,
        seconds = kept.seconds + excluded.seconds, longest_seconds = greatest(kept.longest_seconds, excluded.longest_seconds),
        trainings_processed = kept.trainings_processed + excluded.trainings_processed,
        students_processed = kept.students_processed + excluded.students_processed,
        students_added = kept.students_added + excluded.students_added,
        sessions_deducted = kept.sessions_deducted + excluded.sessions_deducted,
        invoices_created = kept.invoices_created + excluded.invoices_created,
        errors_count = kept.errors_count + excluded.errors_count,
        last_success_at = greatest(kept.last_success_at, excluded.last_success_at)
    )
    select count(*)::int as rows, (select max(completed_at) from old) as after from gone`);
