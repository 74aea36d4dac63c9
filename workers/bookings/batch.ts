import type { Sql } from '../../sql/database/database.ts';
import { isLockTimeout, isRefused } from '../../sql/database/outage.ts';
import type { CallContext } from '../call-context.ts';

/** How many goes a process has under way at once: while the database does one, the next one is made ready. */
const AT_ONCE = 2;
/** One that takes longer than this is no reason for others to wait. */
const SLOW_MS = 250;
/** How many are done in one go at most. */
const MOST = 32;

/**
 * Does all of them in one statement; the results stand in the order of the questions.
 * @param isHurried give up rather than wait long for a lock (SQLSTATE 55P03): there are others who need none
 */
type Work<T, R> = (db: Sql, all: readonly [T, ...T[]], isHurried: boolean) => Promise<readonly R[]>;
type One<T, R> = (item: T) => Promise<R>;

/**
 * What is asked for while the same kind of work is under way is done together, in one go, so that a rush costs little more than a
 * few. Who is alone waits for nobody. What fails together is done one by one: everybody gets an answer of their own, and whoever
 * meets a lock waits for it alone. Within a caller's transaction each is alone, too.
 * Returns what does one of a kind, in a context; only one kind is done in one go.
 */
export function together<T, R>(work: Work<T, R>) {
  const pools = new WeakMap<Sql, Map<string, One<T, R>>>();
  return ({ db, fleet }: Pick<CallContext, 'db' | 'fleet'>, kind: string): One<T, R> => {
    if (db !== fleet.db) return (item) => alone(work, db, item);
    const kinds = pools.get(db) ?? new Map<string, One<T, R>>();
    pools.set(db, kinds);
    const gathered = kinds.get(kind) ?? gather(work, db);
    kinds.set(kind, gathered);
    return gathered;
  };
}

const alone = async <T, R>(work: Work<T, R>, db: Sql, item: T) => (await work(db, [item], false))[0] as R;

function gather<T, R>(work: Work<T, R>, db: Sql): One<T, R> {
  const waiting: ({ item: T } & PromiseWithResolvers<R>)[] = [];
  let underway = 0;

  function go() {
    const [first, ...rest] = underway < AT_ONCE ? waiting.splice(0, MOST) : [];
    if (!first) return;
    underway += 1;
    let isUnderway = true;
    const next = () => {
      if (isUnderway) underway -= 1;
      isUnderway = false;
      go();
    };
    const slow = setTimeout(next, SLOW_MS);
    const all = [first.item, ...rest.map(({ item }) => item)] as const;
    new Promise<readonly R[]>((resolve) => resolve(work(db, all, true)))
      .then(
        (results) => {
          for (const [n, { resolve }] of [first, ...rest].entries()) resolve(results[n] as R);
        },
        (error) => {
          const isRepeated = isRefused(error) && (rest.length > 0 || isLockTimeout(error));
          for (const { item, resolve, reject } of [first, ...rest]) {
            if (isRepeated) alone(work, db, item).then(resolve, reject);
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

  return (item) => {
    const mine = { item, ...Promise.withResolvers<R>() };
    // Whoever else asks in this turn of the event loop comes along.
    if (waiting.push(mine) === 1) setImmediate(go);
    return mine.promise;
  };
}
