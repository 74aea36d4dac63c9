import type { CallbackQuery } from 'node-telegram-bot-api';
import { endOfDay, startOfDay } from '../../queues/time/calendar.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import { type Booking, findBooking, listBookings } from '../../sql/bookings/rows.ts';
import { findTraining, listTrainings, seatsOf } from '../../sql/trainings/roster.ts';
import { type GivenMark, markByHand } from '../../workers/attendance/mark.ts';
import { closePast } from '../../workers/bookings/close.ts';
import type { Buttons, Words } from '../../workers/notifier/templates/bot-answers.ts';
import { clockIn, spoken, weekdayIn } from '../../workers/notifier/templates/run-words.ts';
import { instantIn, short } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { Refused } from '../../workers/refusal.ts';
import { appButton } from './app-button.ts';
import { nameOf, say, type Turn } from './decision.ts';
import { numberBehind, numbersBehind } from './operations.ts';
import { acting, todayOf } from './own.ts';

const MOST_ROWS = 30;
const MOST_NAMES = 90;
const NAME = 40;
type Shown = Words | null;

/** `/today`: what the asker gives today; administrators see the studio's day. Others would read along in a group. */
export async function showToday(turn: Turn, _args: string, whose: Whose) {
  say(turn, turn.asker.isPrivate ? await dayWords(turn, whose) : { text: text(turn.asker.locale, 'bot.private') });
}

async function dayWords(turn: Turn, whose: Whose): Promise<Words> {
  const { asker, db, settings, now } = turn;
  const { locale } = asker;
  const { zone } = settings;
  const today = todayOf(turn);
  const clock = (at: string) => clockIn(locale, zone, at, now);
  const trainings = (await listTrainings(db, { whose, from: today, to: today, limit: MOST_ROWS }))
    .filter(({ status }) => status !== 'cancelled')
    .map((one) => ({
      at: one.starts_at,
      line: text(locale, 'bot.today.training', {
        time: clock(one.starts_at),
        what: short(one.training_type, NAME),
        taken: one.registered,
        most: one.max_participants,
      }),
      button: { text: `${clock(one.starts_at)} ${short(one.training_type, NAME)}`, data: `roster:${one.id}` },
    }));
  const span = { from: startOfDay(today, zone), to: endOfDay(today, zone) };
  const bookings = (await listBookings(db, { whose, ...span, limit: MOST_ROWS }))
    .filter(({ status, client_id, specialist_id }) => !['CANCELLED', 'PENDING'].includes(status) && client_id !== specialist_id)
    .map((one) => ({
      at: one.starts_at,
      line: `${STATES[one.status] ?? ''}${clock(one.starts_at)} ${short(one.service, NAME)} · ${short(one.client, NAME)}`,
      button: { text: `${clock(one.starts_at)} ${short(one.client, NAME)}`, data: `visit:${one.id}` },
    }));
  const entries = [...trainings, ...bookings].toSorted((one, other) => one.at.localeCompare(other.at));
  const lines = entries.length > 0 ? entries.map(({ line }) => line) : [text(locale, 'bot.today.none')];
  return {
    ...spoken([[weekdayIn(locale, today), lines]]),
    buttons: [...entries.map(({ button }) => [button]), ...appButton(turn)],
  };
}

const STATES: Partial<Record<string, string>> = { COMPLETED: '✅ ', NO_SHOW: '❌ ', PRESENT: '✅ ', ABSENT: '❌ ' };

/** Puts the words in place of the message; a refusal is one line under the button, and nothing was done. */
async function show(turn: Turn, query: CallbackQuery, words: () => Promise<Shown | Refused>) {
  const { locale, isPrivate, chatId } = turn.asker;
  const toast = (line?: string) => turn.answers.push({ do: 'toast', callback_query_id: query.id, text: line });
  if (!isPrivate) return toast(text(locale, 'bot.private'));
  const shown = await words();
  if (shown instanceof Refused) return toast(text(locale, shown.kind === 'missing' ? 'bot.visit.gone' : 'bot.mark.closed'));
  if (!shown) return toast(text(locale, 'bot.visit.gone'));
  toast();
  if (query.message) turn.answers.push({ do: 'edit', chat_id: chatId, message_id: query.message.message_id, ...shown });
}

export const pressToday = (turn: Turn, query: CallbackQuery, _argument: string, whose: Whose) =>
  show(turn, query, () => dayWords(turn, whose));

/** `roster:TRAINING` */
export const pressRoster = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  show(turn, query, () => rosterWords(turn, whose, numberBehind(argument)));

async function rosterWords(turn: Turn, whose: Whose, id: number): Promise<Shown> {
  const { asker, db, settings } = turn;
  const { locale } = asker;
  const training = await findTraining(db, id, whose);
  if (!training) return null;
  const seats = (await seatsOf(db, id, whose)).filter(({ status }) => status in SHOWN).slice(0, MOST_NAMES);
  const waiting = seats.filter(({ status }) => status === 'REGISTERED');
  const names: Buttons = seats.map((seat) => [
    {
      text: `${SHOWN[seat.status]}${short(seat.student, NAME)}`,
      data: `mark:${id}.${seat.student_id}.${seat.status === 'PRESENT' ? 0 : 1}`,
    },
  ]);
  const everybody = waiting.length > 0 ? [[{ text: text(locale, 'bot.button.all_came'), data: `mark_all:${id}` }]] : [];
  const lines = [
    instantIn({ locale, zone: settings.zone }, training.starts_at),
    text(locale, seats.length > 0 ? 'bot.roster.how' : 'bot.roster.none'),
  ];
  return {
    ...spoken([[short(training.training_type, NAME), lines]]),
    buttons: [...names, ...everybody, [{ text: text(locale, 'bot.button.today'), data: 'today:' }]],
  };
}

const SHOWN: Partial<Record<string, string>> = { ...STATES, REGISTERED: '▫️ ' };

/** Marks as the route does: trainers their own, from an hour before the start to seven days after it. */
async function mark(turn: Turn, whose: Whose, id: number, marks: readonly GivenMark[]): Promise<Shown | Refused> {
  const by = {
    author: nameOf(turn.asker),
    kind: 'person',
    trainerId: whose.everything ? null : whose.trainer,
    now: turn.now,
    today: todayOf(turn),
  } as const;
  const done = await acting(turn, ({ db }) => markByHand(db, id, marks, by));
  return done instanceof Refused ? done : rosterWords(turn, whose, id);
}

/** `mark:TRAINING.STUDENT.1`: came; `.0`: did not. */
export const pressMark = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  show(turn, query, () => {
    const [id = 0, student_id = 0, came] = numbersBehind(argument);
    return mark(turn, whose, id, [{ student_id, status: came === 1 ? 'PRESENT' : 'ABSENT' }]);
  });

/** `mark_all:TRAINING`: whoever is not marked yet came. */
export const pressMarkAll = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  show(turn, query, async () => {
    const id = numberBehind(argument);
    const open = (await seatsOf(turn.db, id, whose)).filter(({ status }) => status === 'REGISTERED');
    if (open.length === 0) return rosterWords(turn, whose, id);
    return mark(
      turn,
      whose,
      id,
      open.map(({ student_id }) => ({ student_id, status: 'PRESENT' })),
    );
  });

/** `visit:BOOKING`: a client's visit on the day of whoever gives it. */
export const pressVisit = (turn: Turn, query: CallbackQuery, argument: string) =>
  show(turn, query, async () => visitOf(turn, await findBooking(turn.db, numberBehind(argument))));

function visitOf({ asker: { locale }, settings, now }: Turn, booking: Booking | null): Shown {
  if (!booking) return null;
  const hasBegun = new Date(booking.starts_at) <= now && booking.status !== 'CANCELLED' && booking.status !== 'PENDING';
  const button = (name: 'came' | 'no_show', way: 1 | 0) => ({
    text: text(locale, `bot.button.${name}`),
    data: `close:${booking.id}.${way}`,
  });
  const lines = [
    instantIn({ locale, zone: settings.zone }, booking.starts_at),
    `${STATES[booking.status] ?? ''}${short(booking.client, NAME)}`,
    ...(booking.room ? [text(locale, 'bot.visit.room', { room: short(booking.room, NAME) })] : []),
  ];
  return {
    ...spoken([[short(booking.service, NAME), lines]]),
    buttons: [
      ...(hasBegun ? [[button('came', 1), button('no_show', 0)]] : []),
      [{ text: text(locale, 'bot.button.today'), data: 'today:' }],
    ],
  };
}

/** `close:BOOKING.1`: the client came; `.0`: did not. */
export const pressClose = (turn: Turn, query: CallbackQuery, argument: string) =>
  show(turn, query, async () => {
    const [id = 0, came] = numbersBehind(argument);
    const done = await acting(turn, ({ db, now }) => closePast(db, id, came === 1 ? 'COMPLETED' : 'NO_SHOW', now));
    return done instanceof Refused ? done : visitOf(turn, await findBooking(turn.db, id));
  });
