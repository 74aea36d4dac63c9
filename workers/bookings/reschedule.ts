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
import { consequencesOfMove, type MoveConsequences, moveObstaclesOf, noConsequences } from './move-consequences.ts';
import { namesOfBooking, notifyOfBooking } from './notices.ts';
import { MOST_ROOMS, ofExclusion, patiently, type Refusal, refuseTakenSlot, whileLocked } from './refusals.ts';
import { demandStart, spanOf, whyNotFree } from './slots.ts';
import { notItsRoom, whyNotOffered } from './why-not.ts';

/** Where a booking is to be moved. `starts_at` is an instant in UTC, as `Date.toISOString` writes it; `version` is what was seen. */
export type MoveWish = { starts_at: string; specialist_id?: number; room_id?: number; version?: number };
type Target = { specialistId: number; roomId?: number; startsAt: string; version?: number };
/** What came of it, and how it is taken back (D49); `undo` null: it was there already. */
export type MovedBooking = { consequences: MoveConsequences; undo: UndoOffer | null };

/**
 * Moves a booking to another time, and specialist or room if named: one transaction, price and payment stay. What is taken is
 * refused (`conflict` with the free slots of that day) and the booking stays where it was, as it does for whoever saw an older version.
 * Moved later than twelve hours before its old start it can no longer be cancelled for free.
 */
export async function reschedule(id: number, wish: MoveWish, context: CallContext): Promise<MovedBooking> {
  const { booking, target } = await whatIsMoved(id, wish, context);
  const done = await patiently(context, async (until) => {
    await expireHolds(context.db);
    const refused = await whileLocked({ ...target, until }, context, () => moveInto(id, target, context));
    return 'refused' in refused && refused.what !== 'payment'
      ? { ...refused, mayPass: refused.mayPass || (await wasHeldThere(booking, target, context)) }
      : refused;
  });
  if ('refused' in done) throw await refusalOf(done, booking, target, context);
  return done;
}

/**
 * What {@link reschedule} would mean, in a transaction that the caller undoes. Nobody waits for whoever is at the slot, and what is
 * in the way is no refusal here: it is said.
 */
export async function wouldReschedule(id: number, wish: MoveWish, context: CallContext): Promise<MoveConsequences> {
  const { booking, target } = await whatIsMoved(id, wish, context);
  await expireHolds(context.db);
  const done = await moveInto(id, target, context);
  return 'refused' in done ? noConsequences(booking, context.now, done) : done.consequences;
}

async function whatIsMoved(id: number, wish: MoveWish, context: CallContext): Promise<{ booking: Booking; target: Target }> {
  demandStart(wish.starts_at, context);
  const booking = await findBooking(context.db, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  const { specialist_id: specialistId = booking.specialist_id, room_id: roomId, starts_at: startsAt, version } = wish;
  return { booking, target: { specialistId, roomId, startsAt, version } };
}

/** Moves it, and where somebody is faster to the room, into another one. */
async function moveInto(id: number, target: Target, context: CallContext): Promise<Refusal | MovedBooking> {
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

/** The refusal that leaves a booking where it was. It is in nobody's way itself. */
async function refusalOf(refusal: Refusal, booking: Booking, target: Target, context: CallContext) {
  const obstacles = moveObstaclesOf(refusal);
  if (refusal.what === 'payment') return new Refused('conflict', refusal.refused, { obstacles });
  const location_id = await locationOf(context.db, booking, target, context.fleet.settings.zone);
  const asked = { starts_at: target.startsAt, room_id: target.roomId, except: booking.id };
  const wish = { ...booking, ...asked, specialists: [{ id: target.specialistId, location_id }] };
  const taken = await refuseTakenSlot(refusal.refused, wish, context);
  return new Refused('conflict', taken.message, { ...taken.fields, obstacles });
}

async function move(transaction: Sql, id: number, target: Target, context: CallContext): Promise<Refusal | MovedBooking> {
  const { zone } = context.fleet.settings;
  const booking = await lockBooking(transaction, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  demandLiveBooking(booking);
  if (booking.status === 'PENDING') throw new Refused('conflict', 'the booking is not confirmed yet');
  const judged = judgeCancellation(context.now, new Date(booking.starts_at));
  if (judged === 'started') throw new Refused('conflict', 'the booking has begun');
  if (isThere(booking, target)) return { consequences: noConsequences(booking, context.now), undo: null };
  demandVersion(booking, target.version);
  const locationId = await locationOf(transaction, booking, target, zone);
  const day = dayOf(new Date(target.startsAt), zone);
  if (!(await isWithinPackage(transaction, id, day))) {
    return { refused: 'the package that paid for the booking is not valid on that day', what: 'payment' };
  }
  if (!(await isWithinSubscription(transaction, id, day))) {
    return { refused: 'the subscription that paid for the booking is not valid on that day', what: 'payment' };
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
  if (!result) return { refused: 'no room is free at that time', what: 'room' };
  const isNow = (await findBooking(transaction, id)) as Booking;
  return { consequences: await consequencesOfMove(transaction, booking, isNow, context.now), undo };
}

/** Throws a `conflict` that says which version it is for whoever saw another one; who names none moves it as it is. */
function demandVersion({ version }: BookingState, seen: number | undefined) {
  if (seen === undefined || seen === version) return;
  const detail = `the booking was changed meanwhile: this is version ${version}, not ${seen}`;
  throw new Refused('conflict', detail, { version });
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

/**
 * Where the booking would take place. Throws `invalid` when the specialist cannot be booked for it any more, or a room is none of the
 * service's.
 */
async function locationOf(transaction: Sql, booking: Made, { specialistId, roomId, startsAt }: Target, zone: string) {
  const { client_id: clientId, service_id: serviceId } = booking;
  const span = spanOf(Date.parse(startsAt), busyMinutes(booking), zone);
  const offer = await readOffer(transaction, { clientId, serviceId, specialistId, roomId, day: span.days[0], span });
  if (!offer.room_fits) throw notAcceptable('room_id', notItsRoom(roomId));
  const [specialist] = offer.specialists;
  if (specialist) return specialist.location_id;
  throw notAcceptable('specialist_id', await whyNotOffered(transaction, specialistId, serviceId));
}
