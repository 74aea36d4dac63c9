import { ringForSlots } from '../../queues/backend/enqueue.ts';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { offersOf } from './offers.ts';

/** Whatever is written within this time is one bell. */
const TOGETHER_MS = 100;

/**
 * What follows a write: this process forgets what it knew of offers, and rings for slots if a calendar was changed, soon and
 * without keeping its caller waiting. Whether one was stands in the book, and so does a change whose bell is lost; the
 * scheduler rings for it a second later.
 */
export function slotsWritten(fleet: Pick<Fleet, 'backend' | 'db'>, draining: AbortSignal): () => void {
  const offers = offersOf(fleet);
  let isWaiting = false;
  async function rings() {
    isWaiting = false;
    if (draining.aborted) return;
    try {
      if (await isAnySlotChanged(fleet.db)) await ringForSlots(fleet.backend);
    } catch (error) {
      log.debug({ err: error }, 'a bell for slots was not heard; the scheduler rings again');
    }
  }
  return () => {
    offers.forget();
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(rings, TOGETHER_MS).unref();
  };
}
