import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../../queues/log/log.ts';
import { noteProfile } from '../../sql/bot/links.ts';
import { adminTelegramIds } from '../../sql/bot/people.ts';
import { forgetUpdates } from '../../sql/bot/updates.ts';
import { currentChats } from '../../sql/notifications/moved-chats.ts';
import { notifyEnded } from '../../workers/notifier/templates/run-ended.ts';
import type { BotContext } from './bot-context.ts';
import { ALLOWED_UPDATES, poll } from './intake.ts';
import { offerCommands, offerHello } from './menu.ts';
import { workOff } from './process-updates.ts';

/** A poller wakes the work itself; what a webhook brought is looked for. */
const LOOK_MS = { polling: 1_000, webhook: 300 };
const FORGET_MS = 3_600_000;

/** Is the bot until the signal comes: updates come in, and are worked off. Throws when the database, or `getMe`, is away. */
export async function serveBot(unnamed: Omit<BotContext, 'me'>, signal: AbortSignal) {
  const { id, username = '' } = await unnamed.api.getMe(signal);
  const bot: BotContext = { ...unnamed, me: { id, username } };
  await noteProfile(bot.db, id, username);
  await arrange(bot);
  const wakeUp = createWakeUp(bot.settings.webhook ? LOOK_MS.webhook : LOOK_MS.polling, signal);
  await Promise.all([work(bot, signal, wakeUp.wait), bot.settings.webhook ? null : poll(bot, signal, wakeUp.wake)]);
}

async function work(bot: BotContext, signal: AbortSignal, wait: () => Promise<unknown>) {
  const busy = new Set<number>();
  const answering = new Set<Promise<unknown>>();
  let forgotten = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    for (const answers of await workOff(bot, signal, busy)) {
      answering.add(answers);
      void answers.finally(() => answering.delete(answers));
    }
    await notifyEnded(bot);
    if (performance.now() - forgotten > FORGET_MS) {
      await forgetUpdates(bot.db);
      forgotten = performance.now();
    }
    await wait();
  }
  await Promise.all(answering);
}

/** A wait that is over after `ms`, when the signal comes, or at once when `wake` was called since the last one began. */
function createWakeUp(ms: number, signal: AbortSignal) {
  let woken = Promise.withResolvers<void>();
  return {
    wake: () => woken.resolve(),
    async wait() {
      await Promise.race([woken.promise, sleep(ms, null, { signal }).catch(() => undefined)]);
      woken = Promise.withResolvers<void>();
    },
  };
}

/** Tells Telegram how updates are to come and which commands to offer. What an admin's chat refuses (they never wrote) is left. */
async function arrange(bot: BotContext) {
  const { api, db, settings } = bot;
  const { webhook } = settings;
  if (webhook) await api.setWebhook({ url: webhook.url, secret_token: webhook.secret, allowed_updates: [...ALLOWED_UPDATES] });
  else await api.deleteWebhook();
  const admins = await currentChats(db, settings.adminChatIds);
  const chats = new Set([...admins.map(({ chat_id }) => chat_id), ...(await adminTelegramIds(db))]);
  const offers = [() => offerHello(bot), ...[...chats].map((chat) => () => offerCommands(bot, chat))];
  for (const offer of offers) {
    await offer().catch((error) => log.info({ err: error }, 'a chat cannot be offered its commands yet'));
  }
}
