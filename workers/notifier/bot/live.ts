import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from 'node-telegram-bot-api';
import type { Fleet } from '../../../queues/fleet.ts';
import { log } from '../../../queues/log.ts';
import { adminTelegramIds, forgetUpdates, noteProfile } from '../../../sql/bot.ts';
import { dropLease, takeLease } from '../../../sql/leases.ts';
import { tellEnded } from './ended.ts';
import type { House } from './house.ts';
import { ALLOWED_UPDATES, poll } from './intake.ts';
import { offerCommands, offerHello } from './menu.ts';
import { workOff } from './work.ts';

const LEASE = 'telegram-bot';
const LEASE_SECONDS = 15;
/** A poller wakes the work itself; what a webhook brought is looked for. */
const LOOK_MS = { polling: 1_000, webhook: 300 };
const FORGET_MS = 3_600_000;
const TIMEOUT_MS = 15_000;

type Limits = Pick<House, 'turn' | 'answered'>;

/**
 * The bot's life in this process. Telegram gives updates to one poller at a time, so of all processes the one with the
 * lease is the bot; the others wait for it to go. Never throws: whatever fails is logged and begun again.
 */
export async function liveBot(fleet: Pick<Fleet, 'db' | 'backend' | 'settings'>, limits: Limits, signal: AbortSignal) {
  const { telegramToken, telegramApiRoot } = fleet.settings;
  if (!telegramToken) return;
  const api = new Api(telegramToken, { apiRoot: telegramApiRoot, maxRetries: 0, timeoutMs: TIMEOUT_MS });
  const holder = `${hostname()}:${process.pid}:${randomUUID()}`;
  while (!signal.aborted) {
    await hold({ ...fleet, ...limits, api, me: { id: 0, username: '' } }, holder, signal).catch((error) => {
      if (!signal.aborted) log.warn({ err: error }, 'the bot stumbled; it goes on in a moment');
    });
    await sleep(1_000, null, { signal }).catch(() => undefined);
  }
}

/** Is the bot for as long as the lease can be kept. Both halves, taking in and working off, end when either fails. */
async function hold(house: House, holder: string, signal: AbortSignal) {
  if (!(await takeLease(house.db, LEASE, holder, LEASE_SECONDS))) return;
  const over = new AbortController();
  const ours = AbortSignal.any([signal, over.signal]);
  const until = (part: Promise<unknown>) => part.finally(() => over.abort());
  try {
    await Promise.all([until(keepLease(house, holder, ours)), until(serve(house, ours))]);
  } finally {
    await dropLease(house.db, LEASE, holder);
  }
}

async function keepLease({ db }: House, holder: string, signal: AbortSignal) {
  while (!signal.aborted) {
    await sleep((LEASE_SECONDS / 3) * 1_000, null, { signal }).catch(() => undefined);
    if (!signal.aborted && !(await takeLease(db, LEASE, holder, LEASE_SECONDS))) return;
  }
}

async function serve(unnamed: House, signal: AbortSignal) {
  const me = await unnamed.api.getMe(signal);
  const house = { ...unnamed, me: { id: me.id, username: me.username ?? '' } };
  await noteProfile(house.db, house.me.id, house.me.username);
  await arrange(house);
  let wake = () => {};
  const onUpdates = () => wake();
  const work = async () => {
    let forgotten = 0;
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await workOff(house, signal);
      await tellEnded(house);
      if (performance.now() - forgotten > FORGET_MS) {
        await forgetUpdates(house.db);
        forgotten = performance.now();
      }
      await Promise.race([
        promise,
        sleep(house.settings.webhook ? LOOK_MS.webhook : LOOK_MS.polling, null, { signal }).catch(() => undefined),
      ]);
    }
  };
  await Promise.all([work(), ...(house.settings.webhook ? [] : [poll(house, signal, onUpdates)])]);
}

/** Tells Telegram how updates are to come and which commands to offer. What an admin's chat refuses (they never wrote) is left. */
async function arrange(house: House) {
  const { api, db, settings } = house;
  const { webhook } = settings;
  if (webhook) await api.setWebhook({ url: webhook.url, secret_token: webhook.secret, allowed_updates: [...ALLOWED_UPDATES] });
  else await api.deleteWebhook();
  await offerHello(house);
  const chats = new Set([...settings.adminChatIds, ...(await adminTelegramIds(db))]);
  for (const chat of chats) {
    await offerCommands(house, chat).catch((error) => log.info({ err: error }, 'a chat cannot be offered the commands yet'));
  }
}
