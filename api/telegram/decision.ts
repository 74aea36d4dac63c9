import type { ProcessRequest } from '../../queues/jobs/request.ts';
import type { Settings } from '../../queues/process/settings.ts';
import type { TelegramPerson } from '../../sql/bot/people.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { Locale } from '../../sql/database/locale.ts';
import type { CallContext } from '../../workers/call-context.ts';
import type { BotAnswer } from '../../workers/notifier/templates/bot-answers.ts';

/** What a bot knows of itself, from `getMe`. */
export type Me = { id: number; username: string };

/** Who wrote or pressed, where, and what the studio knows of them. */
export type Asker = {
  chatId: number;
  isPrivate: boolean;
  telegramId: number;
  username: string | null;
  person: TelegramPerson | null;
  isAdmin: boolean;
  locale: Locale;
};

/**
 * One update being decided. `db` is the transaction that keeps its effects, its answers and the mark that it is decided,
 * so whatever dies, they happen together, once.
 */
export type Turn = {
  db: Sql;
  settings: Settings;
  /** What rules that act in the asker's name stand on; they write through `db`. */
  fleet: CallContext['fleet'];
  now: Date;
  asker: Asker;
  answers: BotAnswer[];
  /** Processes asked for; their jobs are enqueued once the transaction is committed. */
  asked: ProcessRequest[];
};

/** How the database names whoever asked through Telegram. */
export const nameOf = ({ telegramId }: Pick<Asker, 'telegramId'>) => `telegram:${telegramId}`;

export const say = (turn: Turn, words: { text: string } & Partial<Extract<BotAnswer, { do: 'say' }>>) =>
  turn.answers.push({ ...words, do: 'say', chat_id: turn.asker.chatId });
