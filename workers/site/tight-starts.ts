import { addDays, type Day, dayOf } from '../../queues/time/calendar.ts';
import { shortestServices } from '../../sql/slots/shortest.ts';
import type { CallContext } from '../call-context.ts';
import { freeSlots } from '../slots/free-slots.ts';
import { CELL_MS, cellsOf } from '../slots/free-time.ts';
import { offersOf } from '../slots/offers.ts';
import { slotStoreOf } from '../slots/store.ts';
import { isTight } from '../slots/tight.ts';

type Times = { duration_minutes: number; break_minutes: number };
const lastsOf = (times: Times) => (cellsOf(times.duration_minutes) + cellsOf(times.break_minutes)) * CELL_MS;
const QUARTER: Times = { duration_minutes: 15, break_minutes: 0 };

/**
 * The starts of a service on a day that leave no gap too short for any service: with a specialist, or with each one who is free then.
 * Time that is over, or too near to be booked, is no gap.
 */
export async function tightStarts(
  { serviceId, specialistId, day }: { serviceId: number; specialistId?: number; day: Day },
  { db, fleet, now }: CallContext,
): Promise<ReadonlySet<string>> {
  const { zone, bookingNoticeMinutes: noticeMinutes } = fleet.settings;
  const offer = await offersOf(fleet).read(db, { serviceId, specialistId, zone });
  if (!offer) return new Set();
  const slots = { db, store: slotStoreOf({ backend: fleet.backend, db }), zone };
  const today = dayOf(now, zone);
  // The free time around a start may have begun the day before, and end the day after.
  const from = day > today ? addDays(day, -1) : day;
  const startsFor = async (specialists: typeof offer.specialists, times: Times) => {
    const asked = { ...offer, ...times, specialists, needs_room: false };
    const found = await freeSlots(slots, asked, { from, days: 3, now, noticeMinutes });
    return new Map(
      found.map((one) => [one.specialist_id, new Set(one.days.flatMap(({ starts }) => starts.map((at) => Date.parse(at))))]),
    );
  };
  const own = await freeSlots(slots, offer, { from: day, days: 1, now, noticeMinutes });
  const free = await startsFor(offer.specialists, QUARTER);
  const shortest = await shortestServices(
    db,
    offer.specialists.map(({ id }) => id),
  );
  const loose = new Set<string>();
  const tight = new Set<string>();
  for (const alike of Map.groupBy(shortest, (one) => `${one.duration_minutes} ${one.break_minutes}`).values()) {
    const times = alike[0]!;
    const ids = new Set(alike.map(({ specialist_id }) => specialist_id));
    const starts = await startsFor(
      offer.specialists.filter(({ id }) => ids.has(id)),
      times,
    );
    for (const { specialist_id: id, days } of own.filter((one) => ids.has(one.specialist_id))) {
      const openings = {
        free: free.get(id) ?? new Set(),
        shortest: { starts: starts.get(id) ?? new Set(), lasts: lastsOf(times) },
      };
      for (const start of days[0]?.starts ?? [])
        (isTight(Date.parse(start), lastsOf(offer), openings) ? tight : loose).add(start);
    }
  }
  return new Set([...tight].filter((start) => !loose.has(start)));
}
