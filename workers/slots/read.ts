import { CircuitOpen, withBreaker } from '../../queues/backend/circuit-breaker.ts';
import { log } from '../../queues/log/log.ts';
import type { Day } from '../../queues/time/calendar.ts';
import type { SlotChange } from '../../sql/slots/changes.ts';
import { calculateDays, type SpecialistDays } from './calculate.ts';
import { CLOSED, gridText } from './grid.ts';
import { daysOfChanges, type Slots } from './recalculate.ts';
import { readStored, storeGrids } from './store.ts';

/** A store that has not answered by then is away. */
const MOST_MS = 1_000;

/**
 * The grids of contiguous days as the database has them now, as text: stored ones where nothing has changed since, the others
 * calculated here and stored. A store that is away makes this slower, nothing else.
 * @param known what was read before the store is: which book this is, and which changes wait to be recalculated
 */
export async function currentDays(
  slots: Slots,
  specialistIds: readonly number[],
  days: readonly Day[],
  { book, changes }: { book: string; changes: readonly SlotChange[] },
): Promise<Map<number, readonly string[]>> {
  const reading = () => readStored(slots.store, { zone: slots.zone, book }, specialistIds, days);
  const stored = await withBreaker(slots.store, MOST_MS, reading).catch((error) => {
    sayOnce(error, 'the slot store is away; calculating');
    return new Map<number, (string | null)[]>();
  });
  const missing = whatIsMissing(stored, specialistIds, days, changes);
  if (missing.length === 0) return stored as Map<number, string[]>;
  const fresh = await calculateAndStore(slots, missing);
  return new Map(specialistIds.map((id) => [id, days.map((day, n) => fresh.get(id)?.get(day) ?? stored.get(id)?.[n] ?? CLOSED)]));
}

/** Days that are not stored, or are stored as they were before a change. */
function whatIsMissing(
  stored: Map<number, readonly (string | null)[]>,
  specialistIds: readonly number[],
  days: readonly Day[],
  changes: readonly SlotChange[],
): SpecialistDays[] {
  const stale = new Map(daysOfChanges(changes, days).map(({ specialistId, days: own }) => [specialistId, new Set(own)]));
  return specialistIds.flatMap((specialistId) => {
    const [own, changed] = [stored.get(specialistId), stale.get(specialistId)];
    const missing = days.filter((day, n) => !own?.[n] || changed?.has(day));
    return missing.length > 0 ? [{ specialistId, days: missing }] : [];
  });
}

async function calculateAndStore({ db, store, zone }: Slots, wanted: readonly SpecialistDays[]) {
  const calculated = await calculateDays(db, zone, wanted);
  await withBreaker(store, MOST_MS, () => storeGrids(store, zone, calculated)).catch((error) =>
    sayOnce(error, 'calculated days were not stored'),
  );
  return new Map(
    calculated.map(({ specialistId, days }) => [specialistId, new Map(days.map(({ day, grid }) => [day, gridText(grid)]))]),
  );
}

/** A failure is a warning once; while the circuit is open, further readers log it at `debug`. */
const sayOnce = (error: unknown, what: string) => log[error instanceof CircuitOpen ? 'debug' : 'warn']({ err: error }, what);
