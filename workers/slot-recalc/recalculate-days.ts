import { runs } from '../../queues/jobs/catalog.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import type { RunHandler } from '../runner/execute.ts';
import { horizonOf } from '../slots/horizon.ts';
import { publishSlots } from '../slots/live.ts';
import { recalculate } from '../slots/recalculate.ts';
import { slotStoreOf } from '../slots/store.ts';

/** Calculates the days somebody asked for, as far as they are days that can be booked. */
export const recalculateDays: RunHandler = async (run, { db, backend, settings: { zone } }) => {
  const { specialist_id, dates } = runs.slot_recalc.params.parse(run.params);
  const days = horizonOf(dayOf(new Date(), zone)).filter((day) => dates.includes(day));
  const store = slotStoreOf({ backend, db });
  const calculated = await recalculate({ db, store, zone }, [{ specialistId: specialist_id, days }]);
  await publishSlots({ backend, db }, calculated);
  return { status: 'success', result: { specialist_id, dates }, details: { days_rewritten: days.length }, counts: {} };
};
