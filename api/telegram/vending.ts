import { addDays, dayOf } from '../../queues/time/calendar.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import { sumSales } from '../../sql/vending/sales.ts';
import { listStock, type ShownStock } from '../../sql/vending/stock.ts';
import { findVendingTask, listVendingTasks, type VendingTask } from '../../sql/vending/tasks.ts';
import { spoken, weekdayIn } from '../../workers/notifier/templates/run-words.ts';
import { placeIn, quantityIn, taskButtons } from '../../workers/notifier/templates/vending.ts';
import { amountIn, short } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { Refused } from '../../workers/refusal.ts';
import { completeTask, refillForTask } from '../../workers/vending/tasks.ts';
import { admitted } from './admission.ts';
import { nameOf, say, type Turn } from './decision.ts';
import { numberBehind } from './operations.ts';

const MOST_TASKS = 10;
const MOST_ROWS = 200;
const NAME = 40;

/** What somebody with machines, or with tasks to do, can say, in words. False for others, and for whoever may see everybody's. */
export async function vendingHelp(turn: Turn): Promise<boolean> {
  const whose = await admitted(turn, 'GET /api/vending/tasks', '');
  if (typeof whose === 'string' || whose.everything) return false;
  say(turn, { text: text(turn.asker.locale, 'bot.vending.help') });
  return true;
}

export async function showStock(turn: Turn, _args: string, whose: Whose) {
  const { locale } = turn.asker;
  const rows = await listStock(turn.db, whose, { limit: MOST_ROWS });
  if (rows.length === 0) return say(turn, { text: text(locale, 'bot.stock.empty') });
  const line = ({ ingredient, unit, quantity_milli, is_critical }: ShownStock) =>
    text(locale, 'bot.stock.line', {
      mark: is_critical ? '🔴' : '🟢',
      ingredient: short(ingredient, NAME),
      quantity: quantityIn({ locale }, unit, quantity_milli),
    });
  const places = [...Map.groupBy(rows, ({ place_id }) => place_id).values()];
  return say(turn, spoken(fitting(places.map((own) => [placeIn({ locale }, own[0] as ShownStock), own.map(line)] as const))));
}

export async function showSales(turn: Turn, _args: string, whose: Whose) {
  const { locale } = turn.asker;
  const today = dayOf(turn.now, 'Europe/Moscow');
  const rows = await sumSales(turn.db, whose, { from: addDays(today, -6), to: today, by: 'day' });
  const days = [...Map.groupBy(rows, ({ day }) => String(day))].sort(([a], [b]) => b.localeCompare(a));
  if (days.length === 0) return say(turn, { text: text(locale, 'bot.sales.none') });
  const lines = days.map(([day, own]) =>
    text(locale, 'bot.sales.line', {
      day: weekdayIn(locale, day),
      count: own.reduce((sum, { sales }) => sum + sales, 0),
      amount: amountIn(
        { locale, currency: turn.settings.currency },
        own.reduce((sum, { revenue_minor }) => sum + revenue_minor, 0),
      ),
    }),
  );
  return say(turn, spoken([[text(locale, 'bot.sales.title'), lines]]));
}

export async function showTasks(turn: Turn, _args: string, whose: Whose) {
  const tasks = await listVendingTasks(turn.db, whose, { status: 'pending', hidden: false, limit: MOST_TASKS });
  if (tasks.length === 0) return say(turn, { text: text(turn.asker.locale, 'bot.tasks.none') });
  for (const task of tasks)
    say(turn, { ...spoken([[taskTitle(turn, task), taskLines(turn, task)]]), buttons: taskButtons(turn.asker.locale, task.id) });
}

const taskTitle = ({ asker: { locale } }: Turn, { terminal }: VendingTask) =>
  text(locale, 'vending_task.what', { terminal: short(terminal, NAME) });
const taskLines = ({ asker: { locale } }: Turn, { items, comment }: VendingTask) => [
  ...items.map(({ name, unit, quantity, critical, missing }) =>
    text(locale, missing ? 'vending_task.missing' : 'vending_task.line', {
      ingredient: short(name, NAME),
      quantity: quantityIn({ locale }, unit, quantity),
      critical: quantityIn({ locale }, unit, critical),
    }),
  ),
  ...(comment ? [short(comment, 300)] : []),
];

/** As many paragraphs as one message takes. */
function fitting<P extends readonly [string, readonly string[]]>(paragraphs: readonly P[]): P[] {
  let length = 0;
  return paragraphs.filter(([title, lines]) => {
    length += title.length + lines.join('\n').length + 3;
    return length < 4_000;
  });
}

type Pressed = { toast: string; say?: string };

/** Says that a task is done; pressed twice, the first answer again. */
export async function pressComplete(turn: Turn, argument: string): Promise<Pressed> {
  const { locale } = turn.asker;
  const task = await findVendingTask(turn.db, numberBehind(argument));
  if (!task) return { toast: text(locale, 'bot.tasks.gone') };
  try {
    await completeTask(turn.db, task.id, nameOf(turn.asker));
    return { toast: text(locale, 'bot.tasks.done') };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const rest = task.items.filter(({ is_critical }) => is_critical).map(({ name }) => short(name, NAME));
    return {
      toast: rest.length > 0 ? text(locale, 'bot.tasks.rest', { rest: rest.join(', ') }) : text(locale, 'bot.tasks.unfilled'),
    };
  }
}

/** Fills a machine up from the warehouse. */
export async function pressRefill(turn: Turn, argument: string): Promise<Pressed> {
  const { locale } = turn.asker;
  const task = await findVendingTask(turn.db, numberBehind(argument));
  if (!task) return { toast: text(locale, 'bot.tasks.gone') };
  const actor = { by: nameOf(turn.asker), chatIds: turn.settings.adminChatIds, now: turn.now };
  const { moved, task: after } = await refillForTask(turn.db, task.id, actor);
  if (moved.length === 0) return { toast: text(locale, 'bot.tasks.nothing') };
  const what = moved.map(
    ({ name, unit, quantity_milli }) => `${short(name, NAME)} ${quantityIn({ locale }, unit, quantity_milli)}`,
  );
  const line = text(locale, 'bot.tasks.refilled', { what: what.join(', ') });
  return { toast: short(line, 190), say: after.status === 'completed' ? `${line}\n${text(locale, 'bot.tasks.done')}` : line };
}
