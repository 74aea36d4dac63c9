import { dayOf } from '../../queues/time/calendar.ts';
import { lockSpecialists } from '../../sql/bookings/lock-specialists.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import { readTakenClient } from '../../sql/bookings/taken.ts';
import type { Sql } from '../../sql/database/database.ts';
import { demandOffer } from '../bookings/offer.ts';
import { demandStart, spanOf } from '../bookings/slots.ts';
import type { CallContext } from '../call-context.ts';
import { Refused } from '../refusal.ts';
import { bookEach } from './book-visit.ts';
import { type TogetherPlace, togetherStarts } from './together-starts.ts';

type Companion = { clientId: number; specialistId?: number };
type Wish = { serviceId: number; people: readonly Companion[]; startsAt: string };

/**
 * Books a service for several people who come at the same time, each to somebody else at one place: all of them in one transaction, or
 * none. Whoever named nobody gets the first who is free. Each pays as they would alone: with what pays without money, else later, with
 * their own discounts. Returns the bookings in the order of the people. Throws a `conflict` with the starts of that day that suit so many.
 */
export async function bookTogetherAt({ serviceId, people, startsAt }: Wish, context: CallContext): Promise<Booking[]> {
  demandStart(startsAt, context);
  const { zone } = context.fleet.settings;
  const named = people.flatMap(({ specialistId }) => specialistId ?? []);
  const from = dayOf(new Date(startsAt), zone);
  const clients: Client[] = [];
  for (const { clientId } of people) {
    const offer = await demandOffer({ client_id: clientId, service_id: serviceId, starts_at: startsAt }, zone, context.db);
    clients.push({ id: clientId, name: offer.client.name, minutes: offer.service.duration_minutes });
  }
  const [day] = await togetherStarts({ serviceId, people: people.length, named, from, days: 1 }, context);
  const refuse = async (why: string) => {
    const slots = (day?.starts ?? []).filter((start) => start !== startsAt);
    return new Refused('conflict', why, { slots: await whenAllCan(context.db, clients, slots) });
  };
  const places = day?.places[day.starts.indexOf(startsAt)] ?? [];
  if (places.length === 0) throw await refuse('so many people cannot begin then');
  const away = await whoIsElsewhere(context.db, clients, startsAt);
  if (away) throw await refuse(`${away.name} is elsewhere at that time`);
  for (const place of places) {
    try {
      return await context.db.transaction((db) => bookAt(place, { serviceId, people, startsAt }, { ...context, db }));
    } catch (error) {
      // Anything but a time that is taken by now is the caller's to know.
      if (!(error instanceof Refused && error.kind === 'conflict' && error.fields.slots)) throw error;
    }
  }
  throw await refuse('the slot is taken');
}

/** Books everybody at a place. Clients are booked in the order of their ids, so that two parties who share some do not block each other. */
async function bookAt({ free }: TogetherPlace, { serviceId, people, startsAt }: Wish, context: CallContext): Promise<Booking[]> {
  await lockSpecialists(context.db, free);
  const left = new Set(free.filter((id) => !people.some(({ specialistId }) => specialistId === id)));
  const made = new Map<number, Booking>();
  for (const person of [...people].sort((one, other) => one.clientId - other.clientId)) {
    let refusal: unknown = new Refused('conflict', 'the slot is taken', { slots: [] });
    for (const id of person.specialistId === undefined ? [...left] : [person.specialistId]) {
      left.delete(id);
      try {
        const part = { service_id: serviceId, specialist_id: id, starts_at: startsAt };
        const [booking] = await context.db.transaction((db) => bookEach([part], person.clientId, { ...context, db }));
        made.set(person.clientId, booking as Booking);
        break;
      } catch (error) {
        // Somebody was faster to this one.
        if (!(error instanceof Refused && error.kind === 'conflict' && error.fields.slots)) throw error;
        refusal = error;
      }
    }
    if (!made.has(person.clientId)) throw refusal;
  }
  return people.map(({ clientId }) => made.get(clientId) as Booking);
}

type Client = { id: number; name: string; minutes: number };
const isFree = (taken: readonly (readonly [number, number])[], start: number, minutes: number) =>
  taken.every(([from, to]) => to <= start || start + minutes * 60_000 <= from);

/** The first of some clients who is elsewhere from a start on; undefined where all of them can. */
async function whoIsElsewhere(db: Sql, clients: readonly Client[], startsAt: string): Promise<Client | undefined> {
  const start = Date.parse(startsAt);
  for (const client of clients) {
    const taken = await readTakenClient(db, client.id, spanOf(start, client.minutes, 'UTC'));
    if (!isFree(taken, start, client.minutes)) return client;
  }
}

/** The starts at which none of the clients is elsewhere. */
async function whenAllCan(db: Sql, clients: readonly Client[], starts: readonly string[]): Promise<string[]> {
  const [first, last] = [starts[0], starts.at(-1)].map((start) => Date.parse(start ?? ''));
  if (first === undefined || last === undefined || Number.isNaN(first)) return [];
  let left = [...starts];
  for (const { id, minutes } of clients) {
    const taken = await readTakenClient(db, id, spanOf(first, (last - first) / 60_000 + minutes, 'UTC'));
    left = left.filter((start) => isFree(taken, Date.parse(start), minutes));
  }
  return left;
}
