import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../../queues/log/log.ts';
import { drainOutbox, type Outbox } from './drain.ts';
import { drainOthers } from './drain-others.ts';

const LOOK_MS = 1_000;

/**
 * Sends what the outbox holds for as long as the process lives: a job wakes it at once, and it looks by itself every
 * second, so that every notifier works and none depends on the queue. A drain that fails is begun again. Telegram and the other
 * channels do not wait for each other.
 */
export function createPost() {
  const wakes = new Map<typeof drainOutbox, () => void>();
  const keepSending = async (drain: typeof drainOutbox, outbox: Outbox, signal: AbortSignal) => {
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wakes.set(drain, resolve);
      const drained = await drain(outbox, signal).catch((error) => log.warn({ err: error }, 'the outbox was not emptied'));
      if (drained && Object.values(drained).some((count) => count > 0)) log.info(drained, 'messages left');
      await Promise.race([promise, sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)]);
    }
  };
  return {
    /** There may be something to send. */
    wake: async () => {
      for (const wake of wakes.values()) wake();
    },
    async open(outbox: Outbox, signal: AbortSignal) {
      await Promise.all([drainOutbox, drainOthers].map((drain) => keepSending(drain, outbox, signal)));
    },
  };
}
