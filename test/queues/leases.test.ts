import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { dropLease, leaseHolder, takeLease } from '../../sql/schedule/leases.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { crowd, emptyLedger } from '../support/ledger.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => emptyLedger(database.db));
afterAll(() => database.close());

const take = (holder: string, seconds = 60) => takeLease(database.db, 'night', holder, seconds);

test('one holds it and may renew it; nobody else gets it', async () => {
  expect([await take('a'), await take('b'), await take('a'), await take('b')]).toEqual([true, false, true, false]);
  expect(await leaseHolder(database.db, 'night')).toBe('a');
  expect(await takeLease(database.db, 'day', 'b', 60)).toBe(true);
});

test('of ten that ask at once one gets it', async () => {
  const { members, close } = await crowd(database.url, 10);
  const answers = await Promise.all(members.map((member, n) => takeLease(member, 'night', `holder ${n}`, 60)));
  await close();
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await leaseHolder(database.db, 'night')).toBe(`holder ${answers.indexOf(true)}`);
});

test('it is taken over once it has ended, and the former holder has lost it', async () => {
  await take('a', 0.3);
  expect(await take('b')).toBe(false);
  await eventually(() => take('b'));
  expect(await take('a')).toBe(false);
  expect(await leaseHolder(database.db, 'night')).toBe('b');
});

test('an ended lease has no holder, even before it is taken over', async () => {
  await take('a', 0.2);
  await eventually(async () => (await leaseHolder(database.db, 'night')) === null);
});

test('given back, it is free at once; only its holder can give it back', async () => {
  await take('a');
  await dropLease(database.db, 'night', 'b');
  expect(await take('b')).toBe(false);
  await dropLease(database.db, 'night', 'a');
  expect(await take('b')).toBe(true);
});

test('it goes by the database’s clock, not by the asker’s', async () => {
  await take('a');
  jest.useFakeTimers({
    now: new Date('2036-01-01'),
    doNotFake: ['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'queueMicrotask'],
  });
  try {
    expect(await take('b')).toBe(false);
    expect(await leaseHolder(database.db, 'night')).toBe('a');
  } finally {
    jest.useRealTimers();
  }
});
