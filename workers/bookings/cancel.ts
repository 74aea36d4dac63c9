import { z } from 'zod';
import { dayOf } from '../../queues/time/calendar.ts';
import { type BookingState, endBooking, keepBookingAnswer, lockBooking, returnUnit } from '../../sql/bookings/change.ts';
import { leftAfter } from '../../sql/bookings/packages.ts';
import { returnSession, sessionOfBooking } from '../../sql/bookings/sessions.ts';
import type { Sql } from '../../sql/database/database.ts';
import { cancelInvoice } from '../../sql/finance/invoices.ts';
import { snapshotOfBooking } from '../../sql/undo/bookings.ts';
import type { CallContext } from '../call-context.ts';
import { judgeCancellation } from '../finance/free-cancellation.ts';
import { Refused } from '../refusal.ts';
import { demandScope } from '../rights.ts';
import { undoOffer, withUndo } from '../undo/offer.ts';
import { namesOfBooking, notifyOfBooking } from './notices.ts';

const nothing = { refunded_minor: 0, cancelled_minor: 0, units: 0, sessions: 0 };
export type BookingRefund = typeof nothing;

/** Who does not want it: a client is held to the twelve hours, a studio that cannot keep its word gives everything back. */
export const cancellers = ['client', 'studio'] as const;
type Wish = { reason: string; by?: (typeof cancellers)[number] };

/** What a canceller is answered. */
export const bookingCancelled = z
  .object({
    booking_id: z.int(),
    outcome: z.enum(['safe', 'late']),
    status: z.literal('CANCELLED'),
    cancelled_at: z.iso.datetime(),
    reason: z.string(),
    returned: z.object({
      refunded_minor: z.int(),
      cancelled_minor: z.int(),
      units: z.int(),
      // Answers that were kept before bookings were paid with sessions have none.
      sessions: z.int().default(0),
    }),
    /** Of one that an earlier version cancelled nothing is known. */
    version: z.int().nullable().default(null),
    undo: undoOffer.nullable().default(null),
  })
  .meta({ id: 'BookingCancellation' });
type BookingCancelled = z.output<typeof bookingCancelled>;

/**
 * Cancels a booking in the caller's transaction. By the client: for free until twelve hours before its start, and what paid for
 * it goes back; after that it is kept (D17, D18). By the studio: whatever the hour, even after the start and once it
 * is noted as completed, everything goes back.
 * A second cancellation gets the first answer.
 */
export async function cancelBooking(
  transaction: Sql,
  id: number,
  { reason, by }: Wish,
  context: CallContext,
): Promise<BookingCancelled> {
  const booking = await lockBooking(transaction, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  if (booking.cancellation) return bookingCancelled.parse(booking.cancellation);
  if (by !== 'studio') demandLiveBooking(booking);
  else if (booking.status === 'CANCELLED') throw new Refused('conflict', 'the booking is cancelled');
  const { now } = context;
  if (by === 'studio' && new Date(booking.starts_at) <= now)
    demandScope(context.caller, 'money:write', 'the studio gives back after the start');
  const outcome = by === 'studio' ? 'safe' : judge(booking, now);
  const kept = await snapshotOfBooking(transaction, id);
  const { result, undo } = await withUndo(
    transaction,
    {
      kind: 'booking_cancelled',
      subjectId: id,
      actor: context.caller.name,
      before: { booking: kept },
      subjects: [`booking:${id}`],
    },
    async () => {
      const answer = await callOff(transaction, booking, { reason, outcome }, context);
      // A unit or a session that went back is taken by a booking once only.
      const isFinal = booking.package_entry_id !== null || booking.session_entry_id !== null;
      const payerIds = answer.returned.refunded_minor > 0 && kept.payer_id !== null ? [kept.payer_id] : [];
      const more = { booking: await snapshotOfBooking(transaction, id) };
      return { result: { ...answer, version: more.booking.row.version }, isFinal, payerIds, more };
    },
  );
  const answer = { ...result, undo };
  await keepBookingAnswer(transaction, id, answer);
  return answer;
}

type Judged = { reason: string; outcome: 'safe' | 'late' };

async function callOff(transaction: Sql, booking: BookingState, { reason, outcome }: Judged, context: CallContext) {
  const { now, fleet } = context;
  const { id } = booking;
  const today = dayOf(now, fleet.settings.zone);
  const returned =
    outcome === 'safe' ? await giveBack(transaction, booking, reason, { today, zone: fleet.settings.zone }) : nothing;
  const answer = {
    booking_id: id,
    outcome,
    status: 'CANCELLED' as const,
    cancelled_at: now.toISOString(),
    reason,
    returned,
  };
  await endBooking(transaction, { id, at: answer.cancelled_at, reason, answer });
  const about = await namesOfBooking(transaction, id, context);
  const left = await leftAfter(transaction, id);
  const params = {
    ...left,
    session: await sessionOfBooking(transaction, id, returned.sessions > 0 ? 'returned' : 'booking'),
    outcome,
    reason,
    returned,
    kept_minor: outcome === 'late' && booking.invoice_id !== null ? about.priceMinor : 0,
    balance_minor: returned.refunded_minor > 0 ? left.balance_minor : null,
  };
  await notifyOfBooking(transaction, { template: 'booking_cancelled', params }, about);
  return answer;
}

function judge(booking: BookingState, now: Date): 'safe' | 'late' {
  const judged = judgeCancellation(now, new Date(booking.starts_at));
  if (judged === 'started') throw new Refused('conflict', 'the booking has begun');
  return booking.moved_late && booking.status === 'CONFIRMED' ? 'late' : judged;
}

/** Throws a `conflict` for a booking that is over or was given up. */
export function demandLiveBooking(booking: BookingState) {
  if (booking.status === 'CANCELLED') throw new Refused('conflict', 'the booking is cancelled');
  if (booking.status !== 'CONFIRMED' && booking.status !== 'PENDING') throw new Refused('conflict', 'the booking is over');
}

async function giveBack(
  transaction: Sql,
  booking: BookingState,
  reason: string,
  { today, zone }: { today: string; zone: string },
): Promise<BookingRefund> {
  if (booking.package_entry_id !== null)
    return { ...nothing, ...(await returnUnit(transaction, booking.package_entry_id, today)) };
  if (booking.session_entry_id !== null) {
    const day = dayOf(new Date(booking.starts_at), zone);
    return { ...nothing, ...(await returnSession(transaction, booking.session_entry_id, day > today ? day : today)) };
  }
  if (booking.invoice_id === null) return nothing;
  const cancelled = await cancelInvoice(transaction, booking.invoice_id, reason, false);
  // Waived meanwhile: then that gave it back.
  if (!cancelled?.isNew) return nothing;
  const { amount_minor, paid_at } = cancelled.invoice;
  return paid_at === null ? { ...nothing, cancelled_minor: amount_minor } : { ...nothing, refunded_minor: amount_minor };
}
