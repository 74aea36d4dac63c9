import { closeBooking, lockBooking } from '../../sql/bookings/change.ts';
import type { Sql } from '../../sql/database/database.ts';
import { Refused } from '../refusal.ts';

/** Notes what became of a confirmed booking that has begun; what was noted may be corrected. Money stays as it is. */
export async function closePast(transaction: Sql, id: number, status: 'COMPLETED' | 'NO_SHOW', now: Date) {
  const booking = await lockBooking(transaction, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  if (booking.status === 'CANCELLED' || booking.status === 'PENDING') {
    throw new Refused('conflict', `the booking is ${booking.status === 'PENDING' ? 'not confirmed' : 'cancelled'}`);
  }
  if (new Date(booking.starts_at) > now) throw new Refused('conflict', 'the booking has not begun');
  await closeBooking(transaction, id, status);
}

/** Takes back what was noted of a booking: it is confirmed as it was, and can be cancelled. Money stays as it is; a second time changes nothing. */
export async function reopen(transaction: Sql, id: number) {
  const booking = await lockBooking(transaction, id);
  if (!booking) throw new Refused('missing', `there is no booking ${id}`);
  if (booking.status === 'CANCELLED' || booking.status === 'PENDING') {
    throw new Refused('conflict', `the booking is ${booking.status === 'PENDING' ? 'not confirmed' : 'cancelled'}`);
  }
  if (booking.status !== 'CONFIRMED') await closeBooking(transaction, id, 'CONFIRMED');
}
