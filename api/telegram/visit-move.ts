import type { CallbackQuery } from 'node-telegram-bot-api';
import { addDays, dayOf } from '../../queues/time/calendar.ts';
import { isTwice } from '../../queues/time/wall-time.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import { cancelTerms, freeOnceMoved } from '../../workers/bookings/cancel-terms.ts';
import { reschedule } from '../../workers/bookings/reschedule.ts';
import type { Buttons, Words } from '../../workers/notifier/templates/bot-answers.ts';
import { weekdayIn } from '../../workers/notifier/templates/run-words.ts';
import { instantIn } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { Refused } from '../../workers/refusal.ts';
import { startsToMove } from '../../workers/site/move-starts.ts';
import type { Turn } from './decision.ts';
import { numbersBehind } from './operations.ts';
import { acting, type Own, showOwn, todayOf } from './own.ts';
import { bookingWords, ownBooking, visitWords } from './visits.ts';

const WEEK = 7;
const WEEKS = 8;
const TIMES_A_ROW = 4;
const MOST_TIMES = 80;
const MINUTE_MS = 60_000;

const whereFree = async (turn: Turn, booking: Booking, day: string): Promise<string[]> => {
  const starts = await acting(turn, (context) => startsToMove(booking, day, context));
  return starts instanceof Refused ? [] : starts;
};

/** `move:BOOKING.WEEK`: the days of a week on which it can be moved, the first week with one by default. */
export const pressMove = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const [id = 0, week] = numbersBehind(argument);
    const booking = await ownBooking(turn, own, id);
    return booking && daysWords(turn, own, booking, week);
  });

const canMove = (booking: Booking, now: Date) => booking.status === 'CONFIRMED' && cancelTerms(booking, now) !== null;

async function daysWords(turn: Turn, own: Own, booking: Booking, asked: number | undefined): Promise<Words> {
  const { locale } = turn.asker;
  if (!canMove(booking, turn.now)) return bookingWords(turn, own, booking);
  const [week, days] = await freeDays(turn, booking, asked);
  const rows: Buttons = days.map((day) => [{ text: weekdayIn(locale, day), data: `move_day:${booking.id}.${serial(day)}` }]);
  const paging = [
    ...(week > 0 ? [{ text: text(locale, 'bot.button.earlier'), data: `move:${booking.id}.${week - 1}` }] : []),
    ...(week < WEEKS - 1 ? [{ text: text(locale, 'bot.button.later'), data: `move:${booking.id}.${week + 1}` }] : []),
  ];
  const ask = text(locale, days.length > 0 ? 'bot.move.day' : 'bot.move.none');
  return moveWords(turn, booking, ask, [...rows, paging]);
}

/** The days of a week from today that have a free start; of the first such week where none was asked for. */
async function freeDays(turn: Turn, booking: Booking, asked: number | undefined): Promise<[week: number, days: string[]]> {
  const today = todayOf(turn);
  for (let week = Math.min(asked ?? 0, WEEKS - 1); ; week += 1) {
    const days: string[] = [];
    for (let place = 0; place < WEEK; place += 1) {
      const day = addDays(today, week * WEEK + place);
      if ((await whereFree(turn, booking, day)).length > 0) days.push(day);
    }
    if (days.length > 0 || asked !== undefined || week === 1) return [week, days];
  }
}

function moveWords(turn: Turn, booking: Booking, ask: string | readonly string[], buttons: Buttons, note?: string): Words {
  const { locale } = turn.asker;
  const when = instantIn({ locale, zone: turn.settings.zone }, booking.starts_at);
  const isLate = cancelTerms(booking, turn.now)?.outcome === 'late';
  const lines = [
    text(locale, 'bot.move.now', { when, who: booking.specialist }),
    isLate && text(locale, 'bot.move.late'),
    ask,
  ].flat();
  const back = [{ text: text(locale, 'bot.button.keep'), data: `booking:${booking.id}` }];
  return visitWords(
    turn,
    booking.service,
    lines,
    [...buttons, back].filter((row) => row.length > 0),
    note,
  );
}

/** A day as a number of a button, and back. */
const serial = (day: string) => day.replaceAll('-', '');
const dayFrom = (number: number) => {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(String(number)) ?? [];
  const text = `${year}-${month}-${day}`;
  return year && !Number.isNaN(Date.parse(text)) ? text : null;
};

/** `move_day:BOOKING.DAY`: the free starts of a day. */
export const pressMoveDay = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const [id = 0, number = 0] = numbersBehind(argument);
    const booking = await ownBooking(turn, own, id);
    const day = dayFrom(number);
    return booking && day ? timesWords(turn, own, booking, day) : null;
  });

async function timesWords(turn: Turn, own: Own, booking: Booking, day: string, note?: string): Promise<Words> {
  const { locale } = turn.asker;
  if (!canMove(booking, turn.now)) return bookingWords(turn, own, booking, note);
  const starts = (await whereFree(turn, booking, day)).slice(0, MOST_TIMES);
  const times = starts.map((start) => ({
    text: clockOf(start, turn.settings.zone),
    data: `move_at:${booking.id}.${Date.parse(start) / MINUTE_MS}`,
  }));
  const rows = [...Map.groupBy(times, (_, place) => Math.floor(place / TIMES_A_ROW)).values()];
  const days = [{ text: text(locale, 'bot.button.days'), data: `move:${booking.id}` }];
  const ask = text(locale, times.length > 0 ? 'bot.move.time' : 'bot.move.day_full', { day: weekdayIn(locale, day) });
  return moveWords(turn, booking, ask, [...rows, days], note);
}

/** `14:05`; with its offset where a clock that is set back shows it twice. */
export function clockOf(start: string, zone: string): string {
  const at = new Date(start);
  const offset = isTwice(at, zone) ? ({ timeZoneName: 'shortOffset' } as const) : {};
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone, ...offset }).format(at);
}

/** `move_at:BOOKING.MINUTES`: says until when the new start could be cancelled for free, before anything moves. */
export const pressMoveAt = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const [id = 0, minutes = 0] = numbersBehind(argument);
    const booking = await ownBooking(turn, own, id);
    return booking && thereWords(turn, own, booking, new Date(minutes * MINUTE_MS));
  });

async function thereWords(turn: Turn, own: Own, booking: Booking, start: Date): Promise<Words> {
  const { asker, settings, now } = turn;
  const { locale } = asker;
  const { zone } = settings;
  if (!canMove(booking, now)) return bookingWords(turn, own, booking);
  const day = dayOf(start, zone);
  if (!(await whereFree(turn, booking, day)).includes(start.toISOString()))
    return timesWords(turn, own, booking, day, text(locale, 'bot.move.taken'));
  const when = (instant: Date) => instantIn({ locale, zone }, instant.toISOString());
  const until = freeOnceMoved(booking, start, now);
  const ask = [
    text(locale, 'bot.move.there', { when: when(start) }),
    until ? text(locale, 'bot.cancel.safe', { until: when(until) }) : text(locale, 'bot.move.binding'),
  ];
  const there = { text: text(locale, 'bot.button.move_there'), data: `move_to:${booking.id}.${start.getTime() / MINUTE_MS}` };
  const times = { text: text(locale, 'bot.button.times'), data: `move_day:${booking.id}.${serial(day)}` };
  return moveWords(turn, booking, ask, [[there], [times]]);
}

/** `move_to:BOOKING.MINUTES`: moves it there, or it stays and what is free is shown. */
export const pressMoveTo = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const [id = 0, minutes = 0] = numbersBehind(argument);
    const booking = await ownBooking(turn, own, id);
    if (!booking) return null;
    const start = new Date(minutes * MINUTE_MS);
    const moved = await acting(turn, (context) => reschedule(id, { starts_at: start.toISOString() }, context));
    const { locale } = turn.asker;
    const now = (await ownBooking(turn, own, id)) ?? booking;
    if (!(moved instanceof Refused)) return bookingWords(turn, own, now, text(locale, 'bot.move.done'));
    return timesWords(turn, own, now, dayOf(start, turn.settings.zone), text(locale, 'bot.move.taken'));
  });
