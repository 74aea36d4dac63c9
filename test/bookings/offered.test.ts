import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { DatabaseTransactionConnection } from 'slonik';
import { z } from 'zod';
import type { Context } from '../../api/http/route.ts';
import { sql } from '../../sql/database/database.ts';
import { book, type Wish } from '../../workers/bookings/book.ts';
import { reschedule } from '../../workers/bookings/reschedule.ts';
import { Refused } from '../../workers/refusal.ts';
import { type Json, type TestApi, testApi } from '../support/front-door.ts';
import { rounds, sequences } from '../support/nightly-only.ts';
import { NOBODY } from '../support/nobody.ts';
import { salon } from './salon.ts';
import { days, drawing, MIDNIGHT, open, window } from './small-salon.ts';

const SALONS = rounds({ daily: 3, nightly: 60 });
let api: TestApi;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  api = await testApi({ settings: { RATE_LIMIT_PER_MINUTE: '1000000', STUDIO_SLOT_LOCK: 'off' } });
  make = salon(api.db);
  await make.someType();
});
afterAll(() => api.close());
jest.setTimeout(1_800_000);

class Undone extends Error {}
type Attempt = (starts_at: string, context: Context) => Promise<unknown>;

/** Tries something and takes it back: the refusal, or null when it was done. */
function tried(outer: DatabaseTransactionConnection, start: string, attempt: Attempt): Promise<Refused | null> {
  const trying = outer.transaction(async (db) => {
    const caller = { id: '0', name: 'test', scopes: [], isStillLetIn: async () => true };
    const context = {
      db,
      fleet: api.fleet,
      caller,
      ...NOBODY,
      requestId: '',
      wait: 0,
      isWaiting: () => true,
      isStillLetIn: async () => true,
      now: new Date(),
    };
    await attempt(start, context);
    throw new Undone();
  });
  return trying.catch((error) => {
    if (error instanceof Undone) return null;
    if (error instanceof Refused && error.kind === 'conflict') return error;
    throw error;
  });
}

/** The starts of the window that can be had, and the refusals of the others. */
const ofWindow = (attempt: Attempt) =>
  api.db.transaction(async (outer) => {
    const refusals = new Map<string, Refused>();
    for (const start of window) {
      const refusal = await tried(outer, start, attempt);
      if (refusal) refusals.set(start, refusal);
    }
    return { bookable: window.filter((start) => !refusals.has(start)), refusals };
  });
const wishes = (wish: Omit<Wish, 'starts_at' | 'pay_from'>) => (starts_at: string, context: Context) =>
  book({ ...wish, starts_at, pay_from: 'later' }, context);

const inWindow = (offered: Json[]) => offered.flatMap(({ starts }) => starts).filter((start) => window.includes(start));

const salons = (check: (drawn: Awaited<ReturnType<typeof open>>) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(drawing, async (drawn) => check(await open(api.db, make, drawn))),
    { numRuns: SALONS, seed: sequences.seed, endOnFailure: true },
  );

test(`every start that is offered can be booked, and no other one (${SALONS} salons)`, async () => {
  const seen = { offered: 0, refused: new Set<string>() };
  await salons(async ({ service: service_id, newcomer }) => {
    const { body } = await api.get(`/slots?service_id=${service_id}&from=${days[0]}&days=2`);
    const offers = [...body.specialists, { specialist_id: undefined, days: body.any }];
    expect(offers).toHaveLength(4);
    for (const { specialist_id, days: offered } of offers) {
      const { bookable, refusals } = await ofWindow(wishes({ client_id: newcomer, service_id, specialist_id }));
      expect({ specialist_id, starts: inWindow(offered) }).toEqual({ specialist_id, starts: bookable });
      seen.offered += bookable.length;
      for (const { message } of refusals.values()) seen.refused.add(message);
    }
  });
  expect(seen.offered).toBeGreaterThan(0);
  expect([...seen.refused]).toEqual(
    expect.arrayContaining(['the specialist is not free at that time', 'no room is free at that time']),
  );
});

/** What a refusal offers instead is what can be had that day. @param own where it stands already, which is no move */
function expectOffered({ bookable, refusals }: Awaited<ReturnType<typeof ofWindow>>, own?: string) {
  for (const [start, { fields }] of refusals) {
    const isEvening = start < MIDNIGHT;
    const offered = (fields.slots as string[]).filter((slot) => window.includes(slot) && slot !== own);
    const possible = bookable.filter((specialist) => specialist < MIDNIGHT === isEvening && specialist !== own);
    expect({ start, offered }).toEqual({ start, offered: possible });
  }
  return refusals.size;
}

test('a refusal offers what this client can have instead, in the room that was named', async () => {
  let seen = 0;
  await salons(async ({ service: service_id, specialists, clients, rooms }) => {
    const allowed = await api.db.anyFirst(sql.unsafe`
      select room.id from service_rooms join rooms room on room.id = room_id and is_active where service_id = ${service_id}
        and exists (
          select from specialist_services offered join specialists person on person.id = specialist_id
          where offered.service_id = ${service_id} and coalesce(person.location_id, room.location_id) = room.location_id)`);
    const room_id = rooms.find((room) => allowed.includes(room));
    const [specialist_id, client_id] = [specialists[0]!, clients[0]!];
    seen += expectOffered(await ofWindow(wishes({ client_id, service_id, specialist_id })));
    seen += expectOffered(await ofWindow(wishes({ client_id, service_id, room_id })));
  });
  expect(seen).toBeGreaterThan(0);
});

test('a booking that is moved is not in its own way, nor in that of what is offered instead', async () => {
  let seen = 0;
  await salons(async ({ service, specialists }) => {
    const { id, starts_at: own } = await api.db.one(sql.type(z.object({ id: z.int(), starts_at: z.string() }))`
      select id, starts_at from bookings where service_id = ${service} and status = 'CONFIRMED' order by id limit 1`);
    const specialist_id = specialists[1]!;
    seen += expectOffered(await ofWindow((starts_at, context) => reschedule(id, { starts_at }, context)), own);
    seen += expectOffered(await ofWindow((starts_at, context) => reschedule(id, { starts_at, specialist_id }, context)), own);
  });
  expect(seen).toBeGreaterThan(0);
});
