import { isLockTimeout, isRefused } from './outage.ts';

/** A batch that takes longer than this is not waited for: another one begins beside it. */
const SLOW_MS = 250;
/** How many calls a batch has at most. */
const MOST = 32;

/**
 * Does a batch of calls; the results stand in the order of the calls.
 * @param isHurried give up rather than wait long for a lock (SQLSTATE 55P03): other calls of the batch need none
 */
export type Work<T, R> = (all: readonly [T, ...T[]], isHurried: boolean) => Promise<readonly R[]>;
export type One<T, R> = (one: T) => Promise<R>;

const ALONE = Symbol('to be done alone');

/**
 * Calls that come while others of their kind are under way are done in one batch, so that a rush costs little more than a
 * few. A single call never waits. A batch that the database refuses is done call by call: each gets an answer of its own,
 * and a call that meets a lock waits for it alone.
 * @param atOnce how many batches are under way at once: while the database does one, the next one is made ready
 */
export function gather<T, R>(work: Work<T, R>, atOnce: number): One<T, R> {
  const waiting: ({ one: T } & PromiseWithResolvers<R | typeof ALONE>)[] = [];
  let underway = 0;

  function go() {
    const [first, ...rest] = underway < atOnce ? waiting.splice(0, MOST) : [];
    if (!first) return;
    underway += 1;
    let isUnderway = true;
    const next = () => {
      if (isUnderway) underway -= 1;
      isUnderway = false;
      go();
    };
    const slow = setTimeout(next, SLOW_MS);
    const all = [first.one, ...rest.map(({ one }) => one)] as const;
    new Promise<readonly R[]>((resolve) => resolve(work(all, true)))
      .then(
        (results) => {
          for (const [n, { resolve }] of [first, ...rest].entries()) resolve(results[n] as R);
        },
        (error) => {
          const isRepeated = isRefused(error) && (rest.length > 0 || isLockTimeout(error));
          for (const { resolve, reject } of [first, ...rest]) {
            if (isRepeated) resolve(ALONE);
            else reject(error);
          }
        },
      )
      .finally(() => {
        clearTimeout(slow);
        next();
      });
    go();
  }

  return async (one) => {
    const mine = { one, ...Promise.withResolvers<R | typeof ALONE>() };
    // Whoever else asks in this turn of the event loop comes along.
    if (waiting.push(mine) === 1) setImmediate(go);
    const result = await mine.promise;
    return result === ALONE ? alone(work, one) : result;
  };
}

/** Does one that nobody else comes along with, and waits for what is in its way. */
export const alone = async <T, R>(work: Work<T, R>, one: T) => (await work([one], false))[0] as R;
