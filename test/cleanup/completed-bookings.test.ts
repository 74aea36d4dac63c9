import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sql } from '../../sql/database/database.ts';
import { completePast } from '../../workers/cleanup/complete-bookings.ts';
import { salon } from '../bookings/salon.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { emptyStudio } from '../support/emptying.ts';

let database: TestDatabase;
let make: ReturnType<typeof salon>;
beforeAll(async () => {
  database = await testDatabase();
  make = salon(database.db);
});
afterEach(() => emptyStudio(database.db));
afterAll(() => database.close());

/** In Moscow the day begins at 21:00Z. */
const D = '2031-05-14';
const night = { date: D, settings: { zone: 'Europe/Moscow' } } as never;
const clean = async (size = 10) => {
  if (!('batch' in completePast)) throw new TypeError('it works in batches');
  const { batch } = completePast;
  let after: string | number | null = null;
  let completed = 0;
  for (let isLast = false; !isLast; ) {
    const from: string | number | null = after;
    const done: Awaited<ReturnType<typeof batch>> = await database.db.transaction((transaction) =>
      batch(transaction, night, from, size),
    );
    ({ after, isLast } = done);
    completed += done.counts.bookings_completed ?? 0;
  }
  return completed;
};
async function booking(endsAt: string, status = 'CONFIRMED') {
  const service = await make.service();
  const at = new Date(Date.parse(endsAt) - 3_600_000).toISOString();
  const made = await make.booking({ client: await make.client(), specialist: await make.specialist([service]), service, at });
  await database.db.query(sql.unsafe`
    update bookings set status = ${status}, cancelled_at = case when ${status} = 'CANCELLED' then now() end where id = ${made}`);
  return made;
}
const statusOf = (id: number) =>
  database.db.oneFirst(sql.type(z.object({ status: z.string() }))`select status from bookings where id = ${id}`);

test.each([
  ['that ended as the day began', '2031-05-13T21:00:00Z', 'CONFIRMED', 'COMPLETED'],
  ['that ended a quarter of an hour later', '2031-05-13T21:15:00Z', 'CONFIRMED', 'CONFIRMED'],
  ['of a client who did not come', '2031-05-12T10:00:00Z', 'NO_SHOW', 'NO_SHOW'],
  ['that was cancelled', '2031-05-12T10:00:00Z', 'CANCELLED', 'CANCELLED'],
])('a booking %s', async (_what, endsAt, before, after) => {
  const made = await booking(endsAt, before);
  expect(await clean()).toBe(before === after ? 0 : 1);
  expect(await statusOf(made)).toBe(after);
  expect(await clean()).toBe(0);
});

test('more than a batch', async () => {
  for (let hour = 0; hour < 5; hour += 1) await booking(`2031-05-13T${10 + hour}:00:00Z`);
  expect(await clean(2)).toBe(5);
});
