import { enqueueSlotRecalc } from '../../queues/backend/enqueue.ts';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { isAnySlotChanged } from '../../sql/slots/changes.ts';
import { offersOf } from './offers.ts';

/** Whatever is written within this time is one job. */
const BATCH_MS = 100;

/**
 * What follows a write: this process forgets what it knew of offers, and enqueues the job of slots if a calendar was changed, soon and
 * without keeping its caller waiting. Whether one was stands in the database, and so does a change whose job is lost; the
 * scheduler enqueues it a second later.
 */
export function slotsWritten(fleet: Pick<Fleet, 'backend' | 'db'>, draining: AbortSignal): () => void {
  const offers = offersOf(fleet);
  let isWaiting = false;
  async function enqueueIfChanged() {
    isWaiting = false;
    if (draining.aborted) return;
    try {
      if (await isAnySlotChanged(fleet.db)) await enqueueSlotRecalc(fleet.backend);
    } catch (error) {
      log.debug({ err: error }, 'a job for slots was not enqueued; the scheduler enqueues it again');
    }
  }
  return () => {
    offers.forget();
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(enqueueIfChanged, BATCH_MS).unref();
  };
}
