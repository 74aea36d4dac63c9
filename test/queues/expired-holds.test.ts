import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { holdWatch } from '../../queues/timetable/expired-holds.ts';
import { findBooking } from '../../sql/bookings/rows.ts';
import type { Sql } from '../../sql/database/database.ts';
import { salon } from '../bookings/salon.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
let make: ReturnType<typeof salon>;
let hold: (startsAt: string, heldUntil?: string) => Promise<number>;
beforeAll(async () => {
  database = await testDatabase();
  make = salon(database.db);
  const [client, service] = [await make.client(), await make.service()];
  const specialist = await make.specialist([service]);
  hold = (at, heldUntil = daysAgo(1 / 24)) => make.booking({ client, specialist, service, at, heldUntil });
});
afterAll(() => database.close());

const QUARTER = 900_000;
/** A booking begins on a quarter of an hour. */
const daysAgo = (days: number) => new Date(Math.floor((Date.now() - days * 86_400_000) / QUARTER) * QUARTER).toISOString();
const statusOf = async (id: number) => (await findBooking(database.db, id))?.status;
const now = () => new Date();

test('the first look ends whatever has run out, however old; what is still held stays', async () => {
  const [old, yesterday] = [await hold(daysAgo(900)), await hold(daysAgo(1))];
  const held = await hold(daysAgo(2), daysAgo(-1));
  await holdWatch()(database.db, now());
  expect(await Promise.all([old, yesterday, held].map(statusOf))).toEqual(['CANCELLED', 'CANCELLED', 'PENDING']);
});

test('after days without a look it looks back to the last one, and a day of a booking more', async () => {
  const look = holdWatch();
  await look(database.db, new Date(daysAgo(10)));
  const [justOutside, justWithin] = [await hold(daysAgo(11.1)), await hold(daysAgo(10.9))];
  const since = await hold(daysAgo(5));
  await look(database.db, now());
  expect(await Promise.all([justWithin, since].map(statusOf))).toEqual(['CANCELLED', 'CANCELLED']);
  // The index need not find what a look before has seen.
  expect(await statusOf(justOutside)).toBe('PENDING');
});

test('a look that fails counts for nothing: the next one looks back as far', async () => {
  const look = holdWatch();
  await look(database.db, new Date(daysAgo(20)));
  const away = { query: () => Promise.reject(new Error('the database is away')) } as unknown as Sql;
  await expect(look(away, now())).rejects.toThrow('away');
  const missed = await hold(daysAgo(15));
  await look(database.db, now());
  expect(await statusOf(missed)).toBe('CANCELLED');
});
