import type { Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { SlotChange } from '../../sql/slots/changes.ts';
import { type Calculated, calculateDays, type SpecialistDays } from './calculate.ts';
import { type SlotStore, storeGrids } from './store.ts';

export type Slots = { db: Sql; store: SlotStore; zone: string };

/** Calculates days from what is in the database now and stores them. */
export async function recalculate({ db, store, zone }: Slots, wanted: readonly SpecialistDays[]): Promise<Calculated[]> {
  const calculated = await calculateDays(db, zone, wanted);
  await storeGrids(store, zone, calculated);
  return calculated;
}

/** The days that changes concern, each specialist and day once. */
export function daysOfChanges(changes: readonly SlotChange[], among: readonly Day[]): SpecialistDays[] {
  const bySpecialist = Map.groupBy(changes, ({ specialist_id }) => specialist_id);
  return [...bySpecialist].map(([specialistId, own]) => ({ specialistId, days: among.filter((day) => isChanged(own, day)) }));
}

const isChanged = (changes: readonly SlotChange[], day: Day) =>
  changes.some(({ from_day, to_day }) => from_day <= day && day <= to_day);
