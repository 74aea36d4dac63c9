import { wallTimeOf } from '../../queues/time/calendar.ts';
import { findBooking } from '../../sql/bookings/rows.ts';
import type { Sql } from '../../sql/database/database.ts';
import { type Notice, priorityOf, tellPeople } from '../../sql/notifications/tell.ts';
import type { CallContext } from '../call-context.ts';

type About = {
  id: number;
  clientId: number;
  client: string;
  specialistId: number;
  specialist: string;
  service: string;
  startsAt: string;
  /** Where it is about another time as well, as that of a booking before it was moved. */
  orElse?: string;
  zone: string;
  /** When it happened; what is about the next 24 hours is urgent (D38). */
  now: Date;
  params: Record<string, unknown>;
  /** What tells this notice from an earlier one of its kind. */
  turn?: number;
};

const readers = ['client', 'specialist'] as const;
type Readers = readonly (typeof readers)[number][];

/** Tells the client and the specialist, or one of them, what became of a booking, in the transaction that did it. */
export const tellOf = (transaction: Sql, template: string, about: About, whom: Readers = readers) =>
  tellPeople(transaction, noticesOf(template, about, whom));

/** What the client and the specialist are told of a booking. */
export function noticesOf(template: string, about: About, whom: Readers = readers): Notice[] {
  const { id, client, specialist, service, startsAt, orElse = startsAt, zone, now, params, turn = 0 } = about;
  const [booking_date, start_time] = wallTimeOf(new Date(startsAt), zone).split('T');
  const shared = { ...params, booking_id: id, client, specialist, service, booking_date, start_time };
  const occasion = startsAt < orElse ? startsAt : orElse;
  return whom.map((reader) => ({
    userId: reader === 'client' ? about.clientId : about.specialistId,
    template,
    params: { ...shared, reader },
    dedupe: `${template}:${id}:${turn}:${reader}`,
    occasion,
    priority: priorityOf(occasion, now.toISOString()),
  }));
}

/** Who and what a notice about a booking names. */
export async function namesOf(transaction: Sql, id: number, { fleet, now }: CallContext) {
  const booking = await findBooking(transaction, id);
  if (!booking) throw new TypeError(`there is no booking ${id}`);
  return {
    id,
    clientId: booking.client_id,
    client: booking.client,
    specialistId: booking.specialist_id,
    specialist: booking.specialist,
    service: booking.service,
    startsAt: booking.starts_at,
    zone: fleet.settings.zone,
    now,
    turn: booking.moves,
  };
}
