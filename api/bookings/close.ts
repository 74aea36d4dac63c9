import { closeBooking, lockBooking } from '../../sql/bookings.ts';
import type { Sql } from '../../sql/database.ts';
import { Problem } from '../problems.ts';

/** Notes what became of a confirmed booking that has begun; what was noted may be corrected. Money stays as it is. */
export async function closePast(transaction: Sql, id: number, status: 'COMPLETED' | 'NO_SHOW', now: Date) {
  const booking = await lockBooking(transaction, id);
  if (!booking) throw new Problem(404, `there is no booking ${id}`);
  if (booking.status === 'CANCELLED' || booking.status === 'PENDING') {
    throw new Problem(409, `the booking is ${booking.status === 'PENDING' ? 'not confirmed' : 'cancelled'}`);
  }
  if (new Date(booking.starts_at) > now) throw new Problem(409, 'the booking has not begun');
  await closeBooking(transaction, id, status);
}
