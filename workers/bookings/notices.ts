import { wallTimeOf } from '../../queues/time/calendar.ts';
import { findBooking } from '../../sql/bookings/rows.ts';
import type { Sql } from '../../sql/database/database.ts';
import { type ParamsOf, priorityOf } from '../../sql/notifications/catalog.ts';
import type { bookingMessages } from '../../sql/notifications/messages/bookings.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';
import type { CallContext } from '../call-context.ts';

type About = {
  id: number;
  clientId: number;
  client: string;
  payerId: number;
  specialistId: number;
  specialist: string;
  service: string;
  startsAt: string;
  /** Where it is about another time as well, as that of a booking before it was moved. */
  orElse?: string;
  zone: string;
  /** When it happened; what is about the next 24 hours is urgent (D38). */
  now: Date;
  /** What tells this notice from an earlier one of its kind. */
  turn?: number;
};

export const readers = ['client', 'payer', 'specialist'] as const;
type Reader = (typeof readers)[number];
type OfBooking = Exclude<keyof typeof bookingMessages, 'booking_reminder'>;
/** What a message says beyond whom and what it is about; a balance is for the one who pays. */
type Said = {
  [N in OfBooking]: { template: N; params: Omit<ParamsOf<N>, keyof ParamsOf<'booking_moved'>> };
}[OfBooking];

/** Notifies the client, whoever pays and the specialist (D43), or one of them, in the transaction that did it. */
export const notifyOfBooking = (transaction: Sql, said: Said, about: About, whom: readonly Reader[] = readers) =>
  notifyPeople(transaction, noticesOf(said, about, whom) as Notice[]);

/** Whom a notice about a booking is for, each person once: as the first of what they are to it. */
export function readersOfBooking(
  { clientId, payerId, specialistId }: Pick<About, 'clientId' | 'payerId' | 'specialistId'>,
  whom: readonly Reader[] = readers,
): { id: number; as: Reader }[] {
  const ids = { client: clientId, payer: payerId, specialist: specialistId };
  const each = whom.filter((reader, n) => !whom.slice(0, n).some((before) => ids[before] === ids[reader]));
  return each.map((reader) => ({ id: ids[reader], as: reader }));
}

/** What is said of a booking to each one it concerns, once a person. */
export function noticesOf<S extends Said>(
  { template, params }: S,
  about: About,
  whom: readonly Reader[] = readers,
): Notice<S['template']>[] {
  const { id, client, payerId, specialist, service, startsAt, orElse = startsAt, zone, now, turn = 0 } = about;
  const [booking_date, start_time] = wallTimeOf(new Date(startsAt), zone).split('T');
  const is_payer = about.clientId === payerId;
  const shared = { ...params, booking_id: id, client, specialist, service, booking_date, start_time, is_payer };
  const occasion = startsAt < orElse ? startsAt : orElse;
  return readersOfBooking(about, whom).map(({ id: userId, as: reader }) => {
    const hidden = 'balance_minor' in params && userId !== payerId ? { balance_minor: null } : {};
    return {
      userId,
      template,
      params: { ...shared, ...hidden, reader },
      dedupe: `${template}:${id}:${turn}:${reader}`,
      about: reader === 'payer' ? [about.clientId] : [],
      occasion,
      priority: priorityOf(occasion, now.toISOString()),
    };
  }) as unknown as Notice<S['template']>[];
}

/** Who and what a notice about a booking names. */
export async function namesOfBooking(transaction: Sql, id: number, { fleet, now }: CallContext) {
  const booking = await findBooking(transaction, id);
  if (!booking) throw new TypeError(`there is no booking ${id}`);
  return {
    id,
    clientId: booking.client_id,
    client: booking.client,
    payerId: booking.payer_id,
    specialistId: booking.specialist_id,
    specialist: booking.specialist,
    service: booking.service,
    startsAt: booking.starts_at,
    priceMinor: booking.price_minor,
    zone: fleet.settings.zone,
    now,
    turn: booking.moves,
  };
}
