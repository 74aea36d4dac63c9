import type { CallbackQuery } from 'node-telegram-bot-api';
import { addDays, endOfDay } from '../../queues/time/calendar.ts';
import { listVisits } from '../../sql/attendance/marks.ts';
import type { Whose } from '../../sql/auth/whose.ts';
import { type Booking, findBooking, listBookings } from '../../sql/bookings/rows.ts';
import { findPlace, type PlaceInClass } from '../../sql/site/places.ts';
import { whereIsBooking } from '../../sql/site/where.ts';
import { cancelTerms } from '../../workers/bookings/cancel-terms.ts';
import { leaveTerms } from '../../workers/finance/leave-terms.ts';
import type { Buttons, Words } from '../../workers/notifier/templates/bot-answers.ts';
import { clockIn, spoken } from '../../workers/notifier/templates/run-words.ts';
import { amountIn, instantIn, short } from '../../workers/notifier/templates/wording.ts';
import { text } from '../../workers/notifier/texts/texts.ts';
import { appButton } from './app-button.ts';
import type { Turn } from './decision.ts';
import { numberBehind, numbersBehind } from './operations.ts';
import { type Own, relativesOf, sayOwn, showOwn, todayOf } from './own.ts';

const DAYS_AHEAD = 60;
const MOST_SHOWN = 8;
const MOST_READ = 100;
const [NAME, PLACE] = [40, 120];

/** `/next`: what is ahead for the asker and the children they look after, each with a button. */
export const showNext = (turn: Turn, _args: string, whose: Whose) => sayOwn(turn, whose, (own) => nextWords(turn, own));

export const pressNext = (turn: Turn, query: CallbackQuery, _argument: string, whose: Whose) =>
  showOwn(turn, query, whose, (own) => nextWords(turn, own));

type Visit = { at: string; what: string; student: number; isWaiting: boolean; data: string };

async function nextWords(turn: Turn, own: Own): Promise<Words> {
  const { locale } = turn.asker;
  const nameOf = await relativesOf(turn, own);
  const ahead = (await bookingsAhead(turn, own)).concat(await placesAhead(turn, own));
  const shown = ahead.toSorted((one, other) => one.at.localeCompare(other.at)).slice(0, MOST_SHOWN);
  if (shown.length === 0) return { text: text(locale, 'bot.next.none'), buttons: appButton(turn) };
  const lines = shown.map(({ at, what, student, isWaiting }) => {
    const who = nameOf(student);
    const line = `${instantIn({ locale, zone: turn.settings.zone }, at)} · ${short(what, NAME)}`;
    return [line, who && short(who, NAME), isWaiting && text(locale, 'bot.next.waiting')].filter(Boolean).join(' · ');
  });
  const buttons: Buttons = shown.map(({ at, what, data }) => [
    { text: `${clockIn(locale, turn.settings.zone, at, turn.now)} ${short(what, NAME)}`, data },
  ]);
  return { ...spoken([[text(locale, 'bot.next.title'), lines]]), buttons: [...buttons, ...appButton(turn)] };
}

async function bookingsAhead(turn: Turn, own: Own): Promise<Visit[]> {
  const from = turn.now.toISOString();
  const to = endOfDay(addDays(todayOf(turn), DAYS_AHEAD), turn.settings.zone);
  const rows = await listBookings(turn.db, { whose: own, from, to, limit: MOST_READ });
  return rows
    .filter((row) => isVisit(row) && (row.status === 'CONFIRMED' || row.status === 'PENDING'))
    .map((row) => ({
      at: row.starts_at,
      what: row.service,
      student: row.client_id,
      isWaiting: false,
      data: `booking:${row.id}`,
    }));
}

/** A visitor's hold stands in the specialist's own name, and is nobody's visit. */
const isVisit = (booking: Booking) => booking.client_id !== booking.specialist_id;

async function placesAhead(turn: Turn, own: Own): Promise<Visit[]> {
  const today = todayOf(turn);
  const visits: Visit[] = [];
  for (const studentId of own.students) {
    const span = { studentId, from: today, to: addDays(today, DAYS_AHEAD), whose: own };
    for (const row of await listVisits(turn.db, { ...span, limit: MOST_READ })) {
      if (row.status !== 'REGISTERED' && row.status !== 'WAITLIST') continue;
      if (new Date(row.starts_at) <= turn.now) continue;
      const place = { at: row.starts_at, what: row.training_type, student: studentId };
      visits.push({ ...place, isWaiting: row.status === 'WAITLIST', data: `place:${row.real_training_id}.${studentId}` });
    }
  }
  return visits;
}

/** A booking of the asker's own or of a child of theirs; null for any other, also one they give. */
export async function ownBooking({ db }: Turn, own: Own, id: number): Promise<Booking | null> {
  const booking = await findBooking(db, id);
  return booking && isVisit(booking) && own.students.includes(booking.client_id) ? booking : null;
}

/** A place of theirs in a class, from `TRAINING.STUDENT`; null for any other. */
export async function ownPlace({ db }: Turn, own: Own, argument: string): Promise<(PlaceInClass & { student: number }) | null> {
  const [training = 0, student = 0] = numbersBehind(argument);
  if (!own.students.includes(student)) return null;
  const place = await findPlace(db, training, student);
  return place && { ...place, student };
}

export const pressBooking = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const booking = await ownBooking(turn, own, numberBehind(argument));
    return booking && bookingWords(turn, own, booking);
  });

export const pressPlace = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const place = await ownPlace(turn, own, argument);
    return place && placeWords(turn, own, place);
  });

/** A booking and what can be done about it. */
export async function bookingWords(turn: Turn, own: Own, booking: Booking, note?: string): Promise<Words> {
  const { asker, settings, now } = turn;
  const { locale } = asker;
  const who = (await relativesOf(turn, own))(booking.client_id);
  const amount = (minor: number) => amountIn({ locale, currency: settings.currency }, minor);
  const place = await whereIsBooking(turn.db, booking.id);
  const isLive = cancelTerms(booking, now) !== null;
  const lines = [
    instantIn({ locale, zone: settings.zone }, booking.starts_at),
    text(locale, 'bot.visit.with', { who: short(booking.specialist, NAME) }),
    place && text(locale, 'bot.visit.room', { room: short(place, PLACE) }),
    who && text(locale, 'bot.visit.for', { who: short(who, NAME) }),
    booking.price_minor > 0 && text(locale, 'bot.visit.price', { price: amount(booking.price_minor) }),
    ...booking.discounts.map(({ kind, discount_minor }) =>
      text(locale, kind === 'fitting' ? 'bot.visit.less.fitting' : 'bot.visit.less', { price: amount(discount_minor) }),
    ),
    !isLive && text(locale, booking.status === 'CANCELLED' ? 'bot.visit.cancelled' : 'bot.visit.over'),
  ];
  const change: Buttons = [
    [
      ...(booking.status === 'CONFIRMED' ? [{ text: text(locale, 'bot.button.move'), data: `move:${booking.id}` }] : []),
      { text: text(locale, 'bot.button.cancel'), data: `cancel:${booking.id}` },
    ],
  ];
  return visitWords(turn, booking.service, lines, isLive ? change : [], note);
}

/** A place in a class and what can be done about it. */
export async function placeWords(turn: Turn, own: Own, place: PlaceInClass & { student: number }, note?: string): Promise<Words> {
  const { locale } = turn.asker;
  const who = (await relativesOf(turn, own))(place.student);
  const terms = leaveTerms(place, turn.now);
  const isOff = place.training_status === 'cancelled' || place.is_cancelled;
  const lines = [
    instantIn({ locale, zone: turn.settings.zone }, place.starts_at),
    text(locale, 'bot.visit.with', { who: short(place.trainer, NAME) }),
    place.place && text(locale, 'bot.visit.room', { room: short(place.place, PLACE) }),
    who && text(locale, 'bot.visit.for', { who: short(who, NAME) }),
    terms === 'unwait' && text(locale, 'bot.visit.waitlist'),
    terms === null && text(locale, isOff ? 'bot.visit.cancelled' : 'bot.visit.over'),
  ];
  const leave = { text: text(locale, 'bot.button.cancel'), data: `leave:${place.training_id}.${place.student}` };
  return visitWords(turn, place.name, lines, terms ? [[leave]] : [], note);
}

/** Words about one visit, with the way back to all of them. */
export function visitWords(
  { asker: { locale } }: Turn,
  title: string,
  lines: readonly (string | null | false)[],
  buttons: Buttons,
  note?: string,
): Words {
  const back = [{ text: text(locale, 'bot.button.next'), data: 'next:' }];
  const said = lines.filter((line): line is string => Boolean(line));
  return {
    ...spoken([...(note ? [[note, []] as const] : []), [short(title, NAME), said] as const]),
    buttons: [...buttons, back],
  };
}
