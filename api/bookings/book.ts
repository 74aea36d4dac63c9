import { dayOf } from '../../queues/calendar.ts';
import { confirmBooking, expireHolds, type Hold, holdSlot, type Offer, releaseHold, whatIsTaken } from '../../sql/bookings.ts';
import { Problem } from '../problems.ts';
import type { Context } from '../route.ts';
import { tellOf } from './notices.ts';
import { demandOffer } from './offer.ts';
import { priceOf } from './price.ts';
import { ofExclusion, type Refusal, taken, whileLocked } from './refusals.ts';
import { busyMinutes, demandStart, isFree } from './slots.ts';

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

type Offered = Offer & { client: object; service: object };
type Specialist = Offer['specialists'][number];

/**
 * Books: the first specialist who is free gets it. Each is tried as the source document says: lock the slot, look again, insert
 * PENDING, give the lock back, pay and confirm. Returns the booking's id. Throws a 409 with the free slots of the day.
 */
export async function book(wish: Wish, context: Context): Promise<number> {
  const startsAt = new Date(wish.starts_at);
  demandStart(startsAt, context);
  const offer = await demandOffer(wish, dayOf(startsAt, context.fleet.settings.zone), context.db);
  let refused = '';
  for (const specialist of offer.specialists) {
    const wanted = holdOf({ ...wish, starts_at: startsAt.toISOString() }, offer, specialist, context);
    const held = await whileLocked(wanted, context, () => hold(wanted, context));
    if ('id' in held) return confirm(held.id, wanted, offer, specialist, context);
    refused = held.refused;
  }
  const ids = offer.specialists.map((one) => one.id);
  throw await taken(refused, { ids, startsAt, times: offer.service }, context);
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

/** Looks again and inserts the booking as PENDING. */
async function hold(wanted: Hold, { db, fleet }: Context): Promise<{ id: number } | Refusal> {
  const times = { duration_minutes: wanted.durationMinutes, break_minutes: wanted.breakMinutes };
  if (!(await isFree(db, wanted.specialistId, wanted.startsAt, times, fleet.settings.zone))) {
    return { refused: 'the specialist is not free at that time' };
  }
  const isAlone = db === fleet.db;
  const insert = () => (isAlone ? holdSlot(db, wanted, true) : db.transaction((savepoint) => holdSlot(savepoint, wanted, false)));
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const held = await insert().catch(ofExclusion);
    if (held) return held;
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

/** Pays and confirms what is held, and tells everyone, in one transaction. What cannot be paid is let go and refused (409). */
async function confirm(id: number, held: Hold, { client, service }: Offered, specialist: Specialist, { db, fleet }: Context) {
  const { zone } = fleet.settings;
  const isConfirmed = await db.transaction(async (transaction) => {
    if (!(await confirmBooking(transaction, id, dayOf(new Date(held.startsAt), zone)))) return false;
    await tellOf(transaction, 'booking_confirmed', {
      ...held,
      id,
      client: client.name,
      specialist: specialist.name,
      service: service.name,
      zone,
      params: { price_minor: held.priceMinor, pay_from: held.payFrom },
    });
    return true;
  });
  if (isConfirmed) return id;
  const why = WHY_NOT[held.payFrom];
  await releaseHold(db, id, why);
  throw new Problem(409, why, { price_minor: held.priceMinor });
}

const WHY_NOT = {
  wallet: 'the wallet does not cover the price',
  package: 'no package of the client has a unit of this service left',
  later: 'the booking was not confirmed in time',
};
