import type { CallbackQuery } from 'node-telegram-bot-api';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { EVERYTHING, type Whose } from '../../sql/auth/whose.ts';
import { findVendingOwnerOf } from '../../sql/vending/owners.ts';
import { sumSales } from '../../sql/vending/sales.ts';
import { listStock, type ShownStock } from '../../sql/vending/stock.ts';
import { findVendingTask, hasVendingTasks, listVendingTasks, type VendingTask } from '../../sql/vending/tasks.ts';
import { spoken, weekdayIn } from '../../workers/notifier/templates/run-words.ts';
import { placeIn, quantityIn, taskButtons } from '../../workers/notifier/templates/vending.ts';
import { amountIn, short } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { Refused } from '../../workers/refusal.ts';
import { completeTask, refillForTask } from '../../workers/vending/tasks.ts';
import { nameOf, say, type Turn } from './decision.ts';

const MOST_TASKS = 10;
const MOST_ROWS = 200;
const NAME = 40;

/**
 * Whose machines somebody may ask of: an owner of one's own, whoever commands of everybody's, whoever refills some of none but their tasks.
 * Null: nothing here is for them. In a group an owner is nobody: the rest would read along.
 */
async function whoseMachines({ db, asker }: Turn): Promise<Whose | null> {
  const { person, isAdmin, isPrivate } = asker;
  const of = (userId: number): Whose => ({
    everything: false,
    self: userId,
    trainer: null,
    students: [],
    payer: null,
    vending: { userId },
  });
  if (person && isPrivate && (await findVendingOwnerOf(db, person.id))) return of(person.id);
  if (isAdmin) return EVERYTHING;
  return person && isPrivate && (await hasVendingTasks(db, person.id)) ? of(person.id) : null;
}

const commands = { stock: showStock, sales: showSales, tasks: showTasks };
export const vendingCommands = Object.keys(commands) as (keyof typeof commands)[];

/** Answers a command about vending machines. False where the asker has none to do with. */
export async function vendingCommand(turn: Turn, name: keyof typeof commands): Promise<boolean> {
  const whose = await whoseMachines(turn);
  if (whose) await commands[name](turn, whose);
  return whose !== null;
}

/** What somebody with machines can say, in words. False for others. */
export async function vendingHelp(turn: Turn): Promise<boolean> {
  if (turn.asker.isAdmin || (await whoseMachines(turn)) === null) return false;
  say(turn, { text: text(turn.asker.locale, 'bot.vending.help') });
  return true;
}

async function showStock(turn: Turn, whose: Whose) {
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

async function showSales(turn: Turn, whose: Whose) {
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

async function showTasks(turn: Turn, whose: Whose) {
  const { db, asker } = turn;
  const filter = { status: 'pending', hidden: false, limit: MOST_TASKS };
  const own = await listVendingTasks(db, whose, filter);
  const assigned = asker.person ? await listVendingTasks(db, EVERYTHING, { ...filter, assignee: asker.person.id }) : [];
  const tasks = new Map([...own, ...assigned].map((task) => [task.id, task]));
  if (tasks.size === 0) return say(turn, { text: text(asker.locale, 'bot.tasks.none') });
  for (const task of tasks.values())
    say(turn, { ...spoken([[taskTitle(turn, task), taskLines(turn, task)]]), buttons: taskButtons(asker.locale, task.id) });
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

/** The task of a pressed button, if it is the presser's to do; otherwise the line that says it is not. */
async function taskOf(turn: Turn, argument: string): Promise<VendingTask | null> {
  const task = /^\d{1,9}$/.test(argument) ? await findVendingTask(turn.db, Number(argument)) : null;
  if (!task) return null;
  const { person, isPrivate } = turn.asker;
  if (person && isPrivate && task.assignee_id === person.id) return task;
  const whose = await whoseMachines(turn);
  if (!whose) return null;
  if (whose.everything) return task;
  const owner = person && (await findVendingOwnerOf(turn.db, person.id));
  return owner?.owner.id === task.owner_id ? task : null;
}

type Pressed = { toast: string; say?: string };

/** Says that a task is done; pressed twice, the first answer again. */
export async function pressComplete(turn: Turn, _query: CallbackQuery, argument: string): Promise<Pressed> {
  const { locale } = turn.asker;
  const task = await taskOf(turn, argument);
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
export async function pressRefill(turn: Turn, _query: CallbackQuery, argument: string): Promise<Pressed> {
  const { locale } = turn.asker;
  const task = await taskOf(turn, argument);
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
