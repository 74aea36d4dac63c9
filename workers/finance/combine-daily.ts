import { attendanceResult, financeResult } from '../../queues/jobs/results.ts';
import { wallTimeOf } from '../../queues/time/calendar.ts';
import { partsOf, type Run } from '../../sql/runs/runs.ts';
import { text } from '../notifier/texts/texts.ts';
import type { RunHandler } from '../runner/execute.ts';

const noAttendance = { trainings_processed: 0, students_marked_present: 0, sessions_deducted: 0 };
const noFinance = { trainings_processed: 0, invoices_created: 0, sessions_deducted: 0, auto_payments: 0 };

/** Puts the night's parts together once both are over; a part that failed leaves the night `partial` and is named. */
export const combineDaily: RunHandler = async (run, { db, settings }) => {
  const parts = await partsOf(db, run.id);
  const part = (type: string) => parts.find((candidate) => candidate.process_type === type);
  const attendance = attendanceResult.safeParse(part('attendance')?.result).data ?? noAttendance;
  const finance = financeResult.safeParse(part('finance')?.result).data ?? noFinance;
  const failed = parts.filter((candidate) => candidate.status === 'error');
  return {
    status: failed.length > 0 ? 'partial' : 'success',
    result: {
      timestamp: wallTimeOf(new Date(), settings.zone),
      attendance_processing: attendance,
      finance_processing: finance,
      message: messageOf(settings.locale, failed),
    },
    details: {
      parts: parts.map(({ id, process_type, run_key, status, error_message }) => ({
        id,
        process_type,
        run_key,
        status,
        error_message,
      })),
    },
    counts: {
      trainings_processed: attendance.trainings_processed + finance.trainings_processed,
      students_processed: attendance.students_marked_present,
      sessions_deducted: finance.sessions_deducted,
      invoices_created: finance.invoices_created,
      errors_count: failed.length,
    },
  };
};

function messageOf(locale: 'ru' | 'uk' | 'en', failed: readonly Run[]) {
  if (failed.length === 0) return text(locale, 'daily.done');
  const parts = failed.map((run) => text(locale, run.process_type === 'attendance' ? 'daily.attendance' : 'daily.finance'));
  return text(locale, 'daily.partial', { parts: parts.join(', ') });
}
