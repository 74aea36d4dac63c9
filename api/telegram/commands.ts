import type { Whose } from '../../sql/auth/whose.ts';
import { help } from '../../workers/notifier/templates/run-words.ts';
import { admitted, type BotOperation } from './admission.ts';
import { say, type Turn } from './decision.ts';
import { ofRetry, ofRun } from './operations.ts';
import { pause, resume } from './pauses.ts';
import { retry, run } from './runs.ts';
import { start } from './start.ts';
import { showToday } from './today.ts';
import { showSales, showStock, showTasks } from './vending.ts';
import { history, runsList, schedule, status } from './view-commands.ts';
import { showNext } from './visits.ts';
import { ofSubscriptions, ofWallet, showBalance, showSubscriptions } from './wallet.ts';

type Command = {
  /** What the policy is asked for before it is done. */
  operation: BotOperation;
  handle(turn: Turn, args: string, whose: Whose): unknown;
};

/** Everything that can be said to the bot, and the operation each command performs. */
export const commands: Readonly<Record<string, Command>> = {
  start: { operation: 'POST /auth/join', handle: start },
  next: { operation: 'GET /bookings', handle: showNext },
  balance: { operation: ofWallet, handle: showBalance },
  subscriptions: { operation: ofSubscriptions, handle: showSubscriptions },
  // Whoever may mark may see whom.
  today: { operation: 'POST /real-trainings/{id}/attendance', handle: showToday },
  stock: { operation: 'GET /api/vending/stock', handle: showStock },
  sales: { operation: 'GET /api/vending/sales', handle: showSales },
  tasks: { operation: 'GET /api/vending/tasks', handle: showTasks },
  status: { operation: 'GET /process-history', handle: status },
  runs: { operation: 'GET /process-history', handle: runsList },
  run: { operation: ofRun, handle: run },
  history: { operation: 'GET /process-stats', handle: history },
  schedule: { operation: 'GET /schedule', handle: schedule },
  pause: { operation: 'POST /schedule/{name}/pause', handle: pause },
  resume: { operation: 'POST /schedule/{name}/resume', handle: resume },
  retry: { operation: ofRetry, handle: retry },
  help: { operation: 'GET /schedule', handle: showHelp },
};

/** Does what a command asks for, where the policy lets the asker. False: it is not for them. */
export async function obey(turn: Turn, name: string, args: string): Promise<boolean> {
  const command = commands[name] as Command;
  const whose = await admitted(turn, command.operation, args);
  if (typeof whose === 'string') return false;
  await command.handle(turn, args, whose);
  return true;
}

function showHelp(turn: Turn) {
  turn.answers.push({ do: 'menu', chat_id: turn.asker.chatId, locale: turn.asker.locale });
  say(turn, help(turn.asker.locale));
}
