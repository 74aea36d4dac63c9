import { Bot, type Context, type Update } from 'node-telegram-bot-api';
import { answerStranger } from '../../sql/bot/updates.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { commands, obey } from './commands.ts';
import { type Me, say, type Turn } from './decision.ts';
import { press } from './presses.ts';
import { vendingHelp } from './vending.ts';

/** Decides one update inside its transaction: what it changes goes through `turn.db`, what is said to `turn.answers`. */
export async function decide(turn: Turn, me: Me, update: Update) {
  await botFor(turn, me).handleUpdate(update);
}

/** What is not for us is passed over. Each command and button asks the policy; what it turns down gets one polite line. */
function botFor(turn: Turn, me: Me) {
  const { settings, asker } = turn;
  const bot = new Bot(String(settings.telegramToken), { apiRoot: settings.telegramApiRoot });
  bot.catch((error) => {
    throw error;
  });
  bot.use((context, next) => (isForAnother(context, me) || !isAddressed(context, asker.isPrivate) ? undefined : next()));
  for (const name of Object.keys(commands))
    bot.command(name, async (context) => ((await obey(turn, name, argsOf(context))) ? undefined : turnAway(turn)));
  bot.on('callback_query', (context) => press(turn, context.callbackQuery!));
  bot.on('message', () => (asker.isAdmin ? say(turn, { text: text(asker.locale, 'bot.unknown') }) : turnAway(turn)));
  return bot;
}

const argsOf = ({ match }: Context) => (typeof match === 'string' ? match.trim().slice(0, 200) : '');

/** In a group `/status@other_bot` is another bot's. */
function isForAnother({ message }: Context, me: Me) {
  const [, name] = /^\/\w+@(\w+)/.exec(message?.text ?? '') ?? [];
  return name !== undefined && name.toLowerCase() !== me.username.toLowerCase();
}

/** In a group people talk to each other: only commands and buttons are for us. */
const isAddressed = ({ message, callbackQuery }: Context, isPrivate: boolean) =>
  callbackQuery !== undefined || (message !== undefined && (isPrivate || (message.text ?? '').startsWith('/')));

/** Whoever may not do this is told what they may, or gets one polite line, and no more than one a minute. */
async function turnAway(turn: Turn) {
  const { db, asker, answers } = turn;
  if (await vendingHelp(turn)) return;
  const line = text(asker.locale, asker.person ? 'bot.known' : 'bot.stranger');
  if (await answerStranger(db, asker.chatId)) answers.push({ do: 'say', chat_id: asker.chatId, text: line });
}
