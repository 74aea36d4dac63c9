import type { RunName } from '../../queues/catalog.ts';
import { runs } from '../../queues/catalog.ts';
import { generationResultOf } from '../../queues/generation-result.ts';
import { previewWeek } from '../../sql/generation.ts';
import type { Context } from '../route.ts';

/** What a process would do now: its result, computed without writing anything, not even a history row. */
export const dryRuns: { [N in RunName]?: (context: Context, params: Record<string, unknown>) => Promise<unknown> } = {
  async generation({ db, fleet: { settings } }, params) {
    const period = runs.generation.params.parse(params);
    const { progress, trainings } = await previewWeek(db, { start: period.start, zone: settings.zone });
    return generationResultOf(settings.locale, period, progress, trainings);
  },
};
