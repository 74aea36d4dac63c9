import { addDays, dayOf, startOfDay } from '../../queues/time/calendar.ts';
import { readCalendar, type Span, type SpecialistCalendar } from '../../sql/bookings/calendar.ts';
import { readTakenClient, readTakenRooms } from '../../sql/bookings/taken.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { CallContext } from '../call-context.ts';
import { notAcceptable } from '../refusal.ts';
import { busyMinutes, type Times } from '../slots/busy-minutes.ts';
import { fits, startsBetween } from '../slots/fits.ts';
import { allTaken, roomless, startsOutside } from '../slots/rooms.ts';
import { whyNever } from './limits.ts';
import type { Refusal } from './refusals.ts';

const iso = (instant: number) => new Date(instant).toISOString();

/** Throws `invalid` for a start that nobody can book (D29, D34). */
export function demandStart(startsAt: string, { now, fleet: { settings } }: CallContext) {
  const never = whyNever(new Date(startsAt), now, settings.zone, settings.bookingNoticeMinutes);
  if (never) throw notAcceptable('starts_at', never);
}

/** The time from an instant on, for so many minutes, as a calendar is read for it. */
export function spanOf(from: number, minutes: number, zone: string, except?: number): Span {
  const to = from + minutes * 60_000;
  return { from: iso(from), to: iso(to), days: [dayOf(new Date(from), zone), dayOf(new Date(to), zone)], except };
}

/** The calendar if nobody who is still paying succeeds. */
export const settled = (calendar: SpecialistCalendar) => ({ ...calendar, taken: calendar.taken.filter((span) => !span.is_held) });

/** Why a specialist cannot be had for a service at an instant (D31), which may pass where only who is still paying is in the way; else null. */
export function whyNotFree(calendar: SpecialistCalendar, startsAt: string, service: Times, zone: string): Refusal | null {
  const canBeHad = (by: SpecialistCalendar) => fits(by, Date.parse(startsAt), service, zone);
  if (canBeHad(calendar)) return null;
  return { refused: 'the specialist is not free at that time', mayPass: canBeHad(settled(calendar)) };
}

export type Sought = Times & {
  client_id: number;
  service_id: number;
  /** The one room it has to be, or any of the service's. */
  room_id?: number;
  specialists: readonly { id: number; location_id: number | null }[];
  /** A booking that does not count: the one that is being moved. */
  except?: number;
};

/**
 * The instants of a business day at which one of the specialists is free for a service, the client has no other booking, and
 * there is a room where one is needed; earliest first.
 * @param after not at or before this instant (D34)
 */
export async function readFreeStarts(db: Sql, service: Sought, day: string, zone: string, after: Date): Promise<string[]> {
  const [from, to] = [Date.parse(startOfDay(day, zone)), Date.parse(startOfDay(addDays(day, 1), zone))];
  const minutes = busyMinutes(service);
  const span = spanOf(from, (to - from) / 60_000 + minutes, zone, service.except);
  const rooms = await readTakenRooms(db, { serviceId: service.service_id, roomId: service.room_id }, span);
  const elsewhere = allTaken([await readTakenClient(db, service.client_id, span)], service.duration_minutes);
  const starts = new Set<number>();
  for (const { id, location_id } of service.specialists) {
    const free = startsBetween(await readCalendar(db, id, span), Math.max(from, after.getTime() + 1), to - 1, service, zone);
    for (const start of startsOutside(free, roomless(rooms, location_id, minutes))) starts.add(start);
  }
  const inOrder = [...starts].sort((a, b) => a - b);
  return startsOutside(inOrder, elsewhere).map(iso);
}
