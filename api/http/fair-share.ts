import { AsyncLocalStorage } from 'node:async_hooks';
import type { CommonQueryMethods } from 'slonik';
import { type Acting, actAs } from '../../sql/changes/acting.ts';
import type { Database } from '../../sql/database/database.ts';
import { away } from './problems.ts';

/** Kept back from all callers: readiness and the look at the keys find a connection whatever the routes do. */
const RESERVE = 2;
/** Whoever does not get a connection in this time is notified to come again (503). */
const PATIENCE_MS = 10_000;

/** Who asks, and as whom its transactions act. */
type Asker = { caller: string; acting?: Acting };
const askers = new AsyncLocalStorage<Asker>();

/** Does something for a caller: the connections it takes are this caller's. */
export const askedBy = <T>(asker: Asker, work: () => Promise<T>): Promise<T> => askers.run(asker, work);

const METHODS = [
  'any',
  'anyFirst',
  'connect',
  'exists',
  'many',
  'manyFirst',
  'maybeOne',
  'maybeOneFirst',
  'one',
  'oneFirst',
  'query',
  'record',
  'transaction',
] as const;

/**
 * The database as callers get it: each may hold as many connections as it leaves to the others, so one whose statements all wait for a
 * lock never holds more than half of them. The others stand in line, first come, first served, callers without a connection before
 * those with some. What is asked outside {@link askedBy} waits for nobody but the pool.
 */
export function fairShare(db: Database): Database {
  const line = createLine(Math.max(1, (db.configuration.maxPoolSize ?? 1) - RESERVE));
  const shared = Object.fromEntries(
    METHODS.map((method) => {
      const plain = db[method] as (...input: unknown[]) => Promise<unknown>;
      return [
        method,
        async (...input: unknown[]) => {
          const asker = askers.getStore();
          if (!asker) return plain(...input);
          const leave = await line.enter(asker.caller);
          const asked = method === 'transaction' && asker.acting ? actingFirst(asker.acting, input) : input;
          return plain(...asked).finally(leave);
        },
      ];
    }),
  );
  return { ...db, ...shared } as unknown as Database;
}

type Handler = (transaction: CommonQueryMethods) => Promise<unknown>;

/** The arguments of `transaction`, with a handler that says first who acts in it. */
const actingFirst = (acting: Acting, [handler, ...rest]: unknown[]): unknown[] => [
  async (transaction: CommonQueryMethods) => {
    await actAs(transaction, acting);
    return (handler as Handler)(transaction);
  },
  ...rest,
];

/** @param places how many there are for all callers */
export function createLine(places: number, patienceMs = PATIENCE_MS) {
  const held = new Map<string, number>();
  let free = places;
  type Waiting = { caller: string; go(): void };
  let waiting: Waiting[] = [];

  const own = (caller: string) => held.get(caller) ?? 0;
  const mayEnter = (caller: string) => free > 0 && own(caller) < Math.max(1, free);

  function take(caller: string) {
    free -= 1;
    held.set(caller, own(caller) + 1);
  }
  function leave(caller: string) {
    free += 1;
    const left = own(caller) - 1;
    if (left > 0) held.set(caller, left);
    else held.delete(caller);
    callNext();
  }
  function callNext() {
    while (waiting.length > 0) {
      const next = waiting.find(({ caller }) => own(caller) === 0) ?? waiting.find(({ caller }) => mayEnter(caller));
      if (!next || !mayEnter(next.caller)) return;
      waiting = waiting.filter((waiter) => waiter !== next);
      next.go();
    }
  }

  return {
    /** Resolves once the caller may take a connection; returns how to give it back. Throws a 503 when that takes too long. */
    async enter(caller: string): Promise<() => void> {
      if (waiting.length === 0 && mayEnter(caller)) take(caller);
      else await stand(caller);
      return () => leave(caller);
    },
  };

  function stand(caller: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const tired = setTimeout(() => {
        waiting = waiting.filter((waiter) => waiter !== mine);
        reject(away('too much is being asked at once; try again in a moment'));
      }, patienceMs);
      const mine: Waiting = {
        caller,
        go() {
          clearTimeout(tired);
          take(caller);
          resolve();
        },
      };
      waiting.push(mine);
      callNext();
    });
  }
}
