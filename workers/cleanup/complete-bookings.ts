import { startOfDay } from '../../queues/time/calendar.ts';
import { completeBookings } from '../../sql/bookings/change.ts';
import type { Operation } from './operation.ts';

/** Bookings that were over before the day began, and of which nobody noted whether the client came, are completed. */
export const completePast: Operation = {
  name: 'bookings',
  async batch(transaction, { date, settings }, after, size) {
    const completed = await completeBookings(transaction, startOfDay(date, settings.zone), Number(after ?? 0), size);
    return {
      counts: { bookings_completed: completed.length },
      after: completed.length > 0 ? Math.max(...completed) : after,
      isLast: completed.length < size,
    };
  },
};
