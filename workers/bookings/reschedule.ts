import { dayOf } from '../../queues/time/calendar.ts';
import { readCalendar } from '../../sql/bookings/calendar.ts';
import { type BookingState, isWithinPackage, lockBooking, moveBooking, moveDueDate } from '../../sql/bookings/change.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import { readOffer } from '../../sql/bookings/offer-to-book.ts';
import { type Booking, findBooking } from '../../sql/bookings/rows.ts';
import { isWithinSubscription } from '../../sql/bookings/sessions.ts';
import { whatIsTaken } from '../../sql/bookings/taken.ts';
import type { Sql } from '../../sql/database/database.ts';
import { snapshotOfBooking } from '../../sql/undo/bookings.ts';
import type { CallContext } from '../call-context.ts';
import { judgeCancellation } from '../finance/free-cancellation.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { busyMinutes, type Times } from '../slots/busy-minutes.ts';
import { type UndoOffer, withUndo } from '../undo/offer.ts';
import { demandLiveBooking } from './cancel.ts';
import { namesOfBooking, notifyOfBooking } from './notices.ts';
import { MOST_ROOMS, ofExclusion, patiently, type Refusal, refuseTakenSlot, whileLocked } from './refusals.ts';
import { demandStart, spanOf, whyNotFree } from './slots.ts';
import { notItsRoom, whyNotOffered } from './why-not.ts';

/** Where a booking is to be moved. `starts_at` is an instant in UTC, as `Date.toISOString` writes it. */
export type MoveWish = { starts_at: string; specialist_id?: number; room_id?: number };
type Target = { specialistId: number; roomId?: number; startsAt: string };

/**
 * Moves a booking to another time, and specialist or room if named: one transaction, price and payment stay. What is taken is
 * refused (409 with the free slots of that day) and the booking stays where it was. Moved later than twelve hours before its
 * old start it can no longer be cancelled for free. Returns how it is taken back (D49); null when it was there already.
 */
export async function reschedule(id: number, wish: MoveWish, context: CallContext): Promise<UndoOffer | null> {
  demandStart(wish.starts_at, context);
  const booking = await findBooking(context.db, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  const target = {
    specialistId: wish.specialist_id ?? booking.specialist_id,
    roomId: wish.room_id,
    startsAt: wish.starts_at,
  };
  const refusal = await patiently(context, async (until) => {
    await expireHolds(context.db);
    const refused = await whileLocked({ ...target, until }, context, () => moveInto(id, target, context));
    return 'refused' in refused
      ? { ...refused, mayPass: refused.mayPass || (await wasHeldThere(booking, target, context)) }
      : refused;
  });
  if ('refused' in refusal) throw await refusalOf(refusal.refused, booking, target, context);
  return refusal.undo;
}

/** It stands there now. */
type Done = { undo: UndoOffer | null };

/** Moves it, and where somebody is faster to the room, into another one. */
async function moveInto(id: number, target: Target, context: CallContext): Promise<Refusal | Done> {
  for (let tries = 1; ; tries += 1) {
    const refused = await context.db.transaction((transaction) => move(transaction, id, target, context)).catch(ofExclusion);
    if (!('refused' in refused && refused.isOfRoom) || tries === MOST_ROOMS) return refused;
  }
}

/** Whether somebody was in the way who is still paying and may fail to, or whose time to pay has just run out. */
async function wasHeldThere(booking: Booking, { specialistId, roomId, startsAt }: Target, { db }: CallContext) {
  const { client_id: clientId, service_id: serviceId, duration_minutes: durationMinutes } = booking;
  const place = { serviceId, locationId: null, roomId, startsAt, busyMinutes: busyMinutes(booking), except: booking.id };
  const { is_held } = await whatIsTaken(db, { ...place, clientId, specialistId, durationMinutes });
  return is_held || (await expireHolds(db)) > 0;
}

/** The 409 of a booking that stays where it was. It is in nobody's way itself. */
async function refusalOf(why: string, booking: Booking, target: Target, context: CallContext) {
  const location_id = await locationOf(context.db, booking, target, context.fleet.settings.zone);
  const asked = { starts_at: target.startsAt, room_id: target.roomId, except: booking.id };
  return refuseTakenSlot(why, { ...booking, ...asked, specialists: [{ id: target.specialistId, location_id }] }, context);
}

async function move(transaction: Sql, id: number, target: Target, context: CallContext): Promise<Refusal | Done> {
  const { zone } = context.fleet.settings;
  const booking = await lockBooking(transaction, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  demandLiveBooking(booking);
  if (booking.status === 'PENDING') throw new Refused('conflict', 'the booking is not confirmed yet');
  const judged = judgeCancellation(context.now, new Date(booking.starts_at));
  if (judged === 'started') throw new Refused('conflict', 'the booking has begun');
  if (isThere(booking, target)) return { undo: null };
  const locationId = await locationOf(transaction, booking, target, zone);
  const day = dayOf(new Date(target.startsAt), zone);
  if (!(await isWithinPackage(transaction, id, day))) {
    throw new Refused('conflict', 'the package that paid for the booking is not valid on that day');
  }
  if (!(await isWithinSubscription(transaction, id, day))) {
    throw new Refused('conflict', 'the subscription that paid for the booking is not valid on that day');
  }
  const span = spanOf(Date.parse(target.startsAt), busyMinutes(booking), zone, id);
  const busy = whyNotFree(await readCalendar(transaction, target.specialistId, span), target.startsAt, booking, zone);
  if (busy) return busy;
  const of = { kind: 'booking_moved', subjectId: id, actor: context.caller.name, subjects: [`booking:${id}`] } as const;
  const before = { booking: await snapshotOfBooking(transaction, id) };
  const place = { locationId, day, isLate: judged === 'late' };
  const { result, undo } = await withUndo(transaction, { ...of, before }, async () => {
    const isMoved = await putThere(transaction, booking, { ...target, ...place }, context);
    return { result: isMoved, isFinal: !isMoved, more: { booking: await snapshotOfBooking(transaction, id) } };
  });
  return result ? { undo } : { refused: 'no room is free at that time' };
}

type There = Target & { locationId: number | null; day: string; isLate: boolean };

/** Moves it and tells those it concerns. False when no room is free there. */
async function putThere(transaction: Sql, booking: BookingState, there: There, context: CallContext): Promise<boolean> {
  const { id, service_id: serviceId } = booking;
  if (!(await moveBooking(transaction, { ...there, id, serviceId, busyMinutes: busyMinutes(booking) }))) return false;
  await moveDueDate(transaction, id, there.day);
  const about = await namesOfBooking(transaction, id, context);
  await notifyOfBooking(transaction, { template: 'booking_moved', params: {} }, { ...about, orElse: booking.starts_at });
  if (booking.specialist_id !== there.specialistId) {
    const left = { ...about, specialistId: booking.specialist_id, startsAt: booking.starts_at };
    await notifyOfBooking(transaction, { template: 'booking_given_away', params: {} }, left, ['specialist']);
  }
  return true;
}

/** Asked again, as after an answer that was lost: nothing is moved and nobody told a second time. */
const isThere = (booking: Made & { starts_at: string; room_id: number | null }, { specialistId, roomId, startsAt }: Target) =>
  booking.specialist_id === specialistId && booking.starts_at === startsAt && (roomId ?? booking.room_id) === booking.room_id;

type Made = Times & { client_id: number; service_id: number; specialist_id: number; location_id: number | null };

/** Where the booking would take place. Throws a 422 when the specialist cannot be booked for it any more, or a room is none of the service's. */
async function locationOf(transaction: Sql, booking: Made, { specialistId, roomId, startsAt }: Target, zone: string) {
  const { client_id: clientId, service_id: serviceId } = booking;
  const span = spanOf(Date.parse(startsAt), busyMinutes(booking), zone);
  const offer = await readOffer(transaction, { clientId, serviceId, specialistId, roomId, day: span.days[0], span });
  if (!offer.room_fits) throw notAcceptable('room_id', notItsRoom(roomId));
  const [specialist] = offer.specialists;
  if (specialist) return specialist.location_id;
  throw notAcceptable('specialist_id', await whyNotOffered(transaction, specialistId, serviceId));
}
