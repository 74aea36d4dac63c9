import { confirmBooking, isCovered, releaseHold } from '../../sql/bookings/confirm.ts';
import { bookUnpaid, holdSlot, type NewBooking, shapeOf, type ToBook } from '../../sql/bookings/insert.ts';
import { sessionOfBooking } from '../../sql/bookings/sessions.ts';
import type { Sql } from '../../sql/database/database.ts';
import { notifyPeople } from '../../sql/notifications/notify.ts';
import { notifyOfLastSessionOfBooking } from '../../sql/sessions/last-session.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { shownBalance } from '../rights.ts';
import { batched } from './batch.ts';

/** A booking as it will stand in the database, and the messages about it. */
export type BookingPlan = ToBook;

/** Throws a `conflict` for what cannot be paid as things stand, so that nobody is kept from a slot by who could not pay for it. */
export async function demandCover({ booking }: BookingPlan, context: CallContext): Promise<void> {
  const { payFrom, day } = booking;
  if (payFrom !== 'later' && !(await isCovered(context.db, payFrom, booking, day))) throw await notCovered(booking, context);
}

/**
 * Inserts a booking: whole, where it is paid later; else held until {@link payForHeld}. Returns false when its time or its rooms are taken.
 * @param isAgain whoever has lost to others of the same moment goes without them, so as not to meet them once more
 */
export function makeBooking(plan: BookingPlan, { db, fleet }: CallContext, isAgain = false): Promise<boolean> {
  const { booking } = plan;
  const isAlone = db === fleet.db;
  if (booking.payFrom === 'later' && isAlone && !isAgain) return bookInBatch({ db, fleet }, shapeOf(booking))(plan);
  const insert = async (on: Sql) =>
    booking.payFrom === 'later'
      ? (await bookUnpaid(on, [plan], false)).has(booking.id)
      : holdSlot(on, { ...booking, claim: undefined }, fleet.settings.bookingHoldSeconds, isAlone);
  return isAlone ? insert(db) : db.transaction(insert);
}

const bookInBatch = batched<BookingPlan, boolean>(async (db, plans, isHurried) => {
  const made = await bookUnpaid(db, plans, isHurried);
  return plans.map(({ booking }) => made.has(booking.id));
});

/** Pays what is held and confirms it. Returns the booking's id; what cannot be paid is let go and refused (`conflict`). */
export async function payForHeld({ booking, notices }: BookingPlan, context: CallContext): Promise<number> {
  const { db } = context;
  const { id, payFrom, day } = booking;
  if (payFrom === 'later' || (await confirm(db, { id, payFrom, day, notices }))) return id;
  if (await releaseHold(db, id, WHY_NOT[payFrom])) throw await notCovered(booking, context);
  throw new Refused('conflict', 'the booking was cancelled before it was paid, or paying took too long');
}

/** Where a session pays, people are told from which subscription, and whether it was the last one (D28). */
const confirm = (db: CallContext['db'], held: Parameters<typeof confirmBooking>[1]): Promise<boolean> =>
  held.payFrom === 'subscription'
    ? db.transaction(async (transaction) => {
        if (!(await confirmBooking(transaction, { ...held, notices: [] }))) return false;
        const session = await sessionOfBooking(transaction, held.id, 'booking');
        await notifyPeople(
          transaction,
          held.notices.map((notice) => ({ ...notice, params: { ...notice.params, session } })),
        );
        await notifyOfLastSessionOfBooking(transaction, held.id);
        return true;
      })
    : confirmBooking(db, held);

async function notCovered({ payFrom, payerId, priceMinor }: NewBooking, context: CallContext): Promise<Refused> {
  if (payFrom !== 'wallet') return new Refused('conflict', payFrom === 'subscription' ? WHY_NOT.subscription : WHY_NOT.package);
  return new Refused('conflict', WHY_NOT.wallet, {
    price_minor: priceMinor,
    ...(await shownBalance(context, payerId)),
  });
}

const WHY_NOT = {
  wallet: 'the wallet does not cover the price',
  subscription: 'no subscription of the client covers this service on that day and has a session left',
  package: 'no package of the client has a unit of this service left for that day',
};
