import { AsyncLocalStorage } from 'node:async_hooks';
import type { CommonQueryMethods } from 'slonik';
import { type Acting, actAs } from '../../sql/changes/acting.ts';
import type { Database } from '../../sql/database/database.ts';
import { away } from './problems.ts';

/** Kept back from all callers: readiness and the look at the keys find a connection whatever the routes do. */
const RESERVE = 2;
/** Of all places so many are kept from each kind of request: one that stands still (reports, say) leaves the others these. */
const KEPT_FROM_A_KIND = 0.25;
/** A request that gets no connection in this time is answered 503 with `Retry-After`. */
const PATIENCE_MS = 10_000;

/** Who asks, for what kind of thing, and as whom its transactions act. */
type Asker = { caller: string; kind: string; acting?: Acting };
const askers = new AsyncLocalStorage<Asker>();

/** Does something for a caller: the connections it takes are this caller's. */
export const askedBy = <T>(asker: Asker, work: () => Promise<T>): Promise<T> => askers.run(asker, work);

/** The same for one whose transactions say themselves who acts in them. */
export function actingOnItsOwn<T>(work: () => Promise<T>): Promise<T> {
  const asker = askers.getStore();
  return asker ? askers.run({ caller: asker.caller, kind: asker.kind }, work) : work();
}

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
 * lock never holds more than half of them, and a kind of request, whoever asks, never more than three quarters. The others wait,
 * first come, first served, callers without a connection before those with some. What is asked outside {@link askedBy} waits for nobody but the pool.
 */
export function fairShare(db: Database): Database {
  const turns = createTurnQueue(Math.max(1, (db.configuration.maxPoolSize ?? 1) - RESERVE));
  const shared = Object.fromEntries(
    METHODS.map((method) => {
      const plain = db[method] as (...input: unknown[]) => Promise<unknown>;
      return [
        method,
        async (...input: unknown[]) => {
          const asker = askers.getStore();
          if (!asker) return plain(...input);
          const leave = await turns.enter(asker.caller, asker.kind);
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
export function createTurnQueue(places: number, patienceMs = PATIENCE_MS) {
  const mostOfAKind = Math.max(1, places - Math.max(1, Math.floor(places * KEPT_FROM_A_KIND)));
  const callers = counter();
  const kinds = counter();
  let free = places;
  type Visitor = { caller: string; kind: string };
  type Waiting = Visitor & { go(): void };
  let waiting: Waiting[] = [];

  const mayEnter = ({ caller, kind }: Visitor) =>
    free > 0 && callers.of(caller) < Math.max(1, free) && kinds.of(kind) < mostOfAKind;

  function take({ caller, kind }: Visitor) {
    free -= 1;
    callers.add(caller, 1);
    kinds.add(kind, 1);
  }
  function leave({ caller, kind }: Visitor) {
    free += 1;
    callers.add(caller, -1);
    kinds.add(kind, -1);
    callNext();
  }
  function callNext() {
    while (waiting.length > 0) {
      const able = waiting.filter(mayEnter);
      const next = able.find(({ caller }) => callers.of(caller) === 0) ?? able[0];
      if (!next) return;
      waiting = waiting.filter((waiter) => waiter !== next);
      next.go();
    }
  }

  return {
    /** Resolves once the caller may take a connection; returns how to give it back. Throws a 503 when that takes too long. */
    async enter(caller: string, kind: string): Promise<() => void> {
      const visitor = { caller, kind };
      if (waiting.length === 0 && mayEnter(visitor)) take(visitor);
      else await stand(visitor);
      return () => leave(visitor);
    },
  };

  function stand(visitor: Visitor): Promise<void> {
    return new Promise((resolve, reject) => {
      const tired = setTimeout(() => {
        waiting = waiting.filter((waiter) => waiter !== mine);
        reject(away('too much is being asked at once; try again in a moment'));
      }, patienceMs);
      const mine: Waiting = {
        ...visitor,
        go() {
          clearTimeout(tired);
          take(visitor);
          resolve();
        },
      };
      waiting.push(mine);
      callNext();
    });
  }
}

/** How many each has; whoever has none is forgotten. */
function counter() {
  const counts = new Map<string, number>();
  const of = (name: string) => counts.get(name) ?? 0;
  return {
    of,
    add(name: string, more: number) {
      const count = of(name) + more;
      if (count > 0) counts.set(name, count);
      else counts.delete(name);
    },
  };
}
