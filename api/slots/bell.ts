import type { Backend } from '../../queues/backend.ts';
import { ringForSlots } from '../../queues/enqueue.ts';
import { log } from '../../queues/log.ts';

/** Whatever is written within this time is one bell. */
const TOGETHER_MS = 100;

/**
 * Rings for slots after a write, soon and without keeping its caller waiting: whether a calendar was changed stands in the
 * book, and so does a change whose bell is lost; the scheduler rings for it a second later.
 */
export function slotsBell(backend: Backend, draining: AbortSignal): () => void {
  let isWaiting = false;
  function rings() {
    isWaiting = false;
    if (draining.aborted) return;
    ringForSlots(backend).catch((error) =>
      log.debug({ err: error }, 'a bell for slots was not heard; the scheduler rings again'),
    );
  }
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(rings, TOGETHER_MS).unref();
  };
}
