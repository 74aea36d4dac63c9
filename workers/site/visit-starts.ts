import type { Day } from '../../queues/time/calendar.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { freeSlots } from '../slots/free-slots.ts';
import { CELL_MS, cellsOf } from '../slots/free-time.ts';
import { HORIZON_DAYS } from '../slots/horizon.ts';
import { isoMinute } from '../slots/iso.ts';
import { offersOf } from '../slots/offers.ts';
import { slotStoreOf } from '../slots/store.ts';

/** A service that is wanted in a visit, and with whom; without a specialist anyone will do. */
export type VisitWish = { serviceId: number; specialistId?: number };
/** One service of a visit, when and with whom. */
export type VisitPart = { serviceId: number; specialistId: number; startsAt: string };
/** Whoever gives a service, and the instants in milliseconds at which they can begin it. */
type Giver = { id: number; locationId: number | null; starts: ReadonlySet<number> };
/** A service as a visit needs it: how long it keeps the client, and how long, with its break, whoever gives it and their room. */
export type VisitService = { id: number; clientMs: number; specialistMs: number; needsRoom: boolean; givers: readonly Giver[] };

/** Services in one visit. */
export const [LEAST_SERVICES, MOST_SERVICES] = [2, 4];
/** So long a client waits at most between two services, while somebody has their break. */
export const MOST_WAIT_MS = 3_600_000;
/** So many days of specialists are looked at for one answer. */
const MOST_DAYS = 3_000;

/**
 * The ways through some services, one right after the other at one place: one for each start of the first at which there is any. Whoever
 * gave the one before goes on where they can, else the first who can. Each begins as soon as the client is free, whoever gives it has had
 * their break after what they gave in this visit, and the room of this visit can be used again.
 * @param starts of the first service, in milliseconds
 */
export function visitsOf(services: readonly VisitService[], starts: readonly number[]): VisitPart[][] {
  const dead = new Set<string>();
  return starts.flatMap((start) => {
    const way = wayFrom(services, 0, { free: start, room: start, busy: new Map(), before: null }, dead);
    return way ? [way] : [];
  });
}

/** How far a visit has come: when the client is free, when the rooms and the people it has used are, and who was the last. */
type SoFar = { free: number; room: number; busy: ReadonlyMap<number, number>; before: Giver | null };

function wayFrom(services: readonly VisitService[], n: number, soFar: SoFar, dead: Set<string>): VisitPart[] | null {
  const service = services[n];
  if (!service) return [];
  const { free, room, busy, before } = soFar;
  const still = [...busy].filter(([, until]) => until > free);
  const key = [n, free, Math.max(room, free), before?.locationId, ...still.flat()].join(' ');
  if (dead.has(key)) return null;
  const here = service.givers.filter(({ locationId }) => before === null || locationId === before.locationId);
  for (const giver of [...here.filter(({ id }) => id === before?.id), ...here.filter(({ id }) => id !== before?.id)]) {
    const at = Math.max(free, busy.get(giver.id) ?? free, service.needsRoom ? room : free);
    if (at - free > MOST_WAIT_MS || !giver.starts.has(at)) continue;
    const over = at + service.specialistMs;
    const next = {
      free: at + service.clientMs,
      room: service.needsRoom ? Math.max(room, over) : room,
      busy: new Map(busy).set(giver.id, over),
      before: giver,
    };
    const rest = wayFrom(services, n + 1, next, dead);
    if (rest) return [{ serviceId: service.id, specialistId: giver.id, startsAt: isoMinute(at) }, ...rest];
  }
  dead.add(key);
  return null;
}

export type VisitDay = { date: Day; starts: readonly string[]; visits: readonly (readonly VisitPart[])[] };

/**
 * The visits that can begin day by day, each for a start of its first service; fewer days where very many give these services. Throws a
 * refusal for a service or a specialist that cannot be booked.
 */
export async function visitStarts(
  { wishes, from, days = HORIZON_DAYS }: { wishes: readonly VisitWish[]; from: Day; days?: number },
  { db, fleet, now }: CallContext,
): Promise<VisitDay[]> {
  const { zone, bookingNoticeMinutes: noticeMinutes } = fleet.settings;
  const slots = { db, store: slotStoreOf({ backend: fleet.backend, db }), zone };
  const offers = [];
  for (const { serviceId, specialistId } of wishes) {
    const offer = await offersOf(fleet).read(db, { serviceId, specialistId, zone });
    if (!offer?.is_active || offer.specialists.length === 0)
      throw new Refused('missing', `there is no service ${serviceId} to book`);
    offers.push(offer);
  }
  const givers = offers.reduce((sum, { specialists }) => sum + specialists.length, 0);
  const wanted = Math.min(days, Math.max(1, Math.floor(MOST_DAYS / givers)));
  const read: VisitService[] = [];
  let dates: readonly { date: Day; starts: readonly number[] }[] = [];
  for (const offer of offers) {
    const [duration, rest] = [cellsOf(offer.duration_minutes), cellsOf(offer.break_minutes)];
    // A day more than asked for: a visit may go on past midnight.
    const free = await freeSlots(slots, offer, { from, days: wanted + 1, now, noticeMinutes });
    const all = free.map(({ specialist_id: id, location_id: locationId, days: own }) => {
      const byDay = own.map(({ starts }) => starts.map((start) => Date.parse(start)));
      return { id, locationId, byDay, starts: new Set(byDay.flat()) };
    });
    if (read.length === 0)
      dates = (free[0]?.days ?? []).slice(0, wanted).map(({ date }, n) => {
        const starts = new Set(all.flatMap(({ byDay }) => byDay[n] ?? []));
        return { date, starts: [...starts].sort((one, other) => one - other) };
      });
    const [clientMs, specialistMs] = [duration * CELL_MS, (duration + rest) * CELL_MS];
    read.push({ id: offer.service_id, clientMs, specialistMs, needsRoom: offer.needs_room, givers: all });
  }
  return dates.map(({ date, starts }) => {
    const visits = visitsOf(read, starts);
    return { date, starts: visits.map(([first]) => (first as VisitPart).startsAt), visits };
  });
}
