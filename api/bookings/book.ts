import { dayOf } from '../../queues/calendar.ts';
import { fits } from '../../queues/slots/fits.ts';
import { confirmBooking, expireHolds, type Hold, holdSlot, type Offer, releaseHold, whatIsTaken } from '../../sql/bookings.ts';
import { Problem } from '../problems.ts';
import type { Context } from '../route.ts';
import { noticesOf } from './notices.ts';
import { demandOffer } from './offer.ts';
import { priceOf } from './price.ts';
import { ofExclusion, type Refusal, taken, whileLocked } from './refusals.ts';
import { busyMinutes, demandStart } from './slots.ts';

/** What somebody wants to book. `starts_at` is an instant; without a specialist anyone will do. */
export type Wish = {
  client_id: number;
  service_id: number;
  specialist_id?: number;
  room_id?: number;
  location_id?: number;
  starts_at: string;
  pay_from: 'wallet' | 'package' | 'later';
};

/** Somebody was faster to a room: so many times another one is tried. */
const MOST_TRIES = 20;

type Offered = Awaited<ReturnType<typeof demandOffer>>;
type Specialist = Offer['specialists'][number];

/**
 * Books as the source document says: lock the slot, look again, insert PENDING, give the lock back, pay and confirm. Without a named
 * specialist the first who is free gets it. Returns the booking's id. Throws a 409 with the free slots of the day.
 */
export async function book(given: Wish, context: Context): Promise<number> {
  const startsAt = new Date(given.starts_at);
  demandStart(startsAt, context);
  const wish = { ...given, starts_at: startsAt.toISOString() };
  const ids = wish.specialist_id === undefined ? await whoIsFree(wish, context) : [wish.specialist_id];
  let refused = 'nobody is free at that time';
  for (const specialistId of ids) {
    const of = { specialistId, startsAt: wish.starts_at };
    const held = await whileLocked(of, context, () => hold({ ...wish, specialist_id: specialistId }, context));
    if ('id' in held) return confirm(held, context);
    refused = held.refused;
  }
  const { service, specialists } = await demandOffer(wish, context.fleet.settings.zone, context.db);
  throw await taken(refused, { ...wish, ...service, specialists }, context);
}

/** Who seems free for a service, the main ones first. */
async function whoIsFree(wish: Wish, { db, fleet: { settings } }: Context): Promise<number[]> {
  const { service, specialists } = await demandOffer(wish, settings.zone, db);
  const start = Date.parse(wish.starts_at);
  return specialists.filter(({ calendar }) => fits(calendar, start, service, settings.zone)).map((one) => one.id);
}

function holdOf(wish: Wish, { client, service, discounts }: Offered, specialist: Specialist, { fleet, caller }: Context): Hold {
  const price = wish.pay_from === 'package' ? { priceMinor: 0, taken: [] } : priceOf(service.price_minor, discounts);
  return {
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
    holdSeconds: fleet.settings.bookingHoldSeconds,
    createdBy: caller.name,
  };
}

type Held = { id: number; hold: Hold; offer: Offered; specialist: Specialist };

/** Looks again and inserts the booking as PENDING. */
async function hold(wish: Wish, context: Context): Promise<Held | Refusal> {
  const { db, fleet } = context;
  const { zone } = fleet.settings;
  const offer = await demandOffer(wish, zone, db);
  const [specialist] = offer.specialists as [Specialist];
  if (!fits(specialist.calendar, Date.parse(wish.starts_at), offer.service, zone)) {
    return { refused: 'the specialist is not free at that time' };
  }
  const wanted = holdOf(wish, offer, specialist, context);
  const isAlone = db === fleet.db;
  const insert = () => (isAlone ? holdSlot(db, wanted, true) : db.transaction((savepoint) => holdSlot(savepoint, wanted, false)));
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const held = await insert().catch(ofExclusion);
    if (held && 'refused' in held) return held;
    if (held) return { id: held.id, hold: wanted, offer, specialist };
    const found = await whatIsTaken(db, wanted);
    if (!(found.specialist || found.client || found.room)) continue;
    if ((await expireHolds(db)) === 0) return { refused: refusalOf(found) };
  }
  return { refused: 'the rooms are being taken right now' };
}

const refusalOf = (found: { specialist: boolean; client: boolean }) => {
  if (found.specialist) return 'the slot is taken';
  return found.client ? 'the client has another booking at that time' : 'no room is free at that time';
};

/** Pays and confirms what is held, and tells everyone. What cannot be paid is let go and refused (409). */
async function confirm({ id, hold, offer, specialist }: Held, { db, fleet }: Context): Promise<number> {
  const { zone } = fleet.settings;
  const notices = noticesOf('booking_confirmed', {
    ...hold,
    id,
    client: offer.client.name,
    specialist: specialist.name,
    service: offer.service.name,
    zone,
    params: { price_minor: hold.priceMinor, pay_from: hold.payFrom },
  });
  const day = dayOf(new Date(hold.startsAt), zone);
  if (await confirmBooking(db, { id, payFrom: hold.payFrom, day, notices })) return id;
  const why = WHY_NOT[hold.payFrom];
  await releaseHold(db, id, why);
  throw new Problem(409, why, { price_minor: hold.priceMinor });
}

const WHY_NOT = {
  wallet: 'the wallet does not cover the price',
  package: 'no package of the client has a unit of this service left',
  later: 'the booking was not confirmed in time',
};
