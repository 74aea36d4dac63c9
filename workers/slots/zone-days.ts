import { addDays, type Day, startOfDay } from '../../queues/time/calendar.ts';
import { wallOf } from '../../queues/time/wall-time.ts';
import { DAY_MS } from '../../sql/database/instants.ts';
import { CELLS, type Cells, noCells, setCells } from './bits.ts';
import { CELL_MS } from './free-time.ts';

/**
 * A business day on the clock of a zone. It is a row of real quarters of an hour, each of which the wall shows as one of the
 * 96 cells. On most days they are the same. In a DST gap cells are lost: no quarter shows them. In an overlap a cell is shown
 * by two quarters.
 */
export type ZoneDay = {
  day: Day;
  /** 0 is Monday (D3). */
  weekday: number;
  /** The instant the day begins, in milliseconds. */
  start: number;
  /** How many quarters of an hour it has: 96, or 92 and 100 when the clock is changed by an hour. */
  quarters: number;
  /** The cell of each quarter; null when they are the same. */
  cells: Uint8Array | null;
  /** The cells that exist on this day. */
  existing: Cells;
};

const known = new Map<string, Map<Day, ZoneDay>>();
const MOST_KNOWN = 5_000;

/** Days of a zone, each worked out once: no date library is asked about it again. */
export function zoneDays(days: readonly Day[], zone: string): ZoneDay[] {
  const ofZone = known.get(zone) ?? new Map<Day, ZoneDay>();
  if (ofZone.size >= MOST_KNOWN) ofZone.clear();
  known.set(zone, ofZone);
  return days.map((day) => {
    const found = ofZone.get(day);
    if (found) return found;
    const made = workOut(day, zone);
    ofZone.set(day, made);
    return made;
  });
}

export const zoneDay = (day: Day, zone: string): ZoneDay => zoneDays([day], zone)[0]!;

function workOut(day: Day, zone: string): ZoneDay {
  const start = Date.parse(startOfDay(day, zone));
  const quarters = Math.max(0, (Date.parse(startOfDay(addDays(day, 1), zone)) - start) / CELL_MS);
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  const shown = Uint8Array.from({ length: quarters }, (_, quarter) => cellAt(start + quarter * CELL_MS, zone));
  const existing = noCells();
  for (const cell of shown) setCells(existing, cell, cell + 1);
  const isPlain = quarters === CELLS && shown.every((cell, quarter) => cell === quarter);
  return { day, weekday, start, quarters, cells: isPlain ? null : shown, existing };
}

const cellAt = (instant: number, zone: string) => Math.floor((wallOf(new Date(instant), zone).getTime() % DAY_MS) / CELL_MS);
