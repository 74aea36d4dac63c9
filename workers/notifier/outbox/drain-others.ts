import { setTimeout as sleep } from 'node:timers/promises';
import { claimOther, leaveTelegram, untilNextOther } from '../../../sql/notifications/other-channels.ts';
import { carriersOf } from '../channels/set-up.ts';
import { type Drained, type Outbox, tracedSending } from './drain.ts';
import { sendOther } from './send-other.ts';

/** Longer than a letter and a short message take at most: 10 s to connect, 10 s for a greeting, 10 s of silence. */
const LEASE_MS = 60_000;
/** Messages on their way at once, beside those to Telegram. */
export const OTHERS_AT_ONCE = 2;
/** What is further away than this is not waited for. */
const PATIENT_MS = 1_500;

/**
 * Sends what is due by other channels than Telegram until nothing is or the signal comes; what is on its way is finished either way.
 * Any number of drains, in any number of processes, may go on at once. Each message is claimed for a minute and marked as its answer
 * arrives; what was on its way when a process died is sent again when its minute is over, so it may arrive twice (D36). Where nothing
 * at all is set up, messages are for the log (outbox/drain.ts).
 */
export async function drainOthers(outbox: Outbox, signal: AbortSignal): Promise<Drained> {
  const drained: Drained = { sent: 0, part: 0, later: 0, held: 0, failed: 0, undeliverable: 0, skipped: 0 };
  const { db, settings } = outbox;
  const order = carriersOf(settings);
  if (settings.telegramToken === undefined) {
    if (order.length === 0) return drained;
    await leaveTelegram(db);
  }
  const line = async () => {
    while (!signal.aborted) {
      const message = await claimOther(db, order, LEASE_MS);
      if (message) {
        drained[await tracedSending(message, message.channel, () => sendOther(outbox, message))] += 1;
        continue;
      }
      const wait = await untilNextOther(db);
      if (wait === null || wait > PATIENT_MS) return;
      await sleep(Math.max(wait, 1), undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: OTHERS_AT_ONCE }, line));
  return drained;
}
