import type { WeekProgress } from '../../sql/generation/week.ts';
import type { AdminNotice } from '../../sql/notifications/notify.ts';
import type { Run } from '../../sql/runs/rows.ts';

/** The messages to the admins after a week was built: its conflicts, and one digest of those who found no place. */
export function adminNoticesOf(
  run: Pick<Run, 'id' | 'run_key'>,
  { conflicts, warnings }: Pick<WeekProgress, 'conflicts' | 'warnings'>,
) {
  const about = { run_id: run.id, run_key: run.run_key };
  const overflow = warnings.flatMap(({ training_date, start_time, training_type, ...of }) =>
    of.reason === 'full' && of.student_id !== null
      ? {
          training_date,
          start_time,
          training_type,
          student_id: of.student_id,
          student: of.student,
          real_training_id: of.real_training_id,
        }
      : [],
  );
  const notices: AdminNotice[] = [];
  if (conflicts.length > 0) {
    notices.push({ template: 'run_partial', dedupe: `run_partial:${run.id}`, params: { ...about, conflicts } });
  }
  if (overflow.length > 0) {
    notices.push({
      template: 'generation_overflow',
      dedupe: `overflow:${run.id}`,
      params: { ...about, students: overflow },
    });
  }
  return notices;
}
