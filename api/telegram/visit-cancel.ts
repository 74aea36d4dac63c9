import type { CallbackQuery } from 'node-telegram-bot-api';
import type { Whose } from '../../sql/auth/whose.ts';
import type { Booking } from '../../sql/bookings/rows.ts';
import { isLockTimeout } from '../../sql/database/outage.ts';
import { writeIfKnown } from '../../sql/finance/requests.ts';
import type { PlaceInClass } from '../../sql/site/places.ts';
import { cancelBooking } from '../../workers/bookings/cancel.ts';
import { cancelTerms } from '../../workers/bookings/cancel-terms.ts';
import { answerRequest } from '../../workers/finance/answer-request.ts';
import { freeToLeaveUntil, leaveTerms } from '../../workers/finance/leave-terms.ts';
import { freeUntil } from '../../workers/free-until.ts';
import type { Words } from '../../workers/notifier/templates/bot-answers.ts';
import { amountIn, instantIn } from '../../workers/notifier/templates/wording.ts';
import { type TextKey, text } from '../../workers/notifier/texts/texts.ts';
import { Refused } from '../../workers/refusal.ts';
import { leaveWaitlist } from '../../workers/trainings/waitlist.ts';
import { nameOf, type Turn } from './decision.ts';
import { numberBehind } from './operations.ts';
import { acting, type Own, showOwn } from './own.ts';
import { bookingWords, ownBooking, ownPlace, placeWords, visitWords } from './visits.ts';

const REASON = 'telegram';
/** The bot answers everybody in turn: a cancellation that waits longer for its locks is left to the finance worker. */
const LOCK_MS = 500;
type Place = PlaceInClass & { student: number };

/** What stands before the dot, and what was said to happen: `12.safe`. */
const saidIn = (argument: string) => {
  const dot = argument.lastIndexOf('.');
  return { of: argument.slice(0, dot), said: argument.slice(dot + 1) };
};

/** Says what cancelling a booking means now, before it is done. */
export const pressCancel = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const booking = await ownBooking(turn, own, numberBehind(argument));
    return booking && cancelWords(turn, own, booking);
  });

async function cancelWords(turn: Turn, own: Own, booking: Booking, note?: string): Promise<Words> {
  const { asker, settings, now } = turn;
  const { locale } = asker;
  const terms = cancelTerms(booking, now);
  if (!terms) return bookingWords(turn, own, booking, note);
  const { outcome, of, minor } = terms;
  const until = instantIn({ locale, zone: settings.zone }, freeUntil(new Date(booking.starts_at)).toISOString());
  const price = amountIn({ locale, currency: settings.currency }, minor);
  const lines = [
    instantIn({ locale, zone: settings.zone }, booking.starts_at),
    text(locale, `bot.cancel.${outcome}`, outcome === 'safe' ? { until } : {}),
    text(locale, `bot.cancel.${outcome}.${of}`, { price }),
  ];
  return visitWords(turn, booking.service, lines, decisions(turn, outcome, `${booking.id}`, 'booking'), note);
}

const decisions = ({ asker: { locale } }: Turn, outcome: 'safe' | 'late' | 'unwait', of: string, kind: 'booking' | 'place') => [
  [
    {
      text: text(locale, `bot.button.cancel_${outcome}`),
      data: `${kind === 'booking' ? 'cancel_now' : 'leave_now'}:${of}.${outcome}`,
    },
    { text: text(locale, 'bot.button.keep'), data: `${kind}:${of}` },
  ],
];

/** Cancels a booking on the terms that were said; where they have changed they are said anew. */
export const pressCancelNow = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const { of, said } = saidIn(argument);
    const booking = await ownBooking(turn, own, numberBehind(of));
    if (!booking || booking.status === 'CANCELLED') return booking && bookingWords(turn, own, booking);
    const changed = text(turn.asker.locale, 'bot.cancel.changed');
    if (cancelTerms(booking, turn.now)?.outcome !== said) return cancelWords(turn, own, booking, changed);
    const done = await acting(turn, (context) =>
      cancelBooking(context.db, booking.id, { reason: REASON, by: 'client' }, context),
    );
    const now = (await ownBooking(turn, own, booking.id)) ?? booking;
    if (done instanceof Refused) return bookingWords(turn, own, now, changed);
    return bookingWords(turn, own, now, text(turn.asker.locale, `bot.cancel.done_${done.outcome}`));
  });

/** Says what giving up a place in a class means now. */
export const pressLeave = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const place = await ownPlace(turn, own, argument);
    return place && leaveWords(turn, own, place);
  });

async function leaveWords(turn: Turn, own: Own, place: Place, note?: string): Promise<Words> {
  const { locale } = turn.asker;
  const terms = leaveTerms(place, turn.now);
  if (!terms) return placeWords(turn, own, place, note);
  const zone = turn.settings.zone;
  const until = instantIn({ locale, zone }, freeToLeaveUntil(place).toISOString());
  const lines: Record<typeof terms, readonly string[]> = {
    safe: [
      text(locale, 'bot.cancel.safe', { until }),
      text(locale, place.is_charged ? 'bot.leave.returned' : 'bot.leave.uncharged'),
    ],
    late: [text(locale, 'bot.cancel.late'), text(locale, 'bot.leave.kept')],
    unwait: [text(locale, 'bot.leave.unwait'), text(locale, 'bot.leave.uncharged')],
  };
  const of = `${place.training_id}.${place.student}`;
  const when = instantIn({ locale, zone }, place.starts_at);
  return visitWords(turn, place.name, [when, ...lines[terms]], decisions(turn, terms, of, 'place'), note);
}

/** Gives up a place on the terms that were said; where they have changed they are said anew. */
export const pressLeaveNow = (turn: Turn, query: CallbackQuery, argument: string, whose: Whose) =>
  showOwn(turn, query, whose, async (own) => {
    const { of, said } = saidIn(argument);
    const place = await ownPlace(turn, own, of);
    if (!place || place.is_cancelled) return place && placeWords(turn, own, place);
    const terms = leaveTerms(place, turn.now);
    const { locale } = turn.asker;
    if (terms !== said || terms === null) return leaveWords(turn, own, place, text(locale, 'bot.cancel.changed'));
    const note = text(locale, terms === 'unwait' ? await stopWaiting(turn, place) : await giveUp(turn, place, terms));
    const now = await ownPlace(turn, own, of);
    return now ? placeWords(turn, own, now, note) : visitWords(turn, place.name, [], [], note);
  });

async function stopWaiting(turn: Turn, place: Place): Promise<TextKey> {
  const left = await acting(turn, ({ db, now }) =>
    leaveWaitlist(db, { trainingId: place.training_id, studentId: place.student, now }),
  );
  return left instanceof Refused ? 'bot.cancel.changed' : 'bot.cancel.done_unwait';
}

/** The request is written first: whatever the finance worker holds just now, it will be decided, judged by when it was made (D17, D20). */
async function giveUp(turn: Turn, place: Place, said: 'safe' | 'late'): Promise<TextKey> {
  const asked = {
    kind: 'cancel_participation',
    trainingId: place.training_id,
    studentId: place.student,
    reason: REASON,
  } as const;
  const request = await writeIfKnown(turn.db, { ...asked, requestedAt: turn.now, by: nameOf(turn.asker), requestId: '' });
  if (!request) return 'bot.cancel.changed';
  const decided = await answerRequest(turn.db, request.id, turn.settings.zone, LOCK_MS).catch((error) => {
    if (isLockTimeout(error)) return null;
    throw error;
  });
  if (!decided) return 'bot.cancel.noted';
  return decided.refused ? 'bot.cancel.changed' : `bot.cancel.done_${said}`;
}
