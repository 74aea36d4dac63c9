import { addDays, type Day, dayOf } from '../../queues/time/calendar.ts';
import { readTakenRooms } from '../../sql/bookings/taken.ts';
import type { SlotOffer } from '../../sql/slots/offer.ts';
import { CELLS, hasCell } from './bits.ts';
import { calculateDays } from './calculate.ts';
import { CELL_MS, cellsOf } from './free-time.ts';
import { CLOSED, gridOf, gridText } from './grid.ts';
import { daysFrom, lastDay } from './horizon.ts';
import { currentDays } from './read.ts';
import type { Slots } from './recalculate.ts';
import { type DayStarts, startsOf } from './starts-of.ts';
import { withRooms } from './with-rooms.ts';
import { type ZoneDay, zoneDays } from './zone-days.ts';

type Asked = { from: Day; days: number; now: Date; noticeMinutes: number };
export type SpecialistStarts = { specialist_id: number; location_id: number | null; days: readonly DayStarts[] };

/** Real quarters of an hour in the shortest day a clock makes. */
const SHORTEST_DAY = 88;

/**
 * When each specialist can begin a service, day by day (D31), after now and its notice and up to the horizon (D34); in a room,
 * where the service needs one. Rooms are looked at now: no stored day knows of them.
 */
export async function freeSlots(
  slots: Slots,
  offer: SlotOffer,
  { from, days, now, noticeMinutes }: Asked,
): Promise<SpecialistStarts[]> {
  const cells = { duration: cellsOf(offer.duration_minutes), rest: cellsOf(offer.break_minutes) };
  const horizon = lastDay(dayOf(now, slots.zone));
  const wanted = daysFrom(from, least(addDays(from, days - 1), horizon));
  const overhang = cells.duration + cells.rest - 1;
  const needed = daysFrom(from, addDays(wanted.at(-1) ?? from, Math.ceil(overhang / SHORTEST_DAY)));
  const stored = needed.filter((day) => day <= horizon);
  const ids = offer.specialists.map(({ id }) => id);
  const current = await currentDays(slots, ids, stored, offer);
  const texts = await withBeyond(slots, current, needed.slice(stored.length), overhang);
  const line = zoneDays(needed, slots.zone);
  const after = new Date(now.getTime() + noticeMinutes * 60_000).toISOString();
  const found = offer.specialists.map(({ id, location_id }) => {
    const all = startsOf(line, texts.get(id) ?? [], slots.zone, cells, wanted.length);
    return { specialist_id: id, location_id, days: since(all, after) };
  });
  if (!offer.needs_room) return found;
  return withRooms(found, await readTakenRooms(slots.db, { serviceId: offer.service_id }, spanOf(line)), offer);
}

/** The instants of some days in a row. */
function spanOf(line: readonly ZoneDay[]) {
  const { start, quarters } = line.at(-1)!;
  return { from: new Date(line[0]!.start).toISOString(), to: new Date(start + quarters * CELL_MS).toISOString() };
}

/** Adds days beyond the horizon, which are not stored, for those whose last one is free so late that a service reaches them. */
async function withBeyond(slots: Slots, current: Map<number, readonly string[]>, days: readonly Day[], overhang: number) {
  if (days.length === 0) return current;
  const reaching = [...current].filter(([, own]) => isFreeLate(own.at(-1) ?? CLOSED, overhang));
  const calculated = await calculateDays(
    slots.db,
    slots.zone,
    reaching.map(([specialistId]) => ({ specialistId, days })),
  );
  const beyond = new Map(calculated.map(({ specialistId, days: own }) => [specialistId, own.map(({ grid }) => gridText(grid))]));
  return new Map([...current].map(([id, own]) => [id, [...own, ...(beyond.get(id) ?? days.map(() => CLOSED))]]));
}

function isFreeLate(text: string, cells: number): boolean {
  const { free } = gridOf(text);
  for (let cell = Math.max(0, CELLS - cells); cell < CELLS; cell += 1) if (hasCell(free, cell)) return true;
  return false;
}

const cut = new WeakMap<readonly DayStarts[], { first: string; days: readonly DayStarts[] }>();

/** The same days without the starts up to an instant; the same answer to all who ask between two starts. */
function since(days: readonly DayStarts[], after: string): readonly DayStarts[] {
  const first = firstStart(days, after);
  if (first === firstStart(days, '')) return days;
  const known = cut.get(days);
  if (known?.first === first) return known.days;
  const left = days.map((day) => ({ ...day, starts: day.starts.filter((start) => start > after) }));
  cut.set(days, { first, days: left });
  return left;
}

/** The first start after an instant, or what is later than any. Instants in UTC are in the order of their text. */
function firstStart(days: readonly DayStarts[], after: string): string {
  for (const { starts } of days) {
    if ((starts.at(-1) ?? '') > after) return starts.find((start) => start > after) ?? NONE;
  }
  return NONE;
}
const NONE = 'Z';

/** When anybody can, day by day. */
export function anybody(specialists: readonly SpecialistStarts[]): DayStarts[] {
  const days = specialists[0]?.days ?? [];
  return days.map(({ date }, n) => {
    const starts = new Set(specialists.flatMap((specialist) => specialist.days[n]?.starts ?? []));
    return { date, starts: [...starts].sort() };
  });
}

const least = (a: Day, b: Day) => (a < b ? a : b);
