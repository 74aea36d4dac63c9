import { addDays, dayOf } from '../../queues/time/calendar.ts';
import type { SpecialistCalendar } from '../../sql/bookings/calendar.ts';
import { CELL_MS, cellsOf } from './free-time.ts';
import { calculateGrids, type Spans } from './grid.ts';
import { freeStarts } from './starts.ts';
import { workTime } from './week.ts';
import { zoneDays } from './zone-days.ts';

type Times = { duration_minutes: number; break_minutes: number };

/** Whether a service that begins at an instant fits in a specialist's calendar as it was just read (D30, D31). */
export const fits = (calendar: SpecialistCalendar, startsAt: number, service: Times, zone: string): boolean =>
  startsBetween(calendar, startsAt, startsAt, service, zone).length > 0;

/** The instants from one to another, both included, at which a service can begin; in milliseconds, earliest first. */
export function startsBetween(calendar: SpecialistCalendar, from: number, to: number, service: Times, zone: string): number[] {
  const cells = { duration: cellsOf(service.duration_minutes), rest: cellsOf(service.break_minutes) };
  const end = to + (cells.duration + cells.rest) * CELL_MS;
  const days = [dayOf(new Date(from), zone)];
  for (const last = dayOf(new Date(end), zone); days.at(-1)! < last; ) days.push(addDays(days.at(-1)!, 1));
  const shown = zoneDays(days, zone);
  const grids = calculateGrids(shown, {
    specialist: workTime(calendar.specialist, calendar.specialist_days),
    location: calendar.location === null ? null : workTime(calendar.location, calendar.location_days),
    taken: spansOf(calendar.taken),
    absent: spansOf(calendar.absent),
  });
  return freeStarts(shown, grids, cells, from - 1)
    .flat()
    .filter((start) => start <= to);
}

const spansOf = (spans: SpecialistCalendar['absent']): Spans => spans.map(({ from, to }) => [from / 1_000, to / 1_000]);
