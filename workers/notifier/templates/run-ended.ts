import type { Settings } from '../../../queues/process/settings.ts';
import { endedWatches } from '../../../sql/bot/watches.ts';
import type { Database } from '../../../sql/database/database.ts';
import { currentChats } from '../../../sql/notifications/moved-chats.ts';
import { notifyChats } from '../../../sql/notifications/notify.ts';
import { text } from '../texts/texts.ts';
import { achieved, duration, MARKS, reasonIn, runTitle } from './run-words.ts';
import { template } from './template.ts';

/**
 * Writes to everyone who asked for a run how it ended. Chats that get every failure as an alert are not told of one twice.
 * The watch goes and the message is written in one transaction.
 */
export function notifyEnded({ db, settings }: { db: Database; settings: Pick<Settings, 'adminChatIds'> }) {
  return db.transaction(async (transaction) => {
    const ended = await endedWatches(transaction);
    if (ended.length === 0) return;
    const admins = (await currentChats(transaction, settings.adminChatIds)).map(({ chat_id }) => chat_id);
    const untold = ended.filter(({ status, chat_id }) => status !== 'error' || !admins.includes(chat_id));
    await notifyChats(
      transaction,
      untold.map(({ chat_id: chatId, locale, status, ...params }) => ({
        chatId,
        locale,
        template: 'run_ended' as const,
        params: { ...params, status },
        dedupe: `run_ended:${params.id}:${chatId}`,
      })),
    );
  });
}

/** The template of what {@link notifyEnded} writes. */
export const runEnded = template(
  'run_ended',
  ({ id, process_type, process_date, status, error_message, seconds, ...counts }, { locale }) => {
    const title = runTitle(locale, process_type, process_date);
    const done = achieved(locale, counts);
    return [
      `${MARKS[status]} ${title} · #${id}`,
      ...(status === 'error' && error_message ? [text(locale, 'reason', { reason: reasonIn(error_message, 1_000) })] : []),
      done ? text(locale, 'bot.details.done', { done }) : text(locale, `bot.ended.nothing_${status}`),
      ...(seconds === null ? [] : [text(locale, 'bot.details.took', { duration: duration(locale, seconds) })]),
    ];
  },
);
