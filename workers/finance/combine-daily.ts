import { attendanceResult, financeResult } from '../../queues/jobs/results.ts';
import type { Settings } from '../../queues/process/settings.ts';
import { wallTimeOf } from '../../queues/time/calendar.ts';
import { partsOf } from '../../sql/runs/find.ts';
import type { Run } from '../../sql/runs/rows.ts';
import { text } from '../notifier/texts/texts.ts';
import type { RunHandler } from '../runner/execute.ts';

const noAttendance = { trainings_processed: 0, students_marked_present: 0, sessions_deducted: 0 };
const noFinance = { trainings_processed: 0, invoices_created: 0, sessions_deducted: 0, auto_payments: 0 };

/** What is known of a part when it is over. */
type Part = Pick<Run, 'process_type' | 'status' | 'result'>;

const resultsOf = (parts: readonly Part[]) => {
  const result = (type: string) => parts.find((candidate) => candidate.process_type === type)?.result;
  return {
    attendance: attendanceResult.safeParse(result('attendance')).data ?? noAttendance,
    finance: financeResult.safeParse(result('finance')).data ?? noFinance,
  };
};

/** The answer of a night whose parts are over. @param at when it was done */
export function combine(parts: readonly Part[], locale: Settings['locale'], zone: string, at: Date) {
  const { attendance, finance } = resultsOf(parts);
  return {
    timestamp: wallTimeOf(at, zone),
    attendance_processing: attendance,
    finance_processing: finance,
    message: messageOf(locale, failedOf(parts)),
  };
}

const failedOf = <P extends Part>(parts: readonly P[]) => parts.filter(({ status }) => status === 'error');

/** Puts the night's parts together once both are over; a part that failed leaves the night `partial` and is named. */
export const combineDaily: RunHandler = async (run, { db, settings, now }) => {
  const parts = await partsOf(db, run.id);
  const { attendance, finance } = resultsOf(parts);
  const failed = failedOf(parts);
  return {
    status: failed.length > 0 ? 'partial' : 'success',
    result: combine(parts, settings.locale, settings.zone, now),
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

function messageOf(locale: Settings['locale'], failed: readonly Part[]) {
  if (failed.length === 0) return text(locale, 'daily.done');
  const parts = failed.map((run) => text(locale, run.process_type === 'attendance' ? 'daily.attendance' : 'daily.finance'));
  return text(locale, 'daily.partial', { parts: parts.join(', ') });
}
