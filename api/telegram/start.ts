import { dayOf } from '../../queues/time/calendar.ts';
import type { TelegramLink } from '../../sql/bot/links.ts';
import { lockLink, revokeLink, takeLink } from '../../sql/bot/links.ts';
import { personOf, type TelegramPerson } from '../../sql/bot/people.ts';
import { answerStranger } from '../../sql/bot/updates.ts';
import { OWN_COMMANDS } from '../../workers/notifier/templates/bot-answers.ts';
import { help } from '../../workers/notifier/templates/run-words.ts';
import { type TextKey, text } from '../../workers/notifier/texts/texts.ts';
import { openedInTelegram } from '../../workers/sign-in/register.ts';
import { appButton } from './app-button.ts';
import { say, type Turn } from './decision.ts';
import { overview } from './wallet.ts';

/** `/start TOKEN` connects a person's Telegram with their record; a bare `/start` says hello. */
export async function start(turn: Turn, token: string) {
  const { asker, db } = turn;
  if (token !== '' && !asker.isPrivate) {
    // Whoever reads the group has read the token too.
    await revokeLink(db, token);
    return say(turn, { text: text(asker.locale, 'bot.start.group') });
  }
  return token === '' ? greet(turn) : connect(turn, token);
}

async function greet(turn: Turn) {
  const { asker, db, answers } = turn;
  const { locale } = asker;
  if (asker.isAdmin) {
    answers.push({ do: 'menu', chat_id: asker.chatId, locale });
    return say(turn, { ...help(locale), buttons: appButton(turn) });
  }
  if (asker.person) return greetKnown(turn, asker.person);
  if (await answerStranger(db, asker.chatId)) say(turn, { text: text(asker.locale, 'bot.stranger') });
}

/** Says what the bot can do for somebody of the studio, by what they are here. */
function greetKnown(turn: Turn, { first_name, roles }: TelegramPerson) {
  const { locale, isPrivate, chatId } = turn.asker;
  const hello = text(locale, 'bot.start.known', { name: first_name });
  if (!isPrivate) return say(turn, { text: hello });
  const commands = OWN_COMMANDS.filter((name) => name !== 'today' || roles.includes('trainer'));
  turn.answers.push({ do: 'menu', chat_id: chatId, commands, locale });
  const lines = commands.map((name) => `/${name} — ${text(locale, `bot.command.${name}`)}`);
  say(turn, { text: [hello, '', ...lines].join('\n'), buttons: overview(turn).buttons });
}

async function connect(turn: Turn, token: string) {
  const { asker, db, now } = turn;
  const link = await lockLink(db, token, now);
  if (!link && (await register(turn, token))) return;
  const locale = link?.locale ?? asker.locale;
  const refused = refusal(link, asker.telegramId);
  // Whoever tries many tokens is answered as slowly as any stranger.
  if (refused === 'bot.start.unknown' && !(await answerStranger(db, asker.chatId))) return;
  if (refused) return say(turn, { text: text(locale, refused, { name: link?.first_name ?? '' }) });
  const isTaken = await takeLink(db, link as TelegramLink, { id: asker.telegramId, username: asker.username });
  const person = isTaken && link?.is_admin ? await personOf(db, asker.telegramId, dayOf(now, turn.settings.zone)) : null;
  const connected = person && !person.commands ? 'bot.start.connected_admin' : 'bot.start.connected';
  return say(turn, { text: text(locale, isTaken ? connected : 'bot.start.taken', { name: link?.first_name ?? '' }) });
}

/** The link of somebody who registers at the site: says the code that is to be shown there. False where it is no such link. */
async function register({ asker, db, now, settings, ...turn }: Turn, start: string): Promise<boolean> {
  const telegram = { id: asker.telegramId, username: asker.username };
  const opened = await openedInTelegram(db, start, telegram, now, settings.locale);
  if (!opened) return false;
  const { code, registration } = opened;
  const locale = registration.locale ?? asker.locale;
  const lines = [text(locale, 'register.code', { code }), text(locale, 'register.otherwise')];
  say({ ...turn, asker, db, now, settings }, { text: lines.join('\n\n') });
  return true;
}

/** Why a link connects nobody, or null when it does. Whose it was is said only to the person who used it. */
export function refusal(link: TelegramLink | null, telegramId: number): TextKey | null {
  if (!link?.is_active) return 'bot.start.unknown';
  if (link.used_by === telegramId && link.telegram_id === telegramId) return 'bot.start.already';
  if (link.used_by !== null) return 'bot.start.used';
  if (link.expired || link.revoked) return 'bot.start.expired';
  return null;
}
