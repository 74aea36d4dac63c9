import type { Day } from '../../queues/time/calendar.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import { readFreeStarts } from '../bookings/slots.ts';
import type { CallContext } from '../call-context.ts';

/** The starts of a day to which a booking can be moved with the same specialist; its own time is in nobody's way. */
export async function startsToMove(booking: Booking, day: Day, { db, fleet, now }: CallContext): Promise<string[]> {
  const { zone, bookingNoticeMinutes } = fleet.settings;
  const after = new Date(now.getTime() + bookingNoticeMinutes * 60_000);
  const specialists = [{ id: booking.specialist_id, location_id: booking.location_id }];
  const sought = { ...booking, room_id: undefined, specialists, except: booking.id };
  return (await readFreeStarts(db, sought, day, zone, after)).filter((start) => start !== booking.starts_at);
}
