import { InlineKeyboardBuilder, InputFile, TelegramApiError, TelegramBotError } from 'node-telegram-bot-api';
import { scrub } from '../../queues/log/log.ts';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { runsByDay } from '../../sql/bot/days.ts';
import { believedWait, movedTo } from '../../workers/notifier/outbox/deliver.ts';
import type { BotAnswer, Buttons, Words } from '../../workers/notifier/templates/bot-answers.ts';
import { routine } from '../../workers/notifier/templates/process-names.ts';
import type { BotContext } from './bot-context.ts';
import { offerMenu } from './menu.ts';
import { chartOf, summary } from './summary.ts';
import { views } from './views.ts';

/** At least so long; the longer it has waited, the longer. */
const WAIT_SECONDS = 1;

/** What became of an answer. A `later` one is tried again after so many seconds; `flood`: Telegram asked for it. */
export type Performed =
  | { outcome: 'given' }
  | { outcome: 'dropped'; error: string }
  /** The group has become a supergroup; the answer is given there. */
  | { outcome: 'moved'; to: number; error: string }
  | { outcome: 'later'; seconds: number; error: string; flood: boolean };

/** Gives one answer. What Telegram refuses is dropped with its reason; what it cannot take now is for later. */
export async function perform(bot: BotContext, answer: BotAnswer, now: Date): Promise<Performed> {
  try {
    await give(bot, answer, now);
    return { outcome: 'given' };
  } catch (error) {
    if (!(error instanceof TelegramBotError)) throw error;
    return judge(error, answer);
  }
}

function give(bot: BotContext, answer: BotAnswer, now: Date): Promise<unknown> {
  const { api } = bot;
  switch (answer.do) {
    case 'toast':
      return api.answerCallbackQuery({ callback_query_id: answer.callback_query_id, text: answer.text });
    case 'say':
      return send(bot, answer.chat_id, answer);
    case 'edit':
      return api.editMessageText({ chat_id: answer.chat_id, message_id: answer.message_id, ...wire(answer) });
    case 'show':
      return views[answer.view](bot, answer.locale, now).then((words) => send(bot, answer.chat_id, words));
    case 'chart':
      return sendChart(bot, answer, now);
    case 'menu':
      return offerMenu(bot, answer);
  }
}

const send = ({ api }: BotContext, chat_id: number, words: Words) => api.sendMessage({ chat_id, ...wire(words) });

/** As Telegram takes it. An error text may hold an address of our own; Telegram is not to fetch it for a preview. */
const wire = ({ text, entities, buttons }: Words) => ({
  text,
  entities: entities as never,
  reply_markup: buttons ? keyboard(buttons) : undefined,
  link_preview_options: { is_disabled: true },
});

/** Rows of buttons as an inline keyboard. */
export function keyboard(rows: Buttons) {
  const builder = new InlineKeyboardBuilder();
  for (const row of rows) {
    for (const button of row) 'app' in button ? builder.webApp(button.text, button.app) : builder.text(button.text, button.data);
    builder.row();
  }
  return builder.build();
}

async function sendChart(
  { api, db, settings }: BotContext,
  { chat_id, days, locale }: Extract<BotAnswer, { do: 'chart' }>,
  now: Date,
) {
  const today = dayOf(now, settings.zone);
  const rows = await runsByDay(db, addDays(today, 1 - days), today, settings.zone, routine);
  const { text: caption, entities } = summary(locale, rows);
  // Loaded here, for few ask for a picture and what draws it takes memory.
  const { picture } = await import('./chart.ts');
  const photo = new InputFile(await picture(chartOf(locale, rows)), { filename: 'history.png', contentType: 'image/png' });
  return api.sendPhoto({ chat_id, photo, caption, caption_entities: entities as never });
}

/** A line under a button is worth nothing later; the rest waits for better times. */
function judge(trouble: TelegramBotError, answer: BotAnswer): Performed {
  const error = scrub(trouble.message).slice(0, 500);
  const later = (seconds: number, flood = false) => ({ outcome: 'later', seconds, error, flood }) as const;
  if (answer.do === 'toast' || answer.do === 'menu') return { outcome: 'dropped', error };
  if (!(trouble instanceof TelegramApiError)) return later(WAIT_SECONDS);
  const to = movedTo(trouble);
  if (to !== null) return { outcome: 'moved', to, error };
  if (trouble.errorCode === 429) return later(believedWait(trouble.retryAfter) ?? WAIT_SECONDS, true);
  const mends = trouble.errorCode >= 500 || [401, 402, 404].includes(trouble.errorCode);
  return mends ? later(WAIT_SECONDS) : { outcome: 'dropped', error };
}
