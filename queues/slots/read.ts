import type { SlotChange } from '../../sql/slots.ts';
import type { Day } from '../calendar.ts';
import { log } from '../log.ts';
import { within } from '../within.ts';
import { calculateDays } from './calculate.ts';
import { closedGrid, type Grid } from './grid.ts';
import { daysOfChanges, type Slots } from './recalculate.ts';
import { readGrids, storeGrids } from './store.ts';

/**
 * The grids of contiguous days as the book has them now: stored ones where nothing has changed since, the others calculated
 * here and stored. A store that is away makes this slower, nothing else.
 * @param changes what was waiting to be recalculated before the store is read
 */
export async function currentGrids(
  slots: Slots,
  specialistIds: readonly number[],
  days: readonly Day[],
  changes: readonly SlotChange[],
): Promise<Map<number, Grid[]>> {
  const reading = readGrids(slots.store, slots.zone, specialistIds, days);
  const stored = await within(MOST_MS, reading).catch((error) => {
    log.warn({ err: error }, 'the slot store is away; calculating');
    return new Map<number, (Grid | null)[]>();
  });
  const stale = new Map(daysOfChanges(changes, days).map(({ specialistId, days: own }) => [specialistId, new Set(own)]));
  const missing = specialistIds.map((specialistId) => ({
    specialistId,
    days: days.filter((day, n) => !stored.get(specialistId)?.[n] || stale.get(specialistId)?.has(day)),
  }));
  const fresh = await calculateAndStore(slots, missing);
  return new Map(
    specialistIds.map((id) => [id, days.map((day, n) => fresh.get(id)?.get(day) ?? stored.get(id)?.[n] ?? closedGrid())]),
  );
}

/** A store that has not answered by then is away. */
const MOST_MS = 1_000;

async function calculateAndStore({ db, store, zone }: Slots, wanted: Parameters<typeof calculateDays>[2]) {
  const calculated = await calculateDays(db, zone, wanted);
  if (calculated.length > 0) {
    await within(MOST_MS, storeGrids(store, zone, calculated)).catch((error) =>
      log.warn({ err: error }, 'calculated days were not stored'),
    );
  }
  return new Map(calculated.map(({ specialistId, days }) => [specialistId, new Map(days.map(({ day, grid }) => [day, grid]))]));
}
