import { dayOf } from '../../queues/calendar.ts';
import { runs } from '../../queues/catalog.ts';
import { horizonOf } from '../../queues/slots/horizon.ts';
import { tellSlots } from '../../queues/slots/live.ts';
import { recalculate } from '../../queues/slots/recalculate.ts';
import { slotStoreOf } from '../../queues/slots/store.ts';
import type { RunHandler } from '../execute.ts';

/** Calculates the days somebody asked for, as far as they are days that can be booked. */
export const recalculateDays: RunHandler = async (run, { db, backend, settings: { zone } }) => {
  const { specialist_id, dates } = runs.slot_recalc.params.parse(run.params);
  const days = horizonOf(dayOf(new Date(), zone)).filter((day) => dates.includes(day));
  const store = slotStoreOf({ backend, db });
  const calculated = await recalculate({ db, store, zone }, [{ specialistId: specialist_id, days }]);
  await tellSlots({ backend, db }, calculated);
  return { status: 'success', result: { specialist_id, dates }, details: { days_rewritten: days.length }, counts: {} };
};
