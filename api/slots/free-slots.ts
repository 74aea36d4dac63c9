import { addDays, type Day, dayOf } from '../../queues/calendar.ts';
import { cellsOf } from '../../queues/free-time.ts';
import { hasCell } from '../../queues/slots/bits.ts';
import { calculateDays } from '../../queues/slots/calculate.ts';
import { closedGrid, type Grid } from '../../queues/slots/grid.ts';
import { daysFrom, lastDay } from '../../queues/slots/horizon.ts';
import { currentGrids } from '../../queues/slots/read.ts';
import type { Slots } from '../../queues/slots/recalculate.ts';
import { freeStarts } from '../../queues/slots/starts.ts';
import { zoneDays } from '../../queues/slots/zone-days.ts';
import type { SlotOffer } from '../../sql/slots.ts';

type Asked = { from: Day; days: number; now: Date; noticeMinutes: number };
export type SpecialistStarts = { specialist_id: number; location_id: number | null; days: { date: Day; starts: number[] }[] };

/** Real quarters of an hour in the shortest day a clock makes. */
const SHORTEST_DAY = 88;

/**
 * When each specialist can begin a service, day by day (D31), after now and its notice and up to the horizon (D34). Instants in
 * milliseconds.
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
  const grids = await currentGrids(slots, ids, stored, offer.changes);
  await addBeyond(slots, grids, needed.slice(stored.length), overhang);
  const line = zoneDays(needed, slots.zone);
  const after = now.getTime() + noticeMinutes * 60_000;
  return offer.specialists.map(({ id, location_id }) => {
    const starts = freeStarts(line, grids.get(id) ?? [], cells, after, wanted.length);
    return { specialist_id: id, location_id, days: wanted.map((date, n) => ({ date, starts: starts[n] ?? [] })) };
  });
}

/** Adds days beyond the horizon, which are not stored, for those whose last one is free so late that a service reaches them. */
async function addBeyond(slots: Slots, grids: Map<number, Grid[]>, days: readonly Day[], overhang: number) {
  if (days.length === 0) return;
  const reaching = [...grids].filter(([, own]) => isFreeLate(own.at(-1), overhang));
  const calculated = await calculateDays(
    slots.db,
    slots.zone,
    reaching.map(([specialistId]) => ({ specialistId, days })),
  );
  const beyond = new Map(calculated.map(({ specialistId, days: own }) => [specialistId, own.map(({ grid }) => grid)]));
  for (const [id, own] of grids) own.push(...(beyond.get(id) ?? days.map(closedGrid)));
}

function isFreeLate(grid: Grid | undefined, cells: number): boolean {
  if (!grid) return false;
  for (let cell = Math.max(0, 96 - cells); cell < 96; cell += 1) if (hasCell(grid.free, cell)) return true;
  return false;
}

/** When anybody can, day by day. */
export function anybody(specialists: readonly SpecialistStarts[]): SpecialistStarts['days'] {
  const days = specialists[0]?.days.map(({ date }) => date) ?? [];
  return days.map((date, n) => {
    const starts = new Set(specialists.flatMap((one) => one.days[n]?.starts ?? []));
    return { date, starts: [...starts].sort((a, b) => a - b) };
  });
}

const least = (a: Day, b: Day) => (a < b ? a : b);
