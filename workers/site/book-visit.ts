import { dayOf } from '../../queues/time/calendar.ts';
import { releaseHold } from '../../sql/bookings/confirm.ts';
import { lockSpecialists } from '../../sql/bookings/lock-specialists.ts';
import { type Booking, findBooking } from '../../sql/bookings/rows.ts';
import { findHold, lockHold, noteBooked, type SiteHold } from '../../sql/site/holds.ts';
import { book } from '../bookings/book.ts';
import { CostsMore } from '../bookings/price.ts';
import { demandStart } from '../bookings/slots.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { newToken, tokenHash } from '../sign-in/tokens.ts';
import { dealFor } from './book-held.ts';
import { demandFewHolds, holdForVisitor } from './hold.ts';
import { lookedAt } from './looked-at.ts';
import { MOST_SERVICES, type VisitWish, visitStarts } from './visit-starts.ts';

/** Each service of a visit is a hold of its own; the visit's token leads to all of them. */
const holdToken = (token: string, n: number) => `${token}.${n}`;

/**
 * Holds all services of a visit that begins at a start, or none, as {@link holdForVisitor} holds one. Returns the visit's token.
 * @param before a token of theirs, whose holds are let go for these
 * Throws a `conflict` where the visit cannot begin then, `too_many` where this network holds too many.
 */
export async function holdVisit(
  { wishes, startsAt }: { wishes: readonly VisitWish[]; startsAt: string },
  network: string,
  context: CallContext,
  before?: string,
): Promise<string> {
  if (before === undefined) await demandFewHolds(network, wishes.length, context);
  const from = dayOf(new Date(startsAt), context.fleet.settings.zone);
  const [day] = await visitStarts({ wishes, from, days: 1 }, context);
  const parts = day?.visits.find(([first]) => first?.startsAt === startsAt);
  if (!parts) throw new Refused('conflict', 'these services cannot follow each other from then on');
  const token = before ?? newToken();
  await context.db.transaction(async (db) => {
    const inside = { ...context, db };
    await lockSpecialists(
      db,
      parts.map(({ specialistId }) => specialistId),
    );
    for (const { booking_id } of await visitHolds(token, inside)) await releaseHold(db, booking_id, 'another time was chosen');
    for (const [n, { serviceId, specialistId, startsAt: starts_at }] of parts.entries()) {
      const asked_specialist_id = wishes[n]?.specialistId ?? null;
      const wish = { service_id: serviceId, specialist_id: specialistId, asked_specialist_id, starts_at };
      await holdForVisitor(wish, network, inside, holdToken(token, n));
    }
  });
  return token;
}

/** What a visit's token holds, or held, in the order of the visit; nothing for a token of no visit. */
export async function visitHolds(token: string, { db }: CallContext, find: typeof findHold = findHold): Promise<SiteHold[]> {
  const holds: SiteHold[] = [];
  for (let n = 0; n < MOST_SERVICES; n += 1) {
    const hold = await find(db, tokenHash(holdToken(token, n)));
    if (!hold) break;
    holds.push(hold);
  }
  return holds;
}

/** The same. Throws `missing` for a token of no visit. */
export async function demandVisit(token: string, context: CallContext): Promise<SiteHold[]> {
  const holds = await visitHolds(token, context);
  if (holds.length === 0) throw new Refused('missing', 'there is no such visit here');
  return holds;
}

/** What was wished for. */
export const visitWishes = (holds: readonly SiteHold[]): VisitWish[] =>
  holds.map(({ service_id, asked_specialist_id }) => ({
    serviceId: service_id,
    ...(asked_specialist_id === null ? {} : { specialistId: asked_specialist_id }),
  }));

/** The starts of the visit's day at which all of it could still be had. */
export async function otherStarts(holds: readonly SiteHold[], context: CallContext): Promise<readonly string[]> {
  const from = dayOf(new Date((holds[0] as SiteHold).starts_at), context.fleet.settings.zone);
  const [day] = await visitStarts({ wishes: visitWishes(holds), from, days: 1 }, context);
  return day?.starts ?? [];
}

/**
 * What a visit would be for a client, each service with its price and with what pays it: booked, and undone. Throws a `conflict`
 * where it cannot be had any more.
 */
export const planVisit = (token: string, clientId: number, context: CallContext): Promise<Booking[]> =>
  lookedAt(context.db, async (db) => {
    const inside = { ...context, db };
    return bookParts(await visitHolds(token, inside, lockHold), clientId, inside);
  });

/**
 * Books the services of a visit in one transaction: all of them, for no more than was said, or none. A second time books nothing more.
 * Throws a `conflict` where one of them is taken or they cost more by now.
 */
export const bookVisit = (token: string, clientId: number, totalMinor: number, context: CallContext): Promise<void> =>
  context.db.transaction(async (db) => {
    const inside = { ...context, db };
    const holds = await visitHolds(token, inside, lockHold);
    if (holds.length === 0) throw new Refused('missing', 'there is no such visit here');
    const [{ booked_id, booked_client_id }] = holds as [SiteHold];
    if (booked_id !== null && booked_client_id !== clientId) throw new Refused('conflict', 'somebody else has booked this');
    if (booked_id !== null) return;
    const made = await bookParts(holds, clientId, inside);
    if (made.reduce((sum, { price_minor }) => sum + price_minor, 0) > totalMinor) throw new CostsMore();
    for (const [n, { id }] of made.entries()) await noteBooked(db, tokenHash(holdToken(token, n)), id);
  });

/**
 * Books several services at once for a client: all of them in one transaction, or none. Throws a `conflict` with the starts of that
 * day at which the visit could begin.
 */
export async function bookVisitAt(
  { clientId, wishes, startsAt }: { clientId: number; wishes: readonly VisitWish[]; startsAt: string },
  context: CallContext,
): Promise<Booking[]> {
  demandStart(startsAt, context);
  const from = dayOf(new Date(startsAt), context.fleet.settings.zone);
  const [day] = await visitStarts({ wishes, from, days: 1 }, context);
  const taken = (why: string) => new Refused('conflict', why, { slots: day?.starts.filter((start) => start !== startsAt) ?? [] });
  const parts = day?.visits.find(([first]) => first?.startsAt === startsAt);
  if (!parts) throw taken('these services cannot follow each other from then on');
  const wanted = parts.map((part) => ({
    service_id: part.serviceId,
    specialist_id: part.specialistId,
    starts_at: part.startsAt,
  }));
  try {
    return await context.db.transaction(async (db) => {
      await lockSpecialists(db, peopleOf(wanted));
      return bookEach(wanted, clientId, { ...context, db });
    });
  } catch (error) {
    throw error instanceof Refused && error.kind === 'conflict' && error.fields.slots ? taken(error.message) : error;
  }
}

/** Books what is held, once it is let go. */
async function bookParts(holds: readonly SiteHold[], clientId: number, context: CallContext): Promise<Booking[]> {
  await lockSpecialists(context.db, peopleOf(holds));
  for (const { booking_id } of holds) await releaseHold(context.db, booking_id, 'booked');
  return bookEach(holds, clientId, context);
}

type Part = Pick<SiteHold, 'service_id' | 'specialist_id' | 'starts_at'>;
const peopleOf = (parts: readonly Part[]) => parts.map(({ specialist_id }) => specialist_id);

/** Books each part, with what pays without money where there is something. The calendars are the transaction's already. */
export async function bookEach(parts: readonly Part[], clientId: number, context: CallContext): Promise<Booking[]> {
  const { db } = context;
  const made: Booking[] = [];
  for (const { service_id, specialist_id, starts_at } of parts) {
    const { ways } = await dealFor({ service_id, specialist_id, starts_at }, clientId, context);
    const id = await book({ client_id: clientId, service_id, specialist_id, starts_at, pay_from: ways[0] ?? 'later' }, context);
    made.push((await findBooking(db, id)) as Booking);
  }
  return made;
}
