import type { Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { readSlotInputs, type SlotInput } from '../../sql/slots/inputs.ts';
import { CELL_MS } from './free-time.ts';
import { calculateGrids, type Grid } from './grid.ts';
import { workTime } from './week.ts';
import { type ZoneDay, zoneDays } from './zone-days.ts';

/** Days of one specialist, in order. */
export type SpecialistDays = { specialistId: number; days: readonly Day[] };
/** Their grids, from which database, and how much was known of it then: a higher version knows all that a lower one knows. */
export type Calculated = { specialistId: number; book: string; version: number; days: readonly { day: Day; grid: Grid }[] };

/** Calculates days from what is in the database now, in one reading. Whoever does not exist, or has no day to calculate, is left out. */
export async function calculateDays(db: Sql, zone: string, wanted: readonly SpecialistDays[]): Promise<Calculated[]> {
  const asked = new Map(wanted.map(({ specialistId, days }) => [specialistId, zoneDays(days, zone)]));
  const questions = [...asked].filter(([, days]) => days.length > 0).map(([specialistId, days]) => question(specialistId, days));
  if (questions.length === 0) return [];
  const inputs = await readSlotInputs(db, questions);
  return inputs.map((input) => calculateOne(input, asked.get(input.specialist_id) ?? []));
}

/** What the same days of some specialists are made of, and those days. */
export async function inputsOf(db: Sql, zone: string, specialistIds: readonly number[], days: readonly Day[]) {
  const line = zoneDays(days, zone);
  const questions = line.length === 0 ? [] : specialistIds.map((specialistId) => question(specialistId, line));
  return { line, inputs: questions.length === 0 ? [] : await readSlotInputs(db, questions) };
}

function question(specialistId: number, days: readonly ZoneDay[]) {
  const [first, last] = [days[0]!, days.at(-1)!];
  const end = last.start + last.quarters * CELL_MS;
  return { specialistId, fromDay: first.day, toDay: last.day, from: iso(first.start), to: iso(end) };
}
const iso = (instant: number) => new Date(instant).toISOString();

/** The days of one specialist from what was read of him. */
export function calculateOne(input: SlotInput, days: readonly ZoneDay[]): Calculated {
  const grids = calculateGrids(days, {
    specialist: workTime(input.schedule, input.overrides),
    location: input.location_schedule === null ? null : workTime(input.location_schedule, input.location_overrides),
    taken: input.taken ?? [],
    absent: input.absent ?? [],
  });
  return {
    specialistId: input.specialist_id,
    book: input.book,
    version: input.version,
    days: days.map(({ day }, n) => ({ day, grid: grids[n]! })),
  };
}
