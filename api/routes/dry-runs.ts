import type { RunName } from '../../queues/jobs/catalog.ts';
import { runs } from '../../queues/jobs/catalog.ts';
import { previewWeek } from '../../sql/generation/week.ts';
import { generationResultOf } from '../../workers/generation/result.ts';
import type { Context } from '../http/route.ts';

/** What a process would do now: its result, computed without writing anything, not even a history row. */
export const dryRuns: { [N in RunName]?: (context: Context, params: Record<string, unknown>) => Promise<unknown> } = {
  async generation({ db, fleet: { settings } }, params) {
    const period = runs.generation.params.parse(params);
    const { progress, trainings } = await previewWeek(db, {
      start: period.start,
      zone: settings.zone,
      graceDays: settings.renewalGraceDays,
    });
    const result = generationResultOf(settings.locale, period, progress, trainings);
    // The trainings that were made are gone again, so their ids would lead nowhere.
    const withoutGone = <T extends { real_training_id: number | null }>(about: T) =>
      about.real_training_id !== null && progress.created.includes(about.real_training_id)
        ? { ...about, real_training_id: null }
        : about;
    return { ...result, warnings: result.warnings.map(withoutGone), conflicts: result.conflicts.map(withoutGone) };
  },
};
