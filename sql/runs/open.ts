import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type Run, runRow } from './rows.ts';

/** Counts one more enqueue for an open run; returns the number so far, or null when it is over. The request counts the first. */
export const countEnqueue = (db: Sql, id: number) =>
  db.maybeOneFirst(sql.type(z.object({ rings: z.int() }))`
    update automated_process_history set rings = rings + 1, rung_at = now()
    where id = ${id} and status in ('queued', 'running') returning rings`);

/** Open runs whose last enqueue is older than `seconds`, oldest first: perhaps their job was lost. */
export const openRuns = (db: Sql, seconds: number) =>
  db.any(sql.type(
    runRow
      .pick({ id: true, process_type: true, request_id: true, scheduled_for: true, created_by: true })
      .extend({ rings: z.int() }),
  )`
    select id, process_type, rings, request_id, scheduled_for, created_by from automated_process_history
    where status in ('queued', 'running') and coalesce(rung_at, requested_at) < now() - make_interval(secs => ${seconds})
    order by id limit 500`);

/**
 * True while `run` must wait: for its parts, for the run it comes after, or, if it was asked for by hand, for each run of its process
 * that the timetable has asked for and that need not wait itself (D44).
 */
export const waits = sql.fragment`(
  exists (
    select from automated_process_history other
    where other.id = any(run.part_ids || run.after_run_id) and other.status in ('queued', 'running'))
  or run.scheduled_for is null and run.created_by <> 'system' and exists (
    select from automated_process_history first
    where first.process_type = run.process_type and first.status = 'queued' and first.scheduled_for is not null
      and not exists (
        select from automated_process_history before
        where before.status in ('queued', 'running') and (before.id = any(first.part_ids) or before.id = first.after_run_id))))`;

/** Whether a run must wait, see `waits`. */
export const mustWait = (db: Sql, { id }: Pick<Run, 'id'>) =>
  db.exists(sql.unsafe`select from automated_process_history run where id = ${id} and ${waits}`);
