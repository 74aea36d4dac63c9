import type { Day } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { hasCell } from './bits.ts';
import { calculateOne, inputsOf } from './calculate.ts';
import { CELL_MS } from './free-time.ts';
import type { ZoneDay } from './zone-days.ts';

/**
 * For how many minutes each day of some specialists is open to be booked, whatever is booked already: their hours within those of their
 * location, and what overrides them, without absences (D30). Of real time: a day on which the clock changes is as long as it is.
 */
export async function openMinutesOf(db: Sql, zone: string, specialistIds: readonly number[], days: readonly Day[]) {
  const { inputs, line } = await inputsOf(db, zone, specialistIds, days);
  return new Map(
    inputs.map((input) => {
      const { days: own } = calculateOne({ ...input, taken: [] }, line);
      return [input.specialist_id, new Map(own.map(({ day, grid }, n) => [day, minutesOf(line[n]!, grid.free)]))];
    }),
  );
}

function minutesOf({ quarters, cells }: ZoneDay, free: Uint32Array): number {
  let open = 0;
  for (let quarter = 0; quarter < quarters; quarter += 1) if (hasCell(free, cells ? cells[quarter]! : quarter)) open += 1;
  return (open * CELL_MS) / 60_000;
}
