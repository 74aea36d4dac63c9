import { expect, test } from '@jest/globals';
import { whileUnderWay } from '../../workers/slots/while-under-way.ts';

test('questions asked while the same one is under way share its answer; a later one gets a new answer', async () => {
  const ask = whileUnderWay<number>();
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  let begun = 0;
  const work = async () => {
    begun += 1;
    const mine = begun;
    await gates[mine - 1]!.promise;
    return mine;
  };
  const [first, same, other] = [ask('a', work), ask('a', work), ask('b', work)];
  for (const gate of gates) gate.resolve();
  expect(await Promise.all([first, same, other])).toEqual([1, 1, 2]);
  expect(await ask('a', work)).toBe(3);
});

test('a failure is everybody’s who waits for it, and nobody’s after that', async () => {
  const ask = whileUnderWay<string>();
  const fail = async (): Promise<string> => {
    throw new Error('away');
  };
  const both = [ask('a', fail), ask('a', fail)];
  for (const side of both) await expect(side).rejects.toThrow('away');
  expect(await ask('a', async () => 'back')).toBe('back');
});
