import { addDays, type Day } from '../../queues/time/calendar.ts';
import { readTakenRooms, type TakenRoom } from '../../sql/bookings/taken.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { freeSlots } from '../slots/free-slots.ts';
import { CELL_MS, cellsOf } from '../slots/free-time.ts';
import { HORIZON_DAYS } from '../slots/horizon.ts';
import { offersOf } from '../slots/offers.ts';
import { slotStoreOf } from '../slots/store.ts';

/** People who come at the same time, each to somebody else. */
export const [LEAST_PEOPLE, MOST_PEOPLE] = [2, 10];
/** So many days of specialists are looked at for one answer. */
const MOST_DAYS = 3_000;

/** So many people, some of them with somebody whom they named. */
export type TogetherWish = { serviceId: number; people: number; named: readonly number[] };
/** Whoever gives the service, the main ones first, and the instants in milliseconds at which they can begin it. */
export type TogetherGiver = { id: number; locationId: number | null; starts: ReadonlySet<number> };
/** Those at one place who are free then: enough for everybody, each of the named among them. */
export type TogetherPlace = { locationId: number | null; free: readonly number[] };

/**
 * The places at which so many people can begin at a start, each with somebody else, and in a room of their own where the service needs one.
 * @param rooms of the service; null where it is given anywhere
 * @param lasts in milliseconds, with the break
 */
export function placesFor(
  { people, named }: Pick<TogetherWish, 'people' | 'named'>,
  start: number,
  { givers, rooms, lasts }: { givers: readonly TogetherGiver[]; rooms: readonly TakenRoom[] | null; lasts: number },
): TogetherPlace[] {
  const free = givers.filter(({ starts }) => starts.has(start));
  if (free.length < people) return [];
  return [...Map.groupBy(free, ({ locationId }) => locationId)].flatMap(([locationId, here]) => {
    const ids = here.map(({ id }) => id);
    const hasAll = ids.length >= people && named.every((id) => ids.includes(id));
    return hasAll && roomsFree(rooms, locationId, start, lasts) >= people ? [{ locationId, free: ids }] : [];
  });
}

function roomsFree(rooms: readonly TakenRoom[] | null, locationId: number | null, start: number, lasts: number): number {
  if (!rooms) return Number.POSITIVE_INFINITY;
  const there = rooms.filter((room) => (locationId === null ? room.is_booked : room.location_id === locationId));
  return there.filter(({ taken }) => taken.every(([from, to]) => to <= start || start + lasts <= from)).length;
}

export type TogetherDay = { date: Day; starts: readonly string[]; places: readonly (readonly TogetherPlace[])[] };

/**
 * When so many people can begin a service at the same time, day by day, each start with the places where that can be; fewer days where very
 * many give the service. Throws a refusal for a service that cannot be booked, and for somebody named who does not give it.
 */
export async function togetherStarts(
  wish: TogetherWish & { from: Day; days?: number },
  { db, fleet, now }: CallContext,
): Promise<TogetherDay[]> {
  const { serviceId, named, from, days = HORIZON_DAYS } = wish;
  const { zone, bookingNoticeMinutes: noticeMinutes } = fleet.settings;
  const offer = await offersOf(fleet).read(db, { serviceId, zone });
  if (!offer?.is_active || offer.specialists.length === 0)
    throw new Refused('missing', `there is no service ${serviceId} to book`);
  const stranger = named.find((id) => !offer.specialists.some((specialist) => specialist.id === id));
  if (stranger !== undefined) throw new Refused('missing', `the specialist ${stranger} does not give this service`);
  const wanted = Math.min(days, Math.max(1, Math.floor(MOST_DAYS / offer.specialists.length)));
  const slots = { db, store: slotStoreOf({ backend: fleet.backend, db }), zone };
  const found = await freeSlots(slots, offer, { from, days: wanted, now, noticeMinutes });
  const givers = found.map(({ specialist_id: id, location_id: locationId, days: own }) => {
    const byDay = own.map(({ starts }) => starts.map((start) => Date.parse(start)));
    return { id, locationId, byDay, starts: new Set(byDay.flat()) };
  });
  const lasts = (cellsOf(offer.duration_minutes) + cellsOf(offer.break_minutes)) * CELL_MS;
  const span = { from: `${addDays(from, -1)}T00:00:00Z`, to: `${addDays(from, wanted + 2)}T00:00:00Z` };
  const rooms = offer.needs_room ? await readTakenRooms(db, { serviceId }, span) : null;
  return (found[0]?.days ?? []).map(({ date }, n) => {
    const starts = [...new Set(givers.flatMap(({ byDay }) => byDay[n] ?? []))].sort((one, other) => one - other);
    const held = starts.flatMap((start) => {
      const places = placesFor(wish, start, { givers, rooms, lasts });
      return places.length > 0 ? [{ start: new Date(start).toISOString(), places }] : [];
    });
    return { date, starts: held.map(({ start }) => start), places: held.map(({ places }) => places) };
  });
}
