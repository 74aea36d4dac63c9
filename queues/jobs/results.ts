import { z } from 'zod';
import { madeTraining } from '../../sql/generation/trainings.ts';

// What the processes answer with: the shapes of the source documents.

const training = madeTraining.extend({ id: z.int().nullable().meta({ description: 'null in a dry run' }) });
const warning = z.looseObject({ reason: z.string(), training_template_id: z.int().nullable() });
export const generationResult = z.object({
  message: z.string(),
  created_count: z.int(),
  trainings: z.array(training),
  period: z.object({ start: z.iso.date(), end: z.iso.date() }),
  students_added: z.int(),
  warnings: z.array(warning),
  conflicts: z.array(warning),
});

export const attendanceResult = z.object({
  trainings_processed: z.int(),
  students_marked_present: z.int(),
  sessions_deducted: z.int(),
});
export const financeResult = z.object({
  trainings_processed: z.int(),
  invoices_created: z.int(),
  sessions_deducted: z.int(),
  auto_payments: z.int(),
});
export const dailyResult = z.object({
  timestamp: z.string().meta({ description: "the studio's wall time" }),
  attendance_processing: attendanceResult,
  finance_processing: financeResult,
  message: z.string(),
});

/** What the tidying did, by kind. */
export const cleanupResult = z.object({
  subscriptions_expired: z.int(),
  sessions_expired: z.int(),
  subscriptions_waiting: z.int().meta({ description: 'over, but finance or the renewal still needs their sessions' }),
  trainings_overlooked: z.int().meta({ description: 'past and still scheduled: attendance did not run' }),
  bookings_completed: z.int().meta({ description: 'over, and nobody noted what became of them: they took place' }),
  tasks_hidden: z.int(),
  idempotency_keys_deleted: z.int(),
  schedule_ticks_deleted: z.int(),
  notifications_deleted: z.int(),
  runs_deleted: z.int().meta({ description: 'summed up by month for /process-stats' }),
  finance_requests_deleted: z.int(),
  schedule_changes_deleted: z.int(),
  alerts_deleted: z.int(),
  changes_deleted: z.int().meta({ description: 'what was before, in changes_log' }),
  bot_rows_deleted: z.int().meta({ description: 'updates, links and questions of the Telegram bot that are over' }),
  jobs_deleted: z.int(),
  audit_findings: z.int().meta({ description: '0: the books are square' }),
});

export const renewalResult = z.object({
  success: z.boolean(),
  renewals_processed: z.int(),
  timestamp: z.string().meta({ description: "the studio's wall time" }),
});
export const unfreezeResult = z.array(
  z.object({
    id: z.int(),
    student_id: z.int(),
    freeze_start_date: z.iso.date().nullable(),
    freeze_end_date: z.iso.date().nullable(),
    status: z.string(),
  }),
);
