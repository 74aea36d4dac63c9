import { expect, test } from '@jest/globals';
import type { Sql } from '../../sql/database/database.ts';
import { openOffers } from '../../workers/slots/offers.ts';

/** A database that counts what it is asked, and answers when the test says so. */
function counting() {
  const asked: ((offer: unknown) => void)[] = [];
  const db = { maybeOne: () => new Promise((answer) => asked.push(answer)) } as unknown as Sql;
  return { db, asked };
}
const wish = { serviceId: 1, specialistId: 2, zone: 'Europe/Moscow' };

test('an offer holds for 200 ms, and not a millisecond longer', async () => {
  const { db, asked } = counting();
  let now = 1_000;
  const offers = openOffers(() => now);
  const first = offers.read(db, wish);
  asked[0]!('first');
  expect(await first).toBe('first');
  now = 1_199;
  expect(await offers.read(db, wish)).toBe('first');
  now = 1_200;
  const second = offers.read(db, wish);
  asked[1]!('second');
  expect(await second).toBe('second');
  expect(asked).toHaveLength(2);
});

test('each service, specialist and location has its own', async () => {
  const { db, asked } = counting();
  const offers = openOffers(() => 0);
  const all = [wish, { ...wish, serviceId: 3 }, { ...wish, specialistId: undefined }, { ...wish, locationId: 2 }].map((item) =>
    offers.read(db, item),
  );
  expect(asked).toHaveLength(4);
  for (const answer of asked) answer('offer');
  await Promise.all(all);
});

test('a write forgets what is known, and what is being read while it happens', async () => {
  const { db, asked } = counting();
  const offers = openOffers(() => 0);
  const first = offers.read(db, wish);
  offers.forget();
  asked[0]!('before the write');
  expect(await first).toBe('before the write');
  const second = offers.read(db, wish);
  asked[1]!('after');
  expect(await second).toBe('after');
  expect(await offers.read(db, wish)).toBe('after');
  expect(asked).toHaveLength(2);
});

test('that there is no such service is not remembered', async () => {
  const { db, asked } = counting();
  const offers = openOffers(() => 0);
  for (const n of [0, 1]) {
    const reading = offers.read(db, wish);
    asked[n]!(null);
    expect(await reading).toBeNull();
  }
});
