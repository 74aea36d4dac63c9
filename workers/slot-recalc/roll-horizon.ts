import { z } from 'zod';
import { runs } from '../../queues/jobs/catalog.ts';
import { listSpecialistIds } from '../../sql/slots/offer.ts';
import { forgetStoredDays } from '../../sql/slots/stored.ts';
import type { RunHandler } from '../runner/execute.ts';
import { progressOf } from '../runner/progress.ts';
import { horizonOf } from '../slots/horizon.ts';
import { recalculate } from '../slots/recalculate.ts';
import { slotStoreOf } from '../slots/store.ts';

const AT_ONCE = 50;
const rolled = z.object({ after: z.int(), specialists: z.int(), days: z.int() });
const initialProgress: z.output<typeof rolled> = { after: 0, specialists: 0, days: 0 };

/**
 * Calculates every day of every specialist anew, from the run's day to the horizon's end, some specialists at a time. Nobody
 * is notified: what has changed was announced when it changed. The store is written before its chunk is noted, and writing twice does
 * no harm.
 */
export const rollHorizon: RunHandler = async (run, { db, backend, chunk, settings: { zone } }) => {
  const { date } = runs.slots.params.parse(run.params);
  const days = horizonOf(date);
  const store = slotStoreOf({ backend, db });
  let progress = progressOf(run, rolled, initialProgress);
  for (;;) {
    const ids = await listSpecialistIds(db, progress.after, AT_ONCE);
    if (ids.length === 0) break;
    await recalculate(
      { db, store, zone },
      ids.map((specialistId) => ({ specialistId, days })),
    );
    const next = {
      after: ids.at(-1) as number,
      specialists: progress.specialists + ids.length,
      days: progress.days + ids.length * days.length,
    };
    progress = await chunk(async () => next);
  }
  await forgetStoredDays(db, date);
  const { specialists, days: calculated } = progress;
  return { status: 'success', result: { specialists, days: calculated }, details: {}, counts: {} };
};
