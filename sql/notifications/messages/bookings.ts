import { z } from 'zod';
import { day } from '../../database/instants.ts';
import { balanceParam, count, idOrNull, message, nameOrNull } from './message.ts';

const ofBooking = (params: { booking_id: number | null }) => (params.booking_id ? [`booking:${params.booking_id}`] : []);
const sessionOrNull = z.object({ subscription: z.string(), sessions_left: z.int().nullable() }).nullable().default(null);
const booking = {
  booking_id: idOrNull,
  reader: z.enum(['client', 'specialist', 'payer']),
  /** Whether the client is the one who pays; the payer is a reader of their own where not. */
  is_payer: z.boolean().default(true),
  client: z.string(),
  specialist: z.string(),
  service: z.string(),
  booking_date: day,
  start_time: z.string(),
};

/** Messages about bookings. */
export const bookingMessages = {
  booking_confirmed: message(
    z.object({
      ...booking,
      price_minor: z.int(),
      pay_from: z.enum(['wallet', 'package', 'subscription', 'later']),
      /** What pays, where a session does, and what is left there. */
      session: sessionOrNull,
    }),
    {
      call: true,
      kind: 'booking',
      urgency: 'soon',
      subjects: ofBooking,
    },
  ),
  booking_moved: message(z.object(booking), {
    call: true,
    kind: 'booking',
    urgency: 'soon',
    subjects: ofBooking,
    supersedes: ['booking_moved', 'booking_given_away', 'booking_reminder'],
  }),
  /** For the specialist whose booking has become somebody else's; the time is the one it had with them. */
  booking_given_away: message(z.object(booking), {
    call: true,
    kind: 'booking',
    urgency: 'soon',
    subjects: ofBooking,
    supersedes: ['booking_confirmed', 'booking_moved'],
  }),
  booking_cancelled: message(
    z.object({
      ...booking,
      outcome: z.enum(['safe', 'late']),
      reason: z.string(),
      returned: z.object({ refunded_minor: z.int(), cancelled_minor: z.int(), units: z.int(), sessions: count }),
      /** What was paid or owed and is kept, where it was cancelled late. */
      kept_minor: count,
      /** Units of the service that the client's package has now; null where it has none to do with it. */
      units_left: z.int().nullable().default(null),
      /** The subscription its session went back to or stays taken from, and what is left there; null where none paid. */
      session: sessionOrNull,
      package: nameOrNull.default(null),
      balance_minor: balanceParam,
    }),
    {
      call: true,
      kind: 'booking',
      urgency: 'soon',
      subjects: ofBooking,
      supersedes: ['booking_confirmed', 'booking_moved', 'booking_given_away', 'booking_reminder'],
    },
  ),
  booking_reminder: message(
    z.object({
      booking_id: idOrNull,
      /** For whom, where that is not the reader. */
      client: nameOrNull.default(null),
      service: z.string(),
      specialist: nameOrNull,
      location: nameOrNull,
      starts_at: z.iso.datetime(),
    }),
    {
      call: false,
      kind: 'booking_reminder',
      urgency: 'normal',
      subjects: ofBooking,
      supersedes: ['booking_reminder'],
    },
  ),
};
