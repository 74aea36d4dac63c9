import { type Api, InputFile, TelegramApiError, TelegramBotError } from 'node-telegram-bot-api';
import { scrub } from '../../../queues/log/log.ts';
import type { Entity } from '../templates/split.ts';
import type { ButtonRows } from '../templates/template.ts';
import { backoff } from './backoff.ts';

/** What became of one attempt to send. `seconds` is how long to wait; `flood` that Telegram asked for it. */
export type Delivery =
  | { outcome: 'sent' }
  | { outcome: 'later'; seconds: number; error: string; flood: boolean }
  | { outcome: 'undeliverable'; error: string }
  | { outcome: 'failed'; error: string }
  /** The group has become a supergroup: the same message goes there. */
  | { outcome: 'moved'; to: number; error: string }
  /** Telegram wants to be paid: nobody's message leaves until it is (D40). */
  | { outcome: 'unpaid'; seconds: number; error: string };

/** After this many attempts, about a day, a message in transient trouble is given up. A wrong token counts as transient: it gets mended. */
export const MOST_ATTEMPTS = 300;
/** However long Telegram asks to wait: after an hour it is tried. */
const MOST_BELIEVED_SECONDS = 3_600;

/** The seconds that Telegram asked to wait, as far as it is believed: more than 0 and at most an hour; null for anything else. */
export function believedWait(retryAfter: unknown): number | null {
  const seconds = Number(retryAfter);
  return seconds > 0 ? Math.min(seconds, MOST_BELIEVED_SECONDS) : null;
}

/** Where a group that was refused is now, or null; groups have ids below 0. */
export const movedTo = ({ migrateToChatId }: Pick<TelegramApiError, 'migrateToChatId'>): number | null =>
  Number.isSafeInteger(migrateToChatId) && Number(migrateToChatId) < 0 ? Number(migrateToChatId) : null;

/** How often a service that wants to be paid is asked whether it has been. */
export const UNPAID_SECONDS = 900;

export type Outgoing = {
  chat_id: number;
  text: string;
  entities?: Entity[];
  buttons?: ButtonRows;
  /** A PNG under which the text stands, at most 1,024 UTF-16 units of it. */
  picture?: Buffer | undefined;
  attempts: number;
};

/**
 * Sends one message, once. Refusals and outages are returned, never thrown; their texts hold no token.
 * @param message.attempts which attempt this is, from 1
 * @param api made with `maxRetries: 0`: waiting is the outbox's business
 */
export async function deliver(message: Outgoing, api: Api): Promise<Delivery> {
  const { chat_id, text, entities = [], buttons = [], picture } = message;
  const formatting = entities.length > 0 ? (entities as never) : undefined;
  const reply_markup = buttons.length > 0 ? keyboard(buttons) : undefined;
  try {
    if (picture) {
      const photo = new InputFile(picture, { filename: 'picture.png', contentType: 'image/png' });
      await api.sendPhoto({ chat_id, photo, caption: text, caption_entities: formatting, reply_markup });
      return { outcome: 'sent' };
    }
    await api.sendMessage({
      chat_id,
      text,
      entities: formatting,
      reply_markup,
      // An error text may hold an address of our own; Telegram is not to fetch it for a preview.
      link_preview_options: { is_disabled: true },
    });
    return { outcome: 'sent' };
  } catch (error) {
    if (!(error instanceof TelegramBotError)) throw error;
    return judge(error, message.attempts);
  }
}

function judge(trouble: TelegramBotError, attempts: number): Delivery {
  const error = scrub(explain(trouble)).slice(0, 500);
  if (trouble instanceof TelegramApiError) {
    const { errorCode } = trouble;
    const wait = believedWait(trouble.retryAfter);
    const to = movedTo(trouble);
    if (errorCode === 400 && to !== null && attempts < MOST_ATTEMPTS) return { outcome: 'moved', to, error };
    if (errorCode === 402) return { outcome: 'unpaid', seconds: UNPAID_SECONDS, error };
    if (errorCode === 403) return { outcome: 'undeliverable', error };
    if (errorCode >= 400 && errorCode < 500 && ![401, 404, 429].includes(errorCode)) {
      return { outcome: 'failed', error };
    }
    if (attempts < MOST_ATTEMPTS && errorCode === 429 && wait !== null) {
      return { outcome: 'later', seconds: wait, error, flood: true };
    }
  }
  if (attempts >= MOST_ATTEMPTS) return { outcome: 'failed', error: `given up after ${attempts} attempts: ${error}` };
  return { outcome: 'later', seconds: backoff(attempts), error, flood: false };
}

const keyboard = (rows: ButtonRows) => ({
  inline_keyboard: rows.map((row) => row.map(({ text, data }) => ({ text, callback_data: data }))),
});

/** The messages of an error and its causes: undici says "fetch failed" and keeps the reason beneath. */
function explain(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  const said = message || code || 'unknown';
  return cause ? `${said}: ${explain(cause)}` : said;
}
