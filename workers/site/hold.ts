import { dayOf } from '../../queues/time/calendar.ts';
import { releaseHold } from '../../sql/bookings/confirm.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import { holdSlot, type NewBooking } from '../../sql/bookings/insert.ts';
import { countHolds, extendHold, findHold, insertHold, nextBookingId, type SiteHold } from '../../sql/site/holds.ts';
import { demandOfferToAnybody } from '../bookings/offer.ts';
import { MOST_ROOMS, ofExclusion, refuseTakenSlot } from '../bookings/refusals.ts';
import { demandStart, whyNotFree } from '../bookings/slots.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { newToken, tokenHash } from '../sign-in/tokens.ts';
import { busyMinutes } from '../slots/busy-minutes.ts';

/** A slot is held so long while somebody writes who they are, and again while they look for their code. */
const HOLD_SECONDS = 600;
const MOST_HOLD_SECONDS = 1_800;
/** Slots held from one network at the same time. */
const MOST_HOLDS = 12;

export type HoldWish = { service_id: number; specialist_id?: number; starts_at: string };

/** Throws `too_many` where a network would hold too many slots with these. */
export async function demandFewHolds(network: string, more: number, { db }: CallContext) {
  if ((await countHolds(db, network)) + more > MOST_HOLDS)
    throw new Refused('too_many', 'too many slots are held from here', { retry_after_seconds: HOLD_SECONDS });
}

/**
 * Holds a slot for whoever gets the token that is returned (D32, D33): nobody else can book it for ten minutes.
 * @param wish.asked_specialist_id who was asked for, where that is not who was chosen: null for anybody
 * @param before a token of theirs, which holds the new slot instead of the old one
 * Throws a `conflict` with the free starts of the day where the slot is taken, `too_many` where this network holds too many.
 */
export async function holdForVisitor(
  wish: HoldWish & { asked_specialist_id?: number | null },
  network: string,
  context: CallContext,
  before?: string,
): Promise<string> {
  const { db, fleet } = context;
  const { zone } = fleet.settings;
  demandStart(wish.starts_at, context);
  const offer = await demandOfferToAnybody(wish, zone, db);
  if (before === undefined) await demandFewHolds(network, 1, context);
  const old = before === undefined ? null : await findHold(db, tokenHash(before));
  const token = before ?? newToken();
  const { asked_specialist_id = wish.specialist_id ?? null } = wish;
  const of = { token: tokenHash(token), askedSpecialistId: asked_specialist_id, network };
  for (const specialist of offer.specialists) {
    if (whyNotFree(specialist.calendar, wish.starts_at, offer.service, zone)) continue;
    for (let tries = 0; tries < (offer.has_rooms ? MOST_ROOMS : 2); tries += 1) {
      const booking = heldBooking(await nextBookingId(db), wish, offer, specialist, zone);
      const isHeld = await hold(booking, of, old, context).catch(ofExclusion);
      if (isHeld === true) return token;
      if (isHeld && !isHeld.isOfRoom) break;
      if ((await expireHolds(db)) === 0 && !offer.has_rooms) break;
    }
  }
  const { service, specialists } = offer;
  throw await refuseTakenSlot('the slot is taken', { ...wish, ...service, client_id: 0, specialists }, context);
}

type Of = { token: Buffer; askedSpecialistId: number | null; network: string };

const hold = (booking: NewBooking, of: Of, old: SiteHold | null, { db }: CallContext) =>
  db.transaction(async (transaction) => {
    if (old) await releaseHold(transaction, old.booking_id, 'another time was chosen');
    if (!(await holdSlot(transaction, booking, HOLD_SECONDS, false))) return false;
    await insertHold(transaction, { ...of, bookingId: booking.id });
    return true;
  });

type Offered = Awaited<ReturnType<typeof demandOfferToAnybody>>;

/** The slot in the specialist's own name: nobody else is known yet. */
const heldBooking = (
  id: number,
  wish: HoldWish,
  { service, has_rooms }: Offered,
  specialist: Offered['specialists'][number],
  zone: string,
): NewBooking => ({
  id,
  clientId: specialist.id,
  payerId: specialist.id,
  specialistId: specialist.id,
  serviceId: service.id,
  locationId: specialist.location_id,
  startsAt: wish.starts_at,
  busyMinutes: busyMinutes(service),
  durationMinutes: service.duration_minutes,
  breakMinutes: service.break_minutes,
  servicePriceMinor: service.price_minor,
  priceMinor: service.price_minor,
  discounts: [],
  payFrom: 'later',
  createdBy: 'visitor',
  day: dayOf(new Date(wish.starts_at), zone),
  needsRoom: has_rooms,
});

/** What a token holds, or held. Throws `missing`. */
export async function demandHold(token: string, { db }: CallContext): Promise<SiteHold> {
  const found = await findHold(db, tokenHash(token));
  if (!found) throw new Refused('missing', 'there is no such booking here');
  return found;
}

/** Whoever is asked for a code keeps the slot meanwhile. */
export const keepHold = ({ booking_id }: SiteHold, { db }: CallContext) =>
  extendHold(db, booking_id, HOLD_SECONDS, MOST_HOLD_SECONDS);
