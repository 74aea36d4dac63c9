import { expect, jest, test } from '@jest/globals';
import type { Fleet } from '../../queues/process/fleet.ts';
import type { Sql } from '../../sql/database/database.ts';
import { batched } from '../../workers/bookings/batch.ts';

const context = () => {
  const db = {} as Fleet['db'];
  return { db, fleet: { db } as Fleet };
};
const tick = () => new Promise((next) => setImmediate(next));
const refusal = (message: string, code: string) => new Error(message, { cause: Object.assign(new Error(message), { code }) });
const lockTimeout = () => refusal('cancelled', '55P03');

/** Work that ends when the test says so; each batch as it was asked for. */
function slowWork() {
  const goes: { all: readonly number[]; isHurried: boolean; end: PromiseWithResolvers<void> }[] = [];
  const doubled = batched(async (_: Sql, all: readonly number[], isHurried) => {
    const end = Promise.withResolvers<void>();
    goes.push({ all, isHurried, end });
    await end.promise;
    return all.map((item) => item * 2);
  });
  return { goes, doubled, asked: () => goes.map(({ all }) => all) };
}

test('calls of one turn, or while two batches are under way, are one batch; each gets its own answer', async () => {
  const { goes, doubled, asked } = slowWork();
  const ask = doubled(context(), 'plain');
  const results = [ask(1), ask(2)];
  await tick();
  results.push(ask(3));
  await tick();
  for (const item of [4, 5, 6]) {
    results.push(ask(item));
    await tick();
  }
  expect(asked()).toEqual([[1, 2], [3]]);
  goes[0]?.end.resolve();
  await Promise.all(results.slice(0, 2));
  await tick();
  expect(asked()).toEqual([[1, 2], [3], [4, 5, 6]]);
  for (const { end } of goes) end.resolve();
  expect(await Promise.all(results)).toEqual([2, 4, 6, 8, 10, 12]);
  expect(goes.map(({ isHurried }) => isHurried)).toEqual([true, true, true]);
});

test('a crowd goes in parts of 32', async () => {
  const { goes, doubled, asked } = slowWork();
  const ask = doubled(context(), 'plain');
  const results = Array.from({ length: 70 }, (_, n) => ask(n));
  await tick();
  expect(asked().map((all) => all.length)).toEqual([32, 32]);
  goes[1]?.end.resolve();
  await results[32];
  await tick();
  expect(asked().map((all) => all.length)).toEqual([32, 32, 6]);
  for (const { end } of goes) end.resolve();
  expect(await Promise.all(results)).toEqual(results.map((_, n) => n * 2));
});

test('another kind, and another pool, have goes of their own', async () => {
  const { goes, doubled, asked } = slowWork();
  const [here, there] = [context(), context()];
  for (const [n, of] of [doubled(here, 'plain'), doubled(here, 'in_room'), doubled(there, 'plain')].entries()) void of(n);
  await tick();
  expect(asked()).toEqual([[0], [1], [2]]);
  for (const { end } of goes) end.resolve();
});

test('in a caller’s transaction each is alone, and waits for locks', async () => {
  const { goes, doubled } = slowWork();
  const ask = doubled({ ...context(), db: {} as Sql }, 'plain');
  const results = [ask(1), ask(2)];
  expect(goes).toMatchObject([
    { all: [1], isHurried: false },
    { all: [2], isHurried: false },
  ]);
  for (const { end } of goes) end.resolve();
  expect(await Promise.all(results)).toEqual([2, 4]);
});

test('a slow go holds nobody up for long', async () => {
  const { goes, doubled, asked } = slowWork();
  const ask = doubled(context(), 'plain');
  const results: Promise<number>[] = [];
  for (const item of [1, 2, 3]) {
    results.push(ask(item));
    await tick();
  }
  expect(asked()).toEqual([[1], [2]]);
  await new Promise((next) => setTimeout(next, 400));
  expect(asked()).toEqual([[1], [2], [3]]);
  for (const { end } of goes) end.resolve();
  expect(await Promise.all(results)).toEqual([2, 4, 6]);
});

/** Work in which all fail together with one of these numbers. */
function touchyWork(bad: number, error: (all: readonly number[], isHurried: boolean) => Error | undefined) {
  const goes: { all: readonly number[]; isHurried: boolean }[] = [];
  const tried = batched(async (_: Sql, all: readonly number[], isHurried) => {
    goes.push({ all, isHurried });
    const failure = all.includes(bad) && error(all, isHurried);
    if (failure) throw failure;
    return all;
  });
  const attempt = tried(context(), 'plain');
  return { goes, ask: (...all: number[]) => Promise.allSettled(all.map(attempt)) };
}
const said = (results: PromiseSettledResult<number>[]) =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message));

test('a batch that fails is done call by call', async () => {
  const { goes, ask } = touchyWork(2, () => refusal('the slot is taken', '23P01'));
  expect(said(await ask(1, 2, 3))).toEqual([1, 'the slot is taken', 3]);
  expect(goes).toEqual([{ all: [1, 2, 3], isHurried: true }, ...[1, 2, 3].map((item) => ({ all: [item], isHurried: false }))]);
});

test('a call that fails alone has failed; it waits only for a lock', async () => {
  const broken = touchyWork(2, () => refusal('broken', '23P01'));
  expect(said(await broken.ask(2))).toEqual(['broken']);
  expect(broken.goes).toHaveLength(1);
  const locked = touchyWork(2, (_, isHurried) => (isHurried ? lockTimeout() : undefined));
  expect(said(await locked.ask(2))).toEqual([2]);
  expect(locked.goes).toEqual([
    { all: [2], isHurried: true },
    { all: [2], isHurried: false },
  ]);
});

test('a batch that the database left unanswered is not done again: nobody knows whether it was done', async () => {
  for (const error of [
    Object.assign(new Error('gone'), { code: 'ECONNRESET' }),
    refusal('gone', '57P01'),
    new Error('gone', { cause: new Error('no code') }),
  ]) {
    const { goes, ask } = touchyWork(2, () => error);
    expect(said(await ask(1, 2, 3))).toEqual(Array(3).fill('gone'));
    expect(goes).toHaveLength(1);
  }
});

test('an answer that throws nothing leaves no timer behind', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  try {
    const { ask } = touchyWork(0, () => undefined);
    await ask(1, 2);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});
