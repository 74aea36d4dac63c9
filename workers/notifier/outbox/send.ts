import { Api } from 'node-telegram-bot-api';
import { log } from '../../../queues/log/log.ts';
import { closeGate, notePaid, noteUnpaid } from '../../../sql/alerts/outside-services.ts';
import type { ClaimedMessage, Pace } from '../../../sql/notifications/claim.ts';
import {
  dropMessage,
  leaveChat,
  markMessage,
  markPart,
  postponeFlooded,
  postponeMessage,
  readdressMessage,
  releaseMessage,
} from '../../../sql/notifications/mark.ts';
import { noteMovedChat } from '../../../sql/notifications/moved-chats.ts';
import { blockChat } from '../../../sql/notifications/notify.ts';
import { type Rendered, render } from '../templates/render.ts';
import { splitText } from '../templates/split.ts';
import { type Delivery, deliver } from './deliver.ts';
import type { Fate, Outbox } from './drain.ts';
import { START_MS, TIMEOUT_MS } from './pace.ts';
import { judge } from './quiet.ts';

/** UTF-16 units that Telegram takes under a picture. */
const MOST_CAPTION = 1_024;

/** How the services outside are called in `outside_services`. */
export const TELEGRAM = 'telegram';

/**
 * Sends claimed messages, each right when it comes: judged by its switches and quiet hours, rendered, sent and marked.
 * One that waited too long since its claim goes back untried: by then it may be somebody else's. `onAnswer` is called when Telegram
 * has answered, before the message is marked.
 */
export function sender({ db, settings }: Outbox, token: string, pace: Pace) {
  const api = new Api(token, { apiRoot: settings.telegramApiRoot, maxRetries: 0, timeoutMs: TIMEOUT_MS });

  return async (message: ClaimedMessage, claimedAt: number, onAnswer: () => void = () => {}): Promise<Fate> => {
    if (message.address !== message.chat_id) return readdress(message, message.address);
    const verdict = judge(message, new Date(), settings);
    if (verdict.do === 'drop') return drop(message, 'skipped', verdict.why);
    if (verdict.do === 'hold') return release(message, verdict.until.toISOString());
    const rendered = tryToRender(message, settings);
    if ('error' in rendered) {
      log.error({ ...about(message), err: rendered.error }, 'a message cannot be rendered');
      return drop(message, 'failed', `${rendered.error.name}: ${rendered.error.message}`.slice(0, 1_000));
    }
    if (performance.now() - claimedAt > START_MS) return release(message, null);
    const parts = splitText(rendered).filter((part) => part.text.trim() !== '');
    const part = parts[message.parts_sent];
    if (!part) return drop(message, 'failed', 'the text is empty');
    const isLast = message.parts_sent === parts.length - 1;
    const buttons = isLast ? rendered.buttons : [];
    // Only what is short enough stands under a picture; whatever else is to be said, is said without.
    const picture = parts.length === 1 && part.text.length <= MOST_CAPTION ? await rendered.picture?.() : undefined;
    const delivery = await deliver({ ...message, ...part, buttons, picture }, api);
    onAnswer();
    return mark(message, isLast, delivery);
  };

  async function mark(message: ClaimedMessage, isLast: boolean, delivery: Delivery): Promise<Fate> {
    if (delivery.outcome === 'sent') {
      if (message.is_check) await db.transaction((transaction) => notePaid(transaction, TELEGRAM, settings.adminChatIds));
      if (isLast) await markMessage(db, message, 'sent', null, pace);
      else await markPart(db, message, message.parts_sent + 1, pace);
      return isLast ? 'sent' : 'part';
    }
    const { outcome, error } = delivery;
    log.warn({ ...about(message), attempts: message.attempts, outcome, reason: error }, 'a message was not delivered');
    switch (outcome) {
      case 'later':
        await (delivery.flood ? postponeFlooded : postponeMessage)(db, message, delivery.seconds, error, pace);
        return 'later';
      case 'unpaid':
        await db.transaction(async (transaction) => {
          await noteUnpaid(transaction, TELEGRAM, error, settings.adminChatIds);
          await closeGate(transaction, delivery.seconds);
          await postponeMessage(transaction, message, delivery.seconds, error, pace);
        });
        return 'later';
      case 'undeliverable':
        await db.transaction(async (transaction) => {
          if (message.user_id === null) await markMessage(transaction, message, 'undeliverable', error, pace);
          else await leaveChat(transaction, message, error, pace);
          await blockChat(transaction, message.chat_id, error);
        });
        return 'undeliverable';
      case 'moved':
        await db.transaction(async (transaction) => {
          await noteMovedChat(transaction, message.chat_id, delivery.to);
          await readdressMessage(transaction, message, delivery.to);
        });
        return 'later';
      case 'failed':
        if (message.user_id === null) await markMessage(db, message, 'failed', error, pace);
        else await leaveChat(db, message, error, pace);
        return message.user_id === null ? 'failed' : 'undeliverable';
    }
  }

  async function drop(message: ClaimedMessage, status: 'failed' | 'skipped', why: string): Promise<Fate> {
    await dropMessage(db, message, status, why);
    return status;
  }
  async function readdress(message: ClaimedMessage, address: number | null): Promise<Fate> {
    await readdressMessage(db, message, address);
    return address === null ? 'undeliverable' : 'later';
  }
  async function release(message: ClaimedMessage, until: string | null): Promise<Fate> {
    await releaseMessage(db, message, until);
    return until ? 'held' : 'later';
  }
}

const about = ({ id, template }: Pick<ClaimedMessage, 'id' | 'template'>) => ({ notification_id: id, template });

/** What a template refuses concerns this message alone, so it is recorded with it and the others go on. */
export function tryToRender(message: Parameters<typeof render>[0], studio: Outbox['settings']): Rendered | { error: Error } {
  try {
    return render(message, studio);
  } catch (error) {
    return { error: error as Error };
  }
}
