import { alone, gather, type One } from '../../sql/database/batch.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { CallContext } from '../call-context.ts';

/** How many batches of a kind a process has under way at once. */
const AT_ONCE = 2;

type Work<T, R> = (db: Sql, all: readonly [T, ...T[]], isHurried: boolean) => Promise<readonly R[]>;

/**
 * Calls of a kind that come while others of that kind are under way are done in one statement (see `gather`). Within a caller's
 * transaction each is done alone. Returns the function that does one call of a kind in a context.
 */
export function batched<T, R>(work: Work<T, R>) {
  const pools = new WeakMap<Sql, Map<string, One<T, R>>>();
  return ({ db, fleet }: Pick<CallContext, 'db' | 'fleet'>, kind: string): One<T, R> => {
    const here = (all: readonly [T, ...T[]], isHurried: boolean) => work(db, all, isHurried);
    if (db !== fleet.db) return (one) => alone(here, one);
    const kinds = pools.get(db) ?? new Map<string, One<T, R>>();
    pools.set(db, kinds);
    const gathered = kinds.get(kind) ?? gather(here, AT_ONCE);
    kinds.set(kind, gathered);
    return gathered;
  };
}
