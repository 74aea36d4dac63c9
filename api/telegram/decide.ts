import { Bot, type Context, type Update } from 'node-telegram-bot-api';
import { answerStranger } from '../../sql/bot/updates.ts';
import { help } from '../../workers/notifier/templates/run-words.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { type Me, say, type Turn } from './decision.ts';
import { pause, resume } from './pauses.ts';
import { isTaskPress, press } from './presses.ts';
import { retry, run } from './runs.ts';
import { start } from './start.ts';
import { vendingCommand, vendingCommands, vendingHelp } from './vending.ts';
import { history, runsList, schedule, status } from './view-commands.ts';

type Handler = (turn: Turn, args: string) => unknown;

/** What admins can say. */
const commands: Record<string, Handler> = {
  status,
  runs: runsList,
  run,
  history,
  schedule,
  pause,
  resume,
  retry,
  help: showHelp,
};

/** Decides one update inside its transaction: what it changes goes through `turn.db`, what is said to `turn.answers`. */
export async function decide(turn: Turn, me: Me, update: Update) {
  await botFor(turn, me).handleUpdate(update);
}

/** The order matters: what is not for us, then what everybody may, then the line for strangers, then what admins may. */
function botFor(turn: Turn, me: Me) {
  const { settings, asker } = turn;
  const bot = new Bot(String(settings.telegramToken), { apiRoot: settings.telegramApiRoot });
  const on = (name: string, handler: Handler) => bot.command(name, (context) => handler(turn, argsOf(context)));
  bot.catch((error) => {
    throw error;
  });
  bot.use((context, next) => (isForAnother(context, me) || !isAddressed(context, asker.isPrivate) ? undefined : next()));
  on('start', start);
  for (const name of vendingCommands)
    bot.command(name, async (_context, next) => ((await vendingCommand(turn, name)) ? undefined : next()));
  bot.use((context, next) =>
    context.callbackQuery && isTaskPress(context.callbackQuery) ? press(turn, context.callbackQuery) : next(),
  );
  bot.use((context, next) => (asker.isAdmin ? next() : turnAway(turn, context)));
  for (const [name, handler] of Object.entries(commands)) on(name, handler);
  bot.on('callback_query', (context) => press(turn, context.callbackQuery!));
  bot.on('message', () => say(turn, { text: text(asker.locale, 'bot.unknown') }));
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

/** Whoever is no admin gets one polite line, and no more than one a minute. */
async function turnAway(turn: Turn, { callbackQuery }: Context) {
  const { db, asker, answers } = turn;
  const line = text(asker.locale, asker.person ? 'bot.known' : 'bot.stranger');
  if (callbackQuery) answers.push({ do: 'toast', callback_query_id: callbackQuery.id, text: line });
  else if (await vendingHelp(turn)) return;
  else if (await answerStranger(db, asker.chatId)) answers.push({ do: 'say', chat_id: asker.chatId, text: line });
}

function showHelp(turn: Turn) {
  turn.answers.push({ do: 'menu', chat_id: turn.asker.chatId });
  say(turn, help(turn.asker.locale));
}
