import { setTimeout as sleep } from 'node:timers/promises';
import { TelegramApiError, type Update } from 'node-telegram-bot-api';
import { log } from '../../queues/log/log.ts';
import { storeUpdates } from '../../sql/bot/updates.ts';
import type { Database } from '../../sql/database/database.ts';
import { believedWait } from '../../workers/notifier/outbox/deliver.ts';
import type { BotContext } from './bot-context.ts';
import { chatIdOf } from './sender.ts';

export const ALLOWED_UPDATES = ['message', 'callback_query', 'my_chat_member'] as const;
const POLL_SECONDS = 25;
const LONGEST_WAIT_SECONDS = 60;

/** Keeps what Telegram brought, by whichever way. What is kept already stays as it is. */
export const keepUpdates = (db: Pick<Database, 'query'>, updates: readonly Update[]) =>
  storeUpdates(
    db as Database,
    updates.map((update) => ({ update_id: update.update_id, chat_id: chatIdOf(update), payload: update })),
  );

/**
 * Fetches updates until the signal comes. Each lies in the database before the next call confirms it to Telegram, so a crash
 * repeats updates and loses none. An offset is sent only to confirm: after a quiet week Telegram may number from anywhere,
 * and an offset kept for longer would throw away what has a lower number.
 * @param onUpdates called when there is something to work off
 */
export async function poll({ api, db }: Pick<BotContext, 'api' | 'db'>, signal: AbortSignal, onUpdates: () => void) {
  let offset: number | undefined;
  let misses = 0;
  while (!signal.aborted) {
    try {
      const updates = await api.getUpdates({ offset, timeout: POLL_SECONDS, allowed_updates: [...ALLOWED_UPDATES] }, signal);
      misses = 0;
      if (updates.length > 0) {
        await keepUpdates(db, updates);
        onUpdates();
      }
      const last = updates.at(-1);
      offset = last && last.update_id + 1;
    } catch (error) {
      if (signal.aborted) return;
      misses += 1;
      // One that was kept and not confirmed comes again; the offset of a call that failed is sent again with the next.
      if (misses === 1 || misses % 10 === 0) log.warn({ err: error, misses }, whyNoUpdates(error));
      await sleep(waitAfter(error, misses) * 1_000, null, { signal }).catch(() => undefined);
    }
  }
}

const isConflict = (error: unknown) => error instanceof TelegramApiError && error.errorCode === 409;

const whyNoUpdates = (error: unknown) =>
  isConflict(error)
    ? 'another program fetches the updates of this bot, or a webhook is set: a token may be used in one place only'
    : 'Telegram brings no updates; trying again';

/** Seconds: what Telegram says, else 1, 2, 4 ... 60; a conflict begins at 8, since two that hurry only throw each other out. */
export function waitAfter(error: unknown, misses: number): number {
  const asked = error instanceof TelegramApiError ? believedWait(error.retryAfter) : null;
  if (asked !== null) return asked;
  return Math.min(LONGEST_WAIT_SECONDS, 2 ** (Math.min(misses, 10) + (isConflict(error) ? 2 : -1)));
}
