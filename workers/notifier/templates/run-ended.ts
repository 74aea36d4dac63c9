import { z } from 'zod';
import type { Settings } from '../../../queues/process/settings.ts';
import { endedWatches, tellChats } from '../../../sql/bot/watches.ts';
import type { Database } from '../../../sql/database/database.ts';
import { text } from '../texts/texts.ts';
import { achieved, duration, MARKS, reasonIn, runTitle } from './run-words.ts';
import { type Template, template } from './template.ts';

/**
 * Writes to everyone who asked for a run how it ended. Chats that get every failure as an alert are not told of one twice.
 * The watch goes and the message is written in one transaction.
 */
export function tellEnded({ db, settings }: { db: Database; settings: Pick<Settings, 'adminChatIds'> }) {
  return db.transaction(async (transaction) => {
    const ended = await endedWatches(transaction);
    const untold = ended.filter(({ status, chat_id }) => status !== 'error' || !settings.adminChatIds.includes(chat_id));
    const messages = untold.map(({ chat_id, locale, ...params }) => ({
      chat_id,
      locale,
      template: 'run_ended',
      params,
      dedupe: `run_ended:${params.id}:${chat_id}`,
    }));
    if (messages.length > 0) await tellChats(transaction, messages);
  });
}

const count = z.int().default(0);

/** The template of what {@link tellEnded} writes. */
export const runEnded: Template = template(
  z.object({
    id: z.int(),
    process_type: z.string(),
    process_date: z.iso.date(),
    status: z.enum(['success', 'partial', 'error']),
    error_message: z.string().nullable(),
    seconds: z.number().nullable(),
    trainings_processed: count,
    students_processed: count,
    students_added: count,
    sessions_deducted: count,
    invoices_created: count,
  }),
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
