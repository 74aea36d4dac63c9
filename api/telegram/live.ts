import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from 'node-telegram-bot-api';
import { log } from '../../queues/log/log.ts';
import type { Fleet } from '../../queues/process/fleet.ts';
import { dropLease, takeLease } from '../../sql/schedule/leases.ts';
import { TIMEOUT_MS } from '../../workers/notifier/outbox/pace.ts';
import type { BotContext } from './bot-context.ts';
import { serveBot } from './serve.ts';

const LEASE = 'telegram-bot';
const LEASE_SECONDS = 15;
/** How often those who are not the bot look whether it has gone. */
const LOOK_MS = 3_000;
const LONGEST_WAIT_MS = 30_000;

type Limits = Pick<BotContext, 'turn' | 'answered'>;

/**
 * The bot's life in this process. Telegram gives updates to one poller at a time, so of all processes the one with the
 * lease is the bot; the others wait for it to go. Never throws: whatever fails is logged and begun again.
 */
export async function liveBot(fleet: Pick<Fleet, 'db' | 'backend' | 'settings'>, limits: Limits, signal: AbortSignal) {
  const { telegramToken, telegramApiRoot } = fleet.settings;
  if (!telegramToken) return;
  const api = new Api(telegramToken, { apiRoot: telegramApiRoot, maxRetries: 0, timeoutMs: TIMEOUT_MS });
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  let misses = 0;
  while (!signal.aborted) {
    const began = performance.now();
    await hold({ ...fleet, ...limits, api }, holder, signal).catch((error) => {
      if (performance.now() - began > LONGEST_WAIT_MS) misses = 0;
      misses += 1;
      if (!signal.aborted) log.warn({ err: error, misses }, 'the bot stumbled; it goes on in a moment');
    });
    const wait = misses === 0 ? LOOK_MS : Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(misses, 10));
    await sleep(wait, null, { signal }).catch(() => undefined);
  }
}

/** Is the bot for as long as the lease can be kept. When one part ends, the other one does. */
async function hold(bot: Omit<BotContext, 'me'>, holder: string, signal: AbortSignal) {
  if (!(await takeLease(bot.db, LEASE, holder, LEASE_SECONDS))) return;
  const over = new AbortController();
  const ours = AbortSignal.any([signal, over.signal]);
  const both = [keepLease(bot, holder, ours), serveBot(bot, ours)].map((part) => part.finally(() => over.abort()));
  const [kept, served] = await Promise.allSettled(both);
  await dropLease(bot.db, LEASE, holder);
  for (const part of [kept, served]) if (part?.status === 'rejected') throw part.reason;
}

async function keepLease({ db }: Pick<BotContext, 'db'>, holder: string, signal: AbortSignal) {
  while (!signal.aborted) {
    await sleep((LEASE_SECONDS / 3) * 1_000, null, { signal }).catch(() => undefined);
    if (!signal.aborted && !(await takeLease(db, LEASE, holder, LEASE_SECONDS))) return;
  }
}
