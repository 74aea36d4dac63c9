import { beforeAll, test } from '@jest/globals';

/**
 * Tests that mostly wait and do not disturb each other: all of them start at once, `atOnce` at a time, and each is
 * still reported as a test of its own.
 */
export function sideBySide(cases: [name: string, run: () => Promise<void>][], atOnce = 6, timeout = 600_000) {
  const results = cases.map(() => Promise.withResolvers<void>());
  for (const { promise } of results) promise.catch(() => undefined);
  beforeAll(() => {
    let next = 0;
    const lane = async () => {
      while (next < cases.length) {
        const mine = next;
        next += 1;
        await cases[mine]?.[1]().then(results[mine]?.resolve, results[mine]?.reject);
      }
    };
    for (let n = 0; n < atOnce; n += 1) void lane();
  });
  for (const [n, [name]] of cases.entries()) test(name, () => results[n]?.promise, timeout);
}
