import type { Booking } from '../../sql/bookings/rows.ts';
import { judgeCancellation } from '../finance/free-cancellation.ts';
import { freeUntil } from '../free-until.ts';

/** What a client's cancellation of a booking means at an instant, said before it is done; null where it cannot be cancelled any more. */
export type CancelTerms = {
  outcome: 'safe' | 'late';
  of: 'package' | 'subscription' | 'paid' | 'owed' | 'nothing';
  minor: number;
};

type Cancellable = Pick<Booking, 'status' | 'starts_at' | 'moved_late' | 'pay_from' | 'price_minor' | 'invoice'>;

/** By the rules of {@link cancelBooking}: safe gives back what paid for it, late keeps it (D17, D18). */
export function cancelTerms(booking: Cancellable, now: Date): CancelTerms | null {
  if (booking.status !== 'CONFIRMED' && booking.status !== 'PENDING') return null;
  const judged = judgeCancellation(now, new Date(booking.starts_at));
  if (judged === 'started') return null;
  const outcome = booking.moved_late && booking.status === 'CONFIRMED' ? 'late' : judged;
  const { pay_from: payFrom, price_minor: minor, invoice } = booking;
  if (payFrom === 'package' || payFrom === 'subscription') return { outcome, of: payFrom, minor: 0 };
  if (invoice?.status === 'PAID') return { outcome, of: 'paid', minor };
  if (invoice?.status === 'UNPAID' || invoice?.status === 'PENDING') return { outcome, of: 'owed', minor };
  return { outcome, of: 'nothing', minor: 0 };
}

/** Until when a booking could be cancelled for free once it was moved to a start; null: then it no longer can. Moved late, it cannot either. */
export function freeOnceMoved(booking: Cancellable, startsAt: Date, now: Date): Date | null {
  const isFreeNow = cancelTerms(booking, now)?.outcome === 'safe';
  return isFreeNow && judgeCancellation(now, startsAt) === 'safe' ? freeUntil(startsAt) : null;
}
