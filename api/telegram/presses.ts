import type { CallbackQuery } from 'node-telegram-bot-api';
import type { Whose } from '../../sql/auth/whose.ts';
import { type Confirmation, lockConfirmation, useConfirmation } from '../../sql/bot/confirmations.ts';
import { findRun } from '../../sql/runs/find.ts';
import { offeredAs } from '../../workers/notifier/templates/process-names.ts';
import { type TextKey, text } from '../../workers/notifier/texts/texts.ts';
import { acknowledge } from './acknowledge.ts';
import { admitted, type BotOperation } from './admission.ts';
import { nameOf, say, type Turn } from './decision.ts';
import { details } from './details.ts';
import { mute } from './mute.ts';
import { numberBehind, ofConfirmation, ofRetry, ofRun, onPlace, onRow } from './operations.ts';
import { ask, confirmed, repeat, repeatedWords, titleOf } from './runs.ts';
import { pressClose, pressMark, pressMarkAll, pressRoster, pressToday, pressVisit } from './today.ts';
import { pressComplete, pressRefill } from './vending.ts';
import { pressCancel, pressCancelNow, pressLeave, pressLeaveNow } from './visit-cancel.ts';
import { pressMove, pressMoveAt, pressMoveDay, pressMoveTo } from './visit-move.ts';
import { pressBooking, pressNext, pressPlace } from './visits.ts';
import { ofSubscriptions, ofWallet, pressBalance, pressSubscriptions } from './wallet.ts';

type Press = {
  /** What the policy is asked for before it is done. */
  operation: BotOperation;
  handle(turn: Turn, query: CallbackQuery, argument: string, whose: Whose): unknown;
  /** What is said of rows that are not among theirs. */
  gone?: TextKey;
};

const MARK = 'POST /real-trainings/{id}/attendance';
const LEAVE = 'POST /real-trainings/{id}/students/{student_id}/cancel';

/** What buttons do, and the operation each performs: the word before the colon of their data. */
export const presses: Readonly<Record<string, Press>> = {
  ask: { operation: ofRun, handle: pressAsk },
  run: { operation: ofConfirmation, handle: pressRun },
  drop: { operation: ofConfirmation, handle: pressDrop },
  retry: { operation: ofRetry, handle: pressRetry },
  details: { operation: onRow('GET /process-history/{id}'), handle: pressDetails },
  ack: { operation: 'POST /api/alerts/{id}/acknowledge', handle: pressAcknowledge },
  // Nothing over HTTP silences an alert; whoever may pause a schedule may.
  mute: { operation: 'POST /schedule/{name}/pause', handle: pressMute },
  complete: {
    operation: onRow('POST /api/vending/tasks/{id}/complete'),
    handle: pressTask(pressComplete),
    gone: 'bot.tasks.gone',
  },
  next: { operation: 'GET /bookings', handle: pressNext },
  balance: { operation: ofWallet, handle: pressBalance },
  subscriptions: { operation: ofSubscriptions, handle: pressSubscriptions },
  booking: { operation: onRow('GET /bookings/{id}'), handle: pressBooking, gone: 'bot.visit.gone' },
  cancel: { operation: onRow('POST /bookings/{id}/cancel'), handle: pressCancel, gone: 'bot.visit.gone' },
  cancel_now: { operation: onRow('POST /bookings/{id}/cancel'), handle: pressCancelNow, gone: 'bot.visit.gone' },
  move: { operation: onRow('POST /bookings/{id}/reschedule'), handle: pressMove, gone: 'bot.visit.gone' },
  move_day: { operation: onRow('POST /bookings/{id}/reschedule'), handle: pressMoveDay, gone: 'bot.visit.gone' },
  move_at: { operation: onRow('POST /bookings/{id}/reschedule'), handle: pressMoveAt, gone: 'bot.visit.gone' },
  move_to: { operation: onRow('POST /bookings/{id}/reschedule'), handle: pressMoveTo, gone: 'bot.visit.gone' },
  place: { operation: onPlace(LEAVE), handle: pressPlace, gone: 'bot.visit.gone' },
  leave: { operation: onPlace(LEAVE), handle: pressLeave, gone: 'bot.visit.gone' },
  leave_now: { operation: onPlace(LEAVE), handle: pressLeaveNow, gone: 'bot.visit.gone' },
  today: { operation: MARK, handle: pressToday },
  roster: { operation: onRow(MARK), handle: pressRoster, gone: 'bot.visit.gone' },
  mark: { operation: onRow(MARK), handle: pressMark, gone: 'bot.visit.gone' },
  mark_all: { operation: onRow(MARK), handle: pressMarkAll, gone: 'bot.visit.gone' },
  visit: { operation: onRow('POST /bookings/{id}/close'), handle: pressVisit, gone: 'bot.visit.gone' },
  close: { operation: onRow('POST /bookings/{id}/close'), handle: pressClose, gone: 'bot.visit.gone' },
  refill: { operation: onRow('POST /api/vending/tasks/{id}/refill'), handle: pressTask(pressRefill), gone: 'bot.tasks.gone' },
};

function pressTask(done: typeof pressComplete) {
  return async (turn: Turn, query: CallbackQuery, argument: string) => {
    const pressed = await done(turn, argument);
    toast(turn, query, pressed.toast);
    if (pressed.say) say(turn, { text: pressed.say });
  };
}

/** Answers a pressed button, where the policy lets the presser; one that is not known (any more) says so. */
export async function press(turn: Turn, query: CallbackQuery) {
  const { locale, person, isAdmin } = turn.asker;
  const [, name = '', argument = ''] = /^(\w+):(.*)$/s.exec(query.data ?? '') ?? [];
  const pressed = Object.hasOwn(presses, name) ? presses[name] : undefined;
  const whose = pressed ? await admitted(turn, pressed.operation, argument) : 'not_allowed';
  if (pressed && typeof whose !== 'string') return pressed.handle(turn, query, argument, whose);
  const isOld = isAdmin && !pressed;
  if (isOld || whose === 'missing') return toast(turn, query, text(locale, pressed?.gone ?? 'bot.button.old'));
  return toast(turn, query, text(locale, person ? 'bot.known' : 'bot.stranger'));
}

function toast({ answers }: Turn, { id }: CallbackQuery, line?: string) {
  answers.push({ do: 'toast', callback_query_id: id, text: line && (line.length > 200 ? `${line.slice(0, 199)}…` : line) });
}

/** Puts other words in the place of the message whose button was pressed. */
function replaceWords({ answers, asker }: Turn, { message }: CallbackQuery, line: string) {
  if (message) answers.push({ do: 'edit', chat_id: asker.chatId, message_id: message.message_id, text: line });
}

async function pressAsk(turn: Turn, query: CallbackQuery, argument: string) {
  const name = offeredAs(argument);
  toast(turn, query, name ? undefined : text(turn.asker.locale, 'bot.button.old'));
  if (name) await ask(turn, name, {});
}

async function pressRun(turn: Turn, query: CallbackQuery, argument: string) {
  const { locale } = turn.asker;
  const confirmation = await open(turn, query, numberBehind(argument));
  if (!confirmation) return;
  const asked = await confirmed(turn, confirmation);
  if (asked === 'too many') return toast(turn, query, text(locale, 'bot.run.limit'));
  await useConfirmation(turn.db, confirmation.id, nameOf(turn.asker), asked?.run.id ?? null);
  if (!asked) return toast(turn, query, text(locale, 'bot.button.old'));
  const params = { title: titleOf(locale, asked.run), id: asked.run.id };
  toast(turn, query, text(locale, `bot.run.short_${asked.outcome}`, params));
  replaceWords(turn, query, text(locale, `bot.run.${asked.outcome}`, params));
}

async function pressDrop(turn: Turn, query: CallbackQuery, argument: string) {
  const confirmation = await open(turn, query, numberBehind(argument));
  if (!confirmation) return;
  await useConfirmation(turn.db, confirmation.id, nameOf(turn.asker), null);
  toast(turn, query);
  replaceWords(turn, query, text(turn.asker.locale, 'bot.run.dropped'));
}

/** The confirmation if it can still be used; otherwise the presser is told why not. */
async function open(turn: Turn, query: CallbackQuery, id: number): Promise<Confirmation | null> {
  const { locale } = turn.asker;
  const confirmation = await lockConfirmation(turn.db, id, turn.now);
  if (!confirmation) toast(turn, query, text(locale, 'bot.button.old'));
  else if (confirmation.run_id) toast(turn, query, text(locale, 'bot.run.used', { id: confirmation.run_id }));
  else if (confirmation.used_at) toast(turn, query, text(locale, 'bot.run.was_dropped'));
  else if (confirmation.expired) {
    toast(turn, query, text(locale, 'bot.run.expired_short'));
    replaceWords(turn, query, text(locale, 'bot.run.expired', { name: confirmation.run }));
  } else return confirmation;
  return null;
}

async function pressRetry(turn: Turn, query: CallbackQuery, argument: string) {
  const id = numberBehind(argument);
  const repeated = await repeat(turn, id);
  const line = repeatedWords(turn, id, repeated);
  if (repeated.is !== 'asked') return toast(turn, query, line);
  toast(turn, query, text(turn.asker.locale, 'bot.run.short_created', { id: repeated.run.id }));
  say(turn, { text: line });
}

async function pressDetails(turn: Turn, query: CallbackQuery, argument: string) {
  const run = await findRun(turn.db, numberBehind(argument));
  toast(turn, query, run ? undefined : text(turn.asker.locale, 'bot.retry.gone', { id: numberBehind(argument) }));
  if (run) say(turn, await details(turn, run));
}

async function pressAcknowledge(turn: Turn, query: CallbackQuery, argument: string) {
  toast(turn, query, await acknowledge(turn, argument));
}

async function pressMute(turn: Turn, query: CallbackQuery, argument: string) {
  toast(turn, query, await mute(turn, argument));
}
