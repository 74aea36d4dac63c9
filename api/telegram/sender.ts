import type { Chat, Update, User } from 'node-telegram-bot-api';
import type { Settings } from '../../queues/process/settings.ts';
import { dayOf } from '../../queues/time/calendar.ts';
import { personOf, type TelegramPerson } from '../../sql/bot/people.ts';
import type { Sql } from '../../sql/database/database.ts';
import type { Locale } from '../../sql/database/locale.ts';
import { currentChats } from '../../sql/notifications/moved-chats.ts';
import type { Asker } from './decision.ts';

/** Who may command by the settings: chats, and, where people are named, only these in the groups among them. */
type Commanders = { chatIds: readonly number[]; userIds: readonly number[] };

/**
 * Whether somebody in this chat may command the fleet: its id is in the settings and, in a group whose commanders the settings name,
 * so is theirs or they are an admin with the right to; or it is the private chat of such an admin (D46). In any other group nobody
 * may, an admin neither: the rest of the group would read along.
 */
export function mayCommand(
  chat: { id: number; isPrivate: boolean },
  { telegramId, person }: { telegramId: number; person: TelegramPerson | null },
  { chatIds, userIds }: Commanders,
) {
  const commands = person?.commands === true;
  if (!chatIds.includes(chat.id)) return chat.isPrivate && commands;
  return chat.isPrivate || userIds.length === 0 || userIds.includes(telegramId) || commands;
}

/** The person's own language; else the one their Telegram speaks, if we do too; else the studio's. */
export function languageOf(person: TelegramPerson | null, telegramCode: string | undefined, studio: Locale): Locale {
  const code = telegramCode?.slice(0, 2);
  return person?.locale ?? (code === 'ru' || code === 'uk' || code === 'en' ? code : studio);
}

/** Who is behind an update, or null where nobody can be answered: a channel, another bot, a message that is gone, ids that are none. */
export async function askerOf(
  db: Sql,
  update: Update,
  settings: Pick<Settings, 'adminChatIds' | 'adminUserIds' | 'locale' | 'zone'>,
): Promise<Asker | null> {
  const { chat, from } = partiesOf(update);
  if (!chat || !from || (from.is_bot && chat.type === 'private')) return null;
  if (!Number.isSafeInteger(chat.id) || !Number.isSafeInteger(from.id) || from.id <= 0) return null;
  const isPrivate = chat.type === 'private';
  const person = await personOf(db, from.id, dayOf(new Date(), settings.zone));
  const admins = await currentChats(db, settings.adminChatIds);
  const commanders = { chatIds: admins.map(({ chat_id }) => chat_id), userIds: settings.adminUserIds };
  return {
    chatId: chat.id,
    isPrivate,
    telegramId: from.id,
    username: from.username ?? null,
    person,
    isAdmin: mayCommand({ id: chat.id, isPrivate }, { telegramId: from.id, person }, commanders),
    locale: isPrivate ? languageOf(person, from.language_code, settings.locale) : settings.locale,
  };
}

function partiesOf(update: Update): { chat?: Chat; from?: User } {
  if ('message' in update) return { chat: update.message.chat, from: update.message.from };
  if ('callback_query' in update) return { chat: update.callback_query.message?.chat, from: update.callback_query.from };
  if ('my_chat_member' in update) return { chat: update.my_chat_member.chat, from: update.my_chat_member.from };
  return {};
}

/** The chat of an update, by which updates are kept in order before anything else is known of them; null where it has none. */
export function chatIdOf(update: Update): number | null {
  const id = partiesOf(update).chat?.id;
  return Number.isSafeInteger(id) ? (id ?? null) : null;
}
