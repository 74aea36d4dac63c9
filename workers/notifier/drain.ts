import { Api } from 'node-telegram-bot-api';
import { log } from '../../queues/log.ts';
import type { Settings } from '../../queues/settings.ts';
import type { Database } from '../../sql/database.ts';
import { claimMessages, markMessage, type OutboxMessage, postponeMessage, releaseMessages } from '../../sql/notifications.ts';
import { deliver } from './deliver.ts';
import { createPace } from './pace.ts';
import { render } from './render.ts';

/** The part of the fleet a drain uses. */
export type Outbox = {
  db: Database;
  settings: Pick<Settings, 'locale' | 'zone' | 'currency' | 'telegramToken' | 'telegramApiRoot'>;
};
/** How many messages came to which end; `later` ones are due again by themselves. */
export type Drained = { sent: number; later: number; failed: number; undeliverable: number; skipped: number };
type Fate = keyof Drained;

const BATCH = 20;
const CLAIM_SECONDS = 60;
const TIMEOUT_MS = 10_000;
/** No send starts later than this after its claim, so that it ends while the message is still ours. */
const SENDING_MS = CLAIM_SECONDS * 1_000 - TIMEOUT_MS - 5_000;

const pace = createPace();

/**
 * Sends what is due, oldest first, until nothing is or the signal comes; then the rest goes back untried.
 * Each message is marked right after its send, so a crash in between repeats at most that one (D36).
 */
export async function drainOutbox(outbox: Outbox, signal: AbortSignal): Promise<Drained> {
  const drained: Drained = { sent: 0, later: 0, failed: 0, undeliverable: 0, skipped: 0 };
  const send = sender(outbox);
  while (!signal.aborted) {
    const ours = AbortSignal.any([signal, AbortSignal.timeout(SENDING_MS)]);
    const claimed = [...(await claimMessages(outbox.db, BATCH, CLAIM_SECONDS))].sort((a, b) => a.id - b.id);
    if (claimed.length === 0) break;
    for (const [index, message] of claimed.entries()) {
      const fate = ours.aborted ? null : await send(message, ours);
      if (fate === null) {
        const rest = claimed.slice(index).map(({ id }) => id);
        await releaseMessages(outbox.db, rest);
        break;
      }
      drained[fate] += 1;
    }
  }
  return drained;
}

/** Sends one message of this drain and records what became of it; null when the signal came before its turn. */
function sender({ db, settings }: Outbox) {
  const { telegramToken: token, telegramApiRoot: apiRoot } = settings;
  const api = token ? new Api(token, { apiRoot, maxRetries: 0, timeoutMs: TIMEOUT_MS }) : null;
  const floodedUntil = new Map<number, number>();

  return async (message: OutboxMessage, signal: AbortSignal): Promise<Fate | null> => {
    const { id, template, chat_id, attempts } = message;
    const about = { notification_id: id, template };
    const rendered = tryToRender(message, settings);
    if ('error' in rendered) {
      log.error({ ...about, err: rendered.error }, 'a message cannot be rendered');
      return end(id, 'failed', `${rendered.error.name}: ${rendered.error.message}`);
    }
    if (!api || chat_id === null) {
      log.warn({ ...about, text: rendered.text }, 'admin notice');
      return end(id, 'skipped', null);
    }
    const flooded = (floodedUntil.get(chat_id) ?? 0) - performance.now();
    if (flooded > 0) {
      await releaseMessages(db, [id], flooded / 1_000);
      return 'later';
    }
    if (!(await pace.turn(chat_id, signal))) return null;
    const delivery = await deliver({ chat_id, text: rendered.text, attempts }, api);
    pace.answered(chat_id);
    if (delivery.outcome === 'sent') return end(id, 'sent', null);
    log.warn({ ...about, attempts, outcome: delivery.outcome, reason: delivery.error }, 'a message was not delivered');
    if (delivery.outcome !== 'later') return end(id, delivery.outcome, delivery.error);
    if (delivery.flood) floodedUntil.set(chat_id, performance.now() + delivery.seconds * 1_000);
    await postponeMessage(db, id, delivery.seconds, delivery.error);
    return 'later';
  };

  async function end(id: number, status: Exclude<Fate, 'later'>, error: string | null): Promise<Fate> {
    await markMessage(db, id, status, error?.slice(0, 1_000) ?? null);
    return status;
  }
}

/** What a template refuses concerns this message alone, so it is recorded with it and the others go on. */
function tryToRender(message: OutboxMessage, studio: Outbox['settings']): { text: string } | { error: Error } {
  try {
    return render(message, studio);
  } catch (error) {
    return { error: error as Error };
  }
}
