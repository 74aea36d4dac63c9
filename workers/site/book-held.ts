import { dayOf } from '../../queues/time/calendar.ts';
import { isCovered, releaseHold } from '../../sql/bookings/confirm.ts';
import { type Cover, findCover } from '../../sql/bookings/covers.ts';
import { lockHold, noteBooked, type SiteHold } from '../../sql/site/holds.ts';
import { type BookingWish, book } from '../bookings/book.ts';
import { fittingDiscount, fittingPercent } from '../bookings/fitting.ts';
import { demandOffer } from '../bookings/offer.ts';
import { priceOf } from '../bookings/price.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { tokenHash } from '../sign-in/tokens.ts';

export type WayToPay = BookingWish['pay_from'];
/** What a booking costs somebody, line by line, and how it can be paid; what pays without money stands first. */
export type Deal = {
  priceMinor: number;
  lines: readonly { kind: 'service' | 'percent' | 'fixed' | 'fitting'; basisPoints: number | null; minor: number }[];
  ways: readonly WayToPay[];
  /** The package or the subscription that pays by itself; null: money does. */
  cover: Cover | null;
};

/** The deal for a visitor: the service's price, less what the studio gives for a start that fits its day, paid later. */
export async function dealForAnybody(hold: SiteHold, context: CallContext): Promise<Deal> {
  const { service_price_minor: minor, booking_id, specialist_id, starts_at } = hold;
  const start = { specialistId: specialist_id, startsAt: starts_at, except: booking_id };
  const service = { ...hold, price_minor: minor };
  const offered = { service, fitting_basis_points: Math.round((await fittingPercent(context)) * 100) };
  const { priceMinor, taken } = priceOf(minor, [], await fittingDiscount(offered, start, context));
  return { priceMinor, lines: linesOf(minor, taken), ways: ['later'], cover: null };
}

const linesOf = (servicePriceMinor: number, taken: ReturnType<typeof priceOf>['taken']): Deal['lines'] => [
  { kind: 'service', basisPoints: null, minor: servicePriceMinor },
  ...taken.map(({ kind, basisPoints, discountMinor }) => ({ kind, basisPoints, minor: -discountMinor })),
];

/** The deal for a client, with the discounts of that day (D22) and what is there to pay with. Throws for whoever is no client. */
export async function dealFor(
  hold: Pick<SiteHold, 'starts_at' | 'service_id' | 'specialist_id'> & { booking_id?: number },
  clientId: number,
  context: CallContext,
): Promise<Deal> {
  const { db, fleet, caller } = context;
  const { zone } = fleet.settings;
  const { starts_at, service_id, specialist_id } = hold;
  const offer = await demandOffer({ starts_at, service_id, specialist_id, client_id: clientId }, zone, db);
  const start = { specialistId: specialist_id, startsAt: starts_at, except: hold.booking_id };
  const { priceMinor, taken } = priceOf(offer.service.price_minor, offer.discounts, await fittingDiscount(offer, start, context));
  const payerId = offer.client.payer_id;
  const wanted = { clientId, payerId, serviceId: service_id, priceMinor };
  const day = dayOf(new Date(starts_at), zone);
  const found = [await findCover(db, 'subscription', wanted, day), await findCover(db, 'package', wanted, day)];
  const covers = found.filter((cover) => cover !== null);
  const isOwn = (payerId === clientId || payerId === caller.personId) && priceMinor > 0;
  const hasMoney = isOwn && (await isCovered(db, 'wallet', wanted, day));
  return {
    priceMinor,
    lines: linesOf(offer.service.price_minor, taken),
    ways: [...covers.map(({ way }) => way), 'later', ...(hasMoney ? (['wallet'] as const) : [])],
    cover: covers[0] ?? null,
  };
}

/**
 * Makes a held slot the booking of a client, in one transaction: nobody can come in between. Where the hold is over it is tried all the
 * same. A second time answers the same booking. Returns its id; throws a `conflict` with the free starts of the day.
 * @param payFrom null: what pays without money if there is something, else later
 * @param mostMinor what it costs as it was said; where it is more by now nothing is booked (`CostsMore`). null: nothing was said
 */
export function bookHeld(
  token: string,
  clientId: number,
  payFrom: WayToPay | null,
  mostMinor: number | null,
  context: CallContext,
): Promise<number> {
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
    const wish = { client_id: clientId, service_id, specialist_id, starts_at, pay_from: way };
    const id = await book({ ...wish, most_minor: mostMinor ?? undefined }, inside);
    await noteBooked(db, hash, id);
    return id;
  });
}
