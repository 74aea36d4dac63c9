import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../queues/process/settings.ts';
import type { Sql } from '../../sql/database/database.ts';
import { sql } from '../../sql/database/database.ts';
import { gateClosedFor, LONGEST_WAIT_SECONDS, shutGate, takeGateTurn } from '../../sql/vending/gate.ts';
import type { Answered, Telemetry } from './telemetry.ts';

/** How the fleet calls a service. Tests make the waits shorter. */
export type CallPace = {
  service: string;
  /** From the start of one call to that of the next. */
  callMs: number;
  /** Before the second, third and fourth try; each up to half longer at random. */
  retryMs: readonly number[];
  /** How long everybody waits after "too many" that names no time, and how long a second of it lasts. */
  tooManySeconds: number;
  secondMs: number;
};
export const RETRY_MS = [2_000, 4_000, 8_000];
const MOST_TOO_MANY = 3;
/** The connection that holds a run's lock is taken away when it is idle for 30 s. */
const AWAKE_MS = 10_000;

/** Waits for something outside and keeps the connection from being taken for dead meanwhile. */
export async function staysAwake<T>(db: Sql, waiting: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const over = waiting.finally(() => ended.abort());
  over.catch(() => undefined);
  for (;;) {
    await Promise.race([over, sleep(AWAKE_MS, undefined, { signal: ended.signal })]).catch(() => undefined);
    if (ended.signal.aborted) return over;
    await db.query(sql.unsafe`select 1`);
  }
}

type LastAnswer<T> = Exclude<Answered<T>, { is: 'too_many' }> | { is: 'too_many' };

/**
 * Calls a service, through the gate of the whole fleet (V4), again where that may help (V5): three more times after trouble, and
 * after "too many" once everybody has waited, three times. Never inside a transaction.
 */
export async function call<T>(db: Sql, pace: CallPace, ask: () => Promise<Answered<T>>): Promise<LastAnswer<T>> {
  let [troubles, refusals] = [0, 0];
  for (;;) {
    await waitForTurn(db, pace);
    const answer = await staysAwake(db, ask());
    if (answer.is === 'too_many') {
      refusals += 1;
      const seconds = Math.min(answer.seconds ?? pace.tooManySeconds, LONGEST_WAIT_SECONDS);
      await shutGate(db, pace.service, (seconds * pace.secondMs) / 1_000);
      if (refusals === MOST_TOO_MANY) return { is: 'too_many' };
    } else if (answer.is === 'trouble' && troubles < pace.retryMs.length) {
      const wait = pace.retryMs[troubles] as number;
      troubles += 1;
      await staysAwake(db, sleep(wait * (1 + Math.random() / 2)));
    } else return answer;
  }
}

async function waitForTurn(db: Sql, { service, callMs }: CallPace) {
  for (;;) {
    const wait = await takeGateTurn(db, service, callMs);
    if (wait > 0) await staysAwake(db, sleep(wait));
    // Somebody may have been told to leave the service alone while this one waited.
    if ((await gateClosedFor(db, service)) === 0) return;
  }
}

/** The services there are, by name, and how to call each. */
export type Services = (
  name: string,
  settings: Pick<Settings, 'vendingApiRoot' | 'vendingCallMs'>,
) => { telemetry: Telemetry; pace: CallPace };
