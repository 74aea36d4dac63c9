import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../../queues/process/log.ts';
import type { Settings } from '../../../queues/process/settings.ts';
import type { Database } from '../../../sql/database/database.ts';
import { claimForLog, claimMessages, untilNextClaim } from '../../../sql/notifications/claim.ts';
import { endLogged } from '../../../sql/notifications/mark.ts';
import { paceOf } from './pace.ts';
import { sender, tryToRender } from './send.ts';

/** The part of the fleet a drain uses. */
export type Outbox = {
  db: Database;
  settings: Pick<
    Settings,
    'locale' | 'zone' | 'currency' | 'telegramToken' | 'telegramApiRoot' | 'telegramPace' | 'adminChatIds' | 'quietHours'
  >;
};
/**
 * How many messages came to which end. `later` ones are due again by themselves, `held` ones when the quiet hours are over,
 * and of a long text each `part` but the last is counted apart.
 */
export type Drained = Record<Fate, number>;
export type Fate = 'sent' | 'part' | 'later' | 'held' | 'failed' | 'undeliverable' | 'skipped';
const nothing: Drained = { sent: 0, part: 0, later: 0, held: 0, failed: 0, undeliverable: 0, skipped: 0 };

/** The next message goes when the one before is marked, or, where Telegram is slow to answer, after this. */
const PATIENCE_MS = 50;
/** Messages on their way at once: what a crash may repeat, at the very most. */
const MOST_AT_ONCE = 10;
/** Whatever is further away than this is not waited for. */
const PATIENT_MS = 1_500;
const SHORTEST_MS = 2;
const LOG_BATCH = 50;

/**
 * Sends what is due until nothing is or the signal comes; what is on its way is finished either way. Any number of drains,
 * in any number of processes, may go on at once. Each message is marked right after its send, so a crash in between repeats
 * that one (D36).
 */
export async function drainOutbox(outbox: Outbox, signal: AbortSignal): Promise<Drained> {
  const { db, settings } = outbox;
  const drained = { ...nothing };
  await logRest(outbox, drained, signal);
  if (!settings.telegramToken) return drained;
  const pace = paceOf(settings.telegramPace);
  const send = sender(outbox, settings.telegramToken, pace);
  const underway = new Set<Promise<unknown>>();
  const trouble: unknown[] = [];
  while (!signal.aborted && trouble.length === 0) {
    const claimedAt = performance.now();
    const [message] = underway.size < MOST_AT_ONCE ? await claimMessages(db, 1, pace) : [];
    if (message) {
      const sending: Promise<unknown> = send(message, claimedAt)
        .then((fate) => count(drained, fate))
        .catch((error) => trouble.push(error))
        .finally(() => underway.delete(sending));
      underway.add(sending);
      await Promise.race([sending, pause(PATIENCE_MS, signal)]);
      continue;
    }
    const wait = await untilNextClaim(db);
    if (underway.size === 0 && (wait === null || wait > PATIENT_MS)) break;
    const nap = Math.min(Math.max(wait ?? PATIENT_MS, SHORTEST_MS), PATIENT_MS);
    await Promise.race([...underway, pause(nap, signal)]);
  }
  await Promise.all(underway);
  if (trouble.length > 0) throw trouble[0];
  return drained;
}

function count(drained: Drained, fate: Fate) {
  drained[fate] += 1;
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);

/** What has no chat, and without a token everything, goes to the log. */
async function logRest({ db, settings }: Outbox, drained: Drained, signal: AbortSignal) {
  while (!signal.aborted) {
    const claimed = await claimForLog(db, LOG_BATCH, 60, !settings.telegramToken);
    if (claimed.length === 0) return;
    for (const message of [...claimed].sort((a, b) => a.id - b.id)) {
      const rendered = tryToRender(message, settings);
      const about = { notification_id: message.id, template: message.template };
      const status = 'error' in rendered ? 'failed' : 'skipped';
      if ('error' in rendered) log.error({ ...about, err: rendered.error }, 'a message cannot be rendered');
      // Which one, and not what it says: a log is no place for people's names.
      else if (message.user_id === null) log.warn(about, 'admin notice');
      await endLogged(db, message.id, status, 'error' in rendered ? rendered.error.message.slice(0, 1_000) : null);
      count(drained, status);
    }
  }
}
