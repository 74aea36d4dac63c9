import { z } from 'zod';
import { sql } from '../database/database.ts';

const instant = z.iso.datetime();
const json = z.record(z.string(), z.unknown());

/** A row of the history, as reports see it. Instants are ISO strings in UTC, dates business days. */
export const runRow = z.object({
  id: z.int(),
  process_type: z.string(),
  run_key: z.string(),
  attempt: z.int(),
  process_date: z.iso.date(),
  scheduled_for: instant.nullable(),
  requested_at: instant,
  started_at: instant.nullable(),
  completed_at: instant.nullable(),
  status: z.enum(['queued', 'running', 'success', 'partial', 'error']),
  trainings_processed: z.int(),
  students_processed: z.int(),
  students_added: z.int(),
  sessions_deducted: z.int(),
  invoices_created: z.int(),
  errors_count: z.int(),
  params: json,
  progress: json.nullable(),
  details: json,
  result: z.unknown(),
  error_message: z.string().nullable(),
  created_by: z.string(),
  api_key_used: z.string().nullable(),
  request_id: z.string().nullable(),
  job_id: z.string().nullable(),
  interruptions: z.int(),
  part_ids: z.array(z.int()),
  after_run_id: z.int().nullable(),
});
export type Run = z.output<typeof runRow>;
export type RunStatus = Run['status'];

/** Whether somebody asked for a run by hand, and the timetable has not asked for it since (D44). */
export const isByHand = (run: Pick<Run, 'scheduled_for' | 'created_by'>) =>
  run.scheduled_for === null && run.created_by !== 'system';

export const isOver = (run: Run) => run.status === 'success' || run.status === 'partial' || run.status === 'error';

/** Every column of {@link runRow}. */
export const columns = sql.fragment`id, process_type, run_key, attempt, process_date, scheduled_for, requested_at, started_at,
  completed_at, status, trainings_processed, students_processed, students_added, sessions_deducted, invoices_created,
  errors_count, params, progress, details, result, error_message, created_by, api_key_used, request_id, job_id, interruptions, part_ids, after_run_id`;
