import type { CallbackQuery } from 'node-telegram-bot-api';
import { dayOf } from '../../queues/time/calendar.ts';
import { namesOf } from '../../sql/auth/people.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { CallContext } from '../../workers/call-context.ts';
import type { Words } from '../../workers/notifier/templates/bot-answers.ts';
import { type TextKey, text } from '../../workers/notifier/texts/texts.ts';
import { Refused } from '../../workers/refusal.ts';
import { callerBehind } from './admission.ts';
import { say, type Turn } from './decision.ts';

/** The asker's own visits: oneself and the children one looks after, never whom one trains. */
export type Own = Extract<Whose, { everything: false }>;

/** Whose visits are the asker's own, within what the policy lets them see; null for a chat with nobody behind it. */
export function ownOf({ asker: { person } }: Turn, whose: Whose): Own | null {
  if (!person) return null;
  if (!whose.everything) return { ...whose, trainer: null };
  return { everything: false, self: person.id, trainer: null, students: [person.id, ...person.children], payer: person.id };
}

/** Says something that is nobody else's to read: not in a group, and only to whom the studio knows. */
export async function sayOwn(turn: Turn, whose: Whose, words: (own: Own) => Promise<Words>) {
  const own = ownOf(turn, whose);
  if (!turn.asker.isPrivate) return say(turn, { text: text(turn.asker.locale, 'bot.private') });
  return say(turn, own ? await words(own) : { text: text(turn.asker.locale, 'bot.nobody') });
}

/** Puts other words in the place of the message whose button was pressed, where nobody else reads them. */
export async function showOwn(turn: Turn, query: CallbackQuery, whose: Whose, words: (own: Own) => Promise<Words | null>) {
  const own = ownOf(turn, whose);
  const { locale, isPrivate, chatId } = turn.asker;
  const toast = (key?: TextKey) =>
    turn.answers.push({ do: 'toast', callback_query_id: query.id, text: key && text(locale, key) });
  if (!isPrivate) return toast('bot.private');
  const shown = own && (await words(own));
  if (!shown) return toast('bot.visit.gone');
  toast();
  if (query.message) turn.answers.push({ do: 'edit', chat_id: chatId, message_id: query.message.message_id, ...shown });
}

/** The first names of the children whose visits are shown beside one's own; oneself has none. */
export async function relativesOf({ db, asker }: Turn, own: Own): Promise<(id: number) => string | null> {
  const others = own.students.filter((id) => id !== asker.person?.id);
  const names = new Map((await namesOf(db, others)).map(({ id, first_name }) => [id, first_name]));
  return (id) => names.get(id) ?? null;
}

export const todayOf = ({ now, settings }: Turn) => dayOf(now, settings.zone);

/** Does something by the rules, in the asker's name. What is refused is undone and returned; the rest of the turn stands. */
export async function acting<T>(turn: Turn, work: (context: CallContext) => Promise<T>): Promise<T | Refused> {
  const { fleet, now, asker } = turn;
  return turn.db
    .transaction((db: Sql) => work({ db, fleet, caller: callerBehind(asker), now }))
    .catch((error: unknown) => {
      if (error instanceof Refused) return error;
      throw error;
    });
}
