import { dayOf } from '../../queues/time/calendar.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import { lockSpecialists } from '../../sql/bookings/lock-specialists.ts';
import type { Offer } from '../../sql/bookings/offer-to-book.ts';
import type { SlotClaim } from '../../sql/bookings/slot-locks.ts';
import { whatIsTaken } from '../../sql/bookings/taken.ts';
import { whatMeets } from '../../sql/calendar/what-meets.ts';
import type { CallContext } from '../call-context.ts';
import { demandWallet } from '../rights.ts';
import { busyMinutes } from '../slots/busy-minutes.ts';
import { fits } from '../slots/fits.ts';
import { fittingDiscount } from './fitting.ts';
import { type BookingPlan, demandCover, makeBooking, payForHeld } from './insert.ts';
import { noticesOf } from './notices.ts';
import { demandOffer, demandOfferToBook, type WantedOffer } from './offer.ts';
import { demandPrice, priceOf } from './price.ts';
import {
  beingBooked,
  CLIENT_IS_ELSEWHERE,
  MOST_ROOMS,
  ofExclusion,
  patiently,
  type Refusal,
  refuseTakenSlot,
  whileClaimed,
} from './refusals.ts';
import { demandStart, settled, whyNotFree } from './slots.ts';

/** What somebody wants to book. `starts_at` is an instant in UTC, as `Date.toISOString` writes it; without a specialist anyone will do. */
export type BookingWish = {
  client_id: number;
  service_id: number;
  specialist_id?: number;
  room_id?: number;
  location_id?: number;
  starts_at: string;
  pay_from: 'wallet' | 'package' | 'subscription' | 'later';
  /** Where it costs more than this, nothing is booked. */
  most_minor?: number;
};

type Offered = Awaited<ReturnType<typeof demandOfferToBook>>;
type Specialist = Offer['specialists'][number];

/**
 * Books as the source document says: lock the slot, look again, insert, give the lock back, confirm. What is paid later is
 * confirmed as it is inserted; what has to be paid first is held (PENDING) and locked meanwhile. Without a named specialist the
 * first who is free gets it. Who meets somebody else at the slot waits a moment: that one may fail. Returns the booking's id.
 * Throws a `conflict` with the free slots of the day, and without them where it costs more than `most_minor`.
 */
export async function book(wish: BookingWish, context: CallContext): Promise<number> {
  demandStart(wish.starts_at, context);
  const booked = await patiently(context, async (until): Promise<{ id: number } | Refusal> => {
    let refusal: Refusal = { refused: 'nobody is free at that time' };
    for (const specialist_id of wish.specialist_id === undefined ? await whoIsFree(wish, context) : [wish.specialist_id]) {
      const slot = { specialistId: specialist_id, startsAt: wish.starts_at, until };
      const made = await whileClaimed(slot, context, (claim) => attempt({ ...wish, specialist_id }, context, claim));
      if ('id' in made) return made;
      refusal = { ...made, mayPass: made.mayPass || refusal.mayPass };
    }
    return refusal;
  });
  if ('id' in booked) return booked.id;
  const { service, specialists } = await demandOffer(wish, context.fleet.settings.zone, context.db);
  throw await refuseTakenSlot(booked.refused, { ...wish, ...service, specialists }, context);
}

/** Who could be free for a service, the main ones first. */
export async function whoIsFree(wish: WantedOffer, { db, fleet: { settings } }: CallContext): Promise<number[]> {
  const { service, specialists } = await demandOffer(wish, settings.zone, db);
  const start = Date.parse(wish.starts_at);
  return specialists
    .filter(({ calendar }) => fits(settled(calendar), start, service, settings.zone))
    .map((specialist) => specialist.id);
}

function planOf(
  wish: BookingWish,
  offer: Offered,
  specialist: Specialist,
  { fleet, caller, now }: CallContext,
  claim?: SlotClaim,
  fitting = 0,
): BookingPlan {
  const { client, service, discounts } = offer;
  const { zone } = fleet.settings;
  const isInKind = wish.pay_from === 'package' || wish.pay_from === 'subscription';
  const price = isInKind ? { priceMinor: 0, taken: [] } : priceOf(service.price_minor, discounts, fitting);
  const booking = {
    id: offer.booking_id,
    clientId: wish.client_id,
    payerId: client.payer_id,
    specialistId: specialist.id,
    serviceId: service.id,
    locationId: specialist.location_id,
    roomId: wish.room_id,
    startsAt: wish.starts_at,
    busyMinutes: busyMinutes(service),
    durationMinutes: service.duration_minutes,
    breakMinutes: service.break_minutes,
    servicePriceMinor: service.price_minor,
    priceMinor: price.priceMinor,
    discounts: price.taken,
    payFrom: wish.pay_from,
    createdBy: caller.name,
    day: dayOf(new Date(wish.starts_at), zone),
    needsRoom: offer.has_rooms || wish.room_id !== undefined,
    claim,
  };
  const said = {
    template: 'booking_confirmed',
    params: { price_minor: booking.priceMinor, pay_from: wish.pay_from, session: null },
  } as const;
  const names = { client: client.name, specialist: specialist.name, service: service.name };
  const notices = noticesOf(said, { ...booking, ...names, zone, now });
  return { booking, notices };
}

/** Looks again and inserts the booking. */
async function attempt(wish: BookingWish, context: CallContext, claim?: SlotClaim): Promise<Attempt> {
  const { db, fleet } = context;
  const { zone } = fleet.settings;
  const offer = await demandOfferToBook(wish, context, claim);
  if (wish.pay_from === 'wallet') demandWallet(context.caller, offer.client.payer_id, wish.client_id);
  const [specialist] = offer.specialists as [Specialist];
  const busy = whyNotFree(specialist.calendar, wish.starts_at, offer.service, zone);
  if (busy) return { ...busy, isGivenBack: !offer.is_ours };
  if (!offer.is_ours) return { ...beingBooked, isGivenBack: true };
  if (offer.client_is_elsewhere) return { ...(await elsewhere(wish, offer.service, context)), isGivenBack: false };
  const planFor = (fitting: number) => planOf(wish, offer, specialist, context, claim, fitting);
  const isInKind = wish.pay_from === 'package' || wish.pay_from === 'subscription';
  const mayFit = offer.fitting_basis_points > 0 && !isInKind;
  const demand = (made: BookingPlan, inside: CallContext) => {
    demandPrice(made.booking.priceMinor, wish.most_minor);
    return demandCover(made, inside);
  };
  let plan = planFor(0);
  if (!mayFit) await demand(plan, context);
  for (let tries = 0; tries < MOST_ROOMS; tries += 1) {
    const insert = async (): Promise<boolean | Refusal> => {
      if (!mayFit) return makeBooking(plan, context, tries > 0).catch(ofExclusion);
      // Whether the start fits is judged while nobody else can come into that calendar.
      return db.transaction(async (inner) => {
        const inside = { ...context, db: inner };
        await lockSpecialists(inner, [specialist.id]);
        const start = { specialistId: specialist.id, startsAt: wish.starts_at };
        plan = planFor(await fittingDiscount(offer, start, inside));
        await demand(plan, inside);
        return makeBooking(plan, inside, true).catch(ofExclusion);
      });
    };
    const isMade = await insert();
    if (isMade === true) return { id: await payForHeld(plan, context), isGivenBack: wish.pay_from === 'later' };
    if (isMade && !isMade.isOfRoom) return { ...isMade, isGivenBack: false };
    const found = await whatIsTaken(db, plan.booking);
    if (!(found.specialist || found.client || found.room)) continue;
    if ((await expireHolds(db)) === 0) return { refused: refusalOf(found), mayPass: found.is_held, isGivenBack: false };
  }
  return { refused: 'the rooms are being taken right now', isGivenBack: false };
}

type Attempt = ({ id: number } | Refusal) & { isGivenBack: boolean };

/** What the client has then, in words. */
async function elsewhere(wish: BookingWish, service: { duration_minutes: number }, { db }: CallContext): Promise<Refusal> {
  const ends_at = new Date(Date.parse(wish.starts_at) + service.duration_minutes * 60_000).toISOString();
  const met = await whatMeets(db, { capacity: 'client', personId: wish.client_id }, { starts_at: wish.starts_at, ends_at });
  return { refused: met?.words ?? CLIENT_IS_ELSEWHERE, mayPass: met?.is_held ?? true };
}

const refusalOf = (found: { specialist: boolean; client: string | null }) => {
  if (found.specialist) return 'the slot is taken';
  return found.client ?? 'no room is free at that time';
};
