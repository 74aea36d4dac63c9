import { wallTimeOf } from '../../queues/calendar.ts';
import { findBooking } from '../../sql/bookings.ts';
import type { Sql } from '../../sql/database.ts';
import { type Notice, tellPeople } from '../../sql/notifications.ts';
import type { Context } from '../route.ts';

type About = {
  id: number;
  clientId: number;
  client: string;
  specialistId: number;
  specialist: string;
  service: string;
  startsAt: string;
  zone: string;
  params: Record<string, unknown>;
  /** What tells this notice from an earlier one of its kind. */
  turn?: number;
};

/** Tells the client and the specialist what became of a booking, in the transaction that did it. */
export const tellOf = (transaction: Sql, template: string, about: About) => tellPeople(transaction, noticesOf(template, about));

/** What the client and the specialist are told of a booking. */
export function noticesOf(template: string, about: About): Notice[] {
  const { id, client, specialist, service, startsAt, zone, params, turn = 0 } = about;
  const [booking_date, start_time] = wallTimeOf(new Date(startsAt), zone).split('T');
  const shared = { ...params, booking_id: id, client, specialist, service, booking_date, start_time };
  const notice = (userId: number, reader: 'client' | 'specialist') => ({
    userId,
    template,
    params: { ...shared, reader },
    dedupe: `${template}:${id}:${turn}:${reader}`,
  });
  return [notice(about.clientId, 'client'), notice(about.specialistId, 'specialist')];
}

/** Who and what a notice about a booking names. */
export async function namesOf(transaction: Sql, id: number, { fleet }: Context) {
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
    turn: booking.moves,
  };
}
