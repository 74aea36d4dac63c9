import { withTimeout } from './with-timeout.ts';

/** How long a service that did not answer is asked nothing: questions would only pile up before it. */
const REST_MS = 2_000;

const restsUntil = new WeakMap<object, number>();

/** Nothing was asked: there was no answer a moment ago. */
export class CircuitOpen extends Error {
  override name = 'CircuitOpen';
}

/**
 * Asks a service that may be away, and waits `ms` milliseconds at most. After a timeout it is asked nothing for two seconds.
 * Throws a TimeoutError when there is no answer in time, {@link CircuitOpen} when nothing was asked, and what the question throws.
 * @param whom the service: what is remembered of one says nothing of another
 */
export async function withBreaker<T>(whom: object, ms: number, question: () => Promise<T>): Promise<T> {
  if ((restsUntil.get(whom) ?? 0) > performance.now()) throw new CircuitOpen('it did not answer a moment ago');
  return withTimeout(ms, question()).catch((error) => {
    if (error.name === 'TimeoutError') restsUntil.set(whom, performance.now() + REST_MS);
    throw error;
  });
}
