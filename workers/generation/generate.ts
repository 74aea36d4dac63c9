import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { isExclusion } from '../../sql/database/outage.ts';
import { describeTrainings } from '../../sql/generation/trainings.ts';
import { buildWindow, initialWeek, type WeekProgress } from '../../sql/generation/week.ts';
import { cursorRow } from '../../sql/generation/window.ts';
import type { RunHandler } from '../runner/execute.ts';
import { found, progressOf } from '../runner/progress.ts';
import { adminNoticesOf } from './policy.ts';
import { generationResultOf } from './result.ts';

/** Somebody of the window who is booked elsewhere in the same moment: so often it is built anew, which finds him busy. */
const MOST_TRIES = 5;

const weekProgress: z.ZodType<WeekProgress> = z.object({
  cursor: cursorRow.nullable(),
  done: z.boolean(),
  templates: z.int(),
  created: z.array(z.int()),
  students_added: z.int(),
  warnings: z.array(found<WeekProgress['warnings'][number]>()),
  conflicts: z.array(found<WeekProgress['conflicts'][number]>()),
  chunks: z.array(z.object({ templates: z.int(), created: z.int(), students_added: z.int() })),
});

const countsOf = ({ templates, students_added, warnings }: WeekProgress) => ({
  trainings_processed: templates,
  students_processed: students_added + warnings.filter((warning) => 'student_id' in warning).length,
  students_added,
});

/** Builds the week of the run, window by window, and notifies the admins about conflicts and overfull groups (D5-D10). */
export const generate: RunHandler = async (run, { settings, db, now, chunk }) => {
  const period = runs.generation.params.parse(run.params);
  const week = {
    start: period.start,
    zone: settings.zone,
    graceDays: settings.renewalGraceDays,
    now,
    keepBoth: period.keep_both,
  };
  let progress = progressOf(run, weekProgress, initialWeek);
  for (let tries = 1; !progress.done; tries += 1) {
    try {
      progress = await chunk((transaction) => buildWindow(transaction, week, progress, run.id), countsOf);
      tries = 0;
    } catch (error) {
      if (!isExclusion(error) || tries === MOST_TRIES) throw error;
    }
  }
  const trainings = await describeTrainings(db, progress.created);
  const { warnings, conflicts, chunks } = progress;
  return {
    status: conflicts.length > 0 ? 'partial' : 'success',
    result: generationResultOf(settings.locale, { start: period.start, end: period.end }, progress, trainings),
    details: { warnings, conflicts, chunks },
    counts: { ...countsOf(progress), errors_count: conflicts.length },
    notices: adminNoticesOf(run, progress),
  };
};
