import { expect, test } from '@jest/globals';
import type { Context } from '../../api/http/route.ts';
import { patiently } from '../../workers/bookings/refusals.ts';
import { enqueueForSlot } from '../../workers/bookings/slot-queue.ts';

const soon = () => performance.now() + 60_000;

test('bookings of one slot are done one after the other; those of another slot do not wait', async () => {
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const work = (name: string, until?: Promise<void>) => async () => {
    order.push(`${name} begins`);
    await until;
    order.push(`${name} ends`);
    return name;
  };
  const all = [
    enqueueForSlot('a', soon(), work('one', first.promise)),
    enqueueForSlot('a', soon(), work('two')),
    enqueueForSlot('a', soon(), work('three')),
    enqueueForSlot('b', soon(), work('other')),
  ];
  await all[3];
  expect(order).toEqual(['one begins', 'other begins', 'other ends']);
  first.resolve();
  expect(await Promise.all(all)).toEqual(['one', 'two', 'three', 'other']);
  expect(order.slice(3)).toEqual(['one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
});

test('a booking that fails lets the next one in', async () => {
  const fails = enqueueForSlot('a', soon(), async () => {
    throw new Error('no');
  });
  const next = enqueueForSlot('a', soon(), async () => 'in');
  await expect(fails).rejects.toThrow('no');
  expect(await next).toBe('in');
});

test('a booking that has waited long enough is tried anyway, and one that may not wait is tried at once', async () => {
  const never = Promise.withResolvers<void>();
  const stuck = enqueueForSlot('a', soon(), () => never.promise);
  expect(await enqueueForSlot('a', performance.now() + 20, async () => 'late')).toBe('late');
  expect(await enqueueForSlot('a', performance.now(), async () => 'at once')).toBe('at once');
  expect(await enqueueForSlot(null, soon(), async () => 'nobody to wait for')).toBe('nobody to wait for');
  never.resolve();
  await stuck;
  expect(await enqueueForSlot('a', soon(), async () => 'free')).toBe('free');
});

test('a failure that may pass is tried again, but never in a transaction, whose connection others wait for', async () => {
  const db = {};
  const attempts = async (context: unknown) => {
    let count = 0;
    await patiently(context as Context, async (until) => {
      count += 1;
      const mayWait = until > performance.now();
      return count < 3 ? { refused: 'busy', mayPass: true } : { mayWait };
    });
    return count;
  };
  expect(await attempts({ db, fleet: { db } })).toBe(3);
  expect(await attempts({ db: {}, fleet: { db } })).toBe(1);
});
