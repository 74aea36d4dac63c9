import { dayOf } from '../../queues/time/calendar.ts';
import {
  type Offer,
  type OfferQuestion,
  type OfferToBook,
  readOffer,
  readOffersToBook,
} from '../../sql/bookings/offer-to-book.ts';
import type { SlotClaim } from '../../sql/bookings/slot-locks.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { CallContext } from '../call-context.ts';
import { notAcceptable } from '../refusal.ts';
import { demandActive } from '../subscriptions/policy.ts';
import { batched } from './batch.ts';
import { spanOf } from './slots.ts';
import { notItsRoom, whyNotOffered, whyNotThere } from './why-not.ts';

/** The longest service with the longest break. */
const MOST_MINUTES = 1_440;

export type WantedOffer = {
  starts_at: string;
  client_id: number;
  service_id: number;
  specialist_id?: number;
  location_id?: number;
  room_id?: number;
};

/** What a booking is made of; throws `invalid` that names what does not exist or is not offered, a `conflict` for an inactive client. */
export const demandOffer = async (wish: WantedOffer, zone: string, db: Sql) =>
  demandAll(wish, db, await readOffer(db, questionOf(wish, zone)));

/** The same for who is about to book, with the slot's lock where it lies in the database. */
export async function demandOfferToBook(wish: WantedOffer, context: CallContext, claim?: SlotClaim) {
  const asked = { question: questionOf(wish, context.fleet.settings.zone), claim };
  return demandAll(wish, context.db, await readInBatch(context, claim ? 'claimed' : 'free')(asked));
}

const readInBatch = batched<{ question: OfferQuestion; claim?: SlotClaim }, OfferToBook>(readOffersToBook);

const questionOf = (wish: WantedOffer, zone: string): OfferQuestion => ({
  clientId: wish.client_id,
  serviceId: wish.service_id,
  specialistId: wish.specialist_id,
  locationId: wish.location_id,
  roomId: wish.room_id,
  day: dayOf(new Date(wish.starts_at), zone),
  span: spanOf(Date.parse(wish.starts_at), MOST_MINUTES, zone),
});

/** The same for somebody whom nobody knows yet: a visitor of the site. */
export const demandOfferToAnybody = async (wish: Omit<WantedOffer, 'client_id'>, zone: string, db: Sql) => {
  const asked = { ...wish, client_id: NOBODY };
  return demandService(asked, db, await readOffer(db, questionOf(asked, zone)));
};
const NOBODY = 0;

async function demandAll<O extends Offer>(wish: WantedOffer, db: Sql, offer: O) {
  const { client } = offer;
  if (!client?.is_client) throw notAcceptable('client_id', `there is no client ${wish.client_id}`);
  demandActive(client.is_active, `the client ${wish.client_id}`);
  return { ...(await demandService(wish, db, offer)), client };
}

async function demandService<O extends Offer>(wish: WantedOffer, db: Sql, offer: O) {
  const { service, specialists } = offer;
  const wrongPlace = whyNotThere(wish.location_id, offer);
  if (!service) throw notAcceptable('service_id', `there is no service ${wish.service_id}`);
  if (!service.is_active) throw notAcceptable('service_id', `the service ${wish.service_id} is not active`);
  if (wrongPlace) throw notAcceptable('location_id', wrongPlace);
  if (!offer.room_fits) throw notAcceptable('room_id', notItsRoom(wish.room_id));
  if (specialists.length === 0) throw await notOffered(wish, db);
  return { ...offer, service };
}

async function notOffered({ specialist_id, service_id, location_id, room_id }: WantedOffer, db: Sql) {
  if (specialist_id !== undefined) return notAcceptable('specialist_id', await whyNotOffered(db, specialist_id, service_id));
  if (location_id !== undefined) return notAcceptable('location_id', 'nobody gives this service there');
  return room_id === undefined
    ? notAcceptable('service_id', 'nobody gives this service')
    : notAcceptable('room_id', 'nobody gives this service there');
}
