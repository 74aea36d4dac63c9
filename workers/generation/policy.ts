import type { WeekProgress } from '../../sql/generation/week.ts';
import type { AdminNotice } from '../../sql/notifications/tell.ts';
import type { Run } from '../../sql/runs/runs.ts';

/** What the admins are told after a week was built: its conflicts, and one digest of those who found no place. */
export function noticesOf(
  run: Pick<Run, 'id' | 'run_key'>,
  { conflicts, warnings }: Pick<WeekProgress, 'conflicts' | 'warnings'>,
) {
  const about = { run_id: run.id, run_key: run.run_key };
  const overflow = warnings.filter((warning) => warning.reason === 'full');
  const notices: AdminNotice[] = [];
  if (conflicts.length > 0) {
    notices.push({ template: 'run_partial', dedupe: `run_partial:${run.id}`, params: { ...about, conflicts } });
  }
  if (overflow.length > 0) {
    notices.push({
      template: 'generation_overflow',
      dedupe: `overflow:${run.id}`,
      params: { ...about, students: overflow },
      priority: 'normal',
    });
  }
  return notices;
}
