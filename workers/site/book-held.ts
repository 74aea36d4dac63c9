import { dayOf } from '../../queues/time/calendar.ts';
import { isCovered, releaseHold } from '../../sql/bookings/confirm.ts';
import { lockHold, noteBooked, type SiteHold } from '../../sql/site/holds.ts';
import { type BookingWish, book } from '../bookings/book.ts';
import { demandOffer } from '../bookings/offer.ts';
import { priceOf } from '../bookings/price.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { tokenHash } from '../sign-in/tokens.ts';

export type WayToPay = BookingWish['pay_from'];
/** What a booking costs somebody, line by line, and how it can be paid; what pays without money stands first. */
export type Deal = {
  priceMinor: number;
  lines: readonly { kind: 'service' | 'percent' | 'fixed'; basisPoints: number | null; minor: number }[];
  ways: readonly WayToPay[];
};

/** The deal for a visitor: the service's price, paid later. */
export const dealForAnybody = ({ service_price_minor: minor }: SiteHold): Deal => ({
  priceMinor: minor,
  lines: [{ kind: 'service', basisPoints: null, minor }],
  ways: ['later'],
});

/** The deal for a client, with the discounts of that day (D22) and what is there to pay with. Throws for whoever is no client. */
export async function dealFor(
  hold: Pick<SiteHold, 'starts_at' | 'service_id' | 'specialist_id'>,
  clientId: number,
  { db, fleet, caller }: CallContext,
): Promise<Deal> {
  const { zone } = fleet.settings;
  const { starts_at, service_id, specialist_id } = hold;
  const offer = await demandOffer({ starts_at, service_id, specialist_id, client_id: clientId }, zone, db);
  const { priceMinor, taken } = priceOf(offer.service.price_minor, offer.discounts);
  const payerId = offer.client.payer_id;
  const wanted = { clientId, payerId, serviceId: service_id, priceMinor };
  const ways: WayToPay[] = [];
  for (const way of ['subscription', 'package', 'wallet'] as const) {
    const isOwn = way !== 'wallet' || ((payerId === clientId || payerId === caller.personId) && priceMinor > 0);
    if (isOwn && (await isCovered(db, way, wanted, dayOf(new Date(starts_at), zone)))) ways.push(way);
  }
  const discounts = taken.map(({ kind, basisPoints, discountMinor }) => ({ kind, basisPoints, minor: -discountMinor }));
  const service = { kind: 'service', basisPoints: null, minor: offer.service.price_minor } as const;
  return {
    priceMinor,
    lines: [service, ...discounts],
    ways: [...ways.filter((way) => way !== 'wallet'), 'later', ...ways.filter((way) => way === 'wallet')],
  };
}

/**
 * Makes a held slot the booking of a client, in one transaction: nobody can come in between. Where the hold is over it is tried all the
 * same. A second time answers the same booking. Returns its id; throws a 409 with the free starts of the day.
 * @param payFrom null: what pays without money if there is something, else later
 */
export function bookHeld(token: string, clientId: number, payFrom: WayToPay | null, context: CallContext): Promise<number> {
  const hash = tokenHash(token);
  return context.db.transaction(async (db) => {
    const inside = { ...context, db };
    const hold = await lockHold(db, hash);
    if (!hold) throw new Refused('missing', 'there is no such booking here');
    if (hold.booked_id !== null && hold.booked_client_id !== clientId)
      throw new Refused('conflict', 'somebody else has booked this');
    if (hold.booked_id !== null) return hold.booked_id;
    const way = payFrom ?? (await dealFor(hold, clientId, inside)).ways[0] ?? 'later';
    const isOurs = await releaseHold(db, hold.booking_id, 'booked');
    const { service_id, starts_at } = hold;
    const specialist_id = isOurs ? hold.specialist_id : (hold.asked_specialist_id ?? undefined);
    const id = await book({ client_id: clientId, service_id, specialist_id, starts_at, pay_from: way }, inside);
    await noteBooked(db, hash, id);
    return id;
  });
}
