import type { Settings } from '../../queues/process/settings.ts';
import type { WeekProgress } from '../../sql/generation/week.ts';
import { text } from '../notifier/texts/texts.ts';

/** The result of building a week, in the source documents' shape and the studio's language. */
export function generationResultOf(
  locale: Settings['locale'],
  period: { start: string; end: string },
  progress: Pick<WeekProgress, 'created' | 'students_added' | 'warnings' | 'conflicts'>,
  trainings: readonly object[],
) {
  return {
    message: text(locale, 'generation.done', { count: progress.created.length }),
    created_count: progress.created.length,
    trainings,
    period,
    students_added: progress.students_added,
    warnings: progress.warnings,
    conflicts: progress.conflicts,
  };
}
