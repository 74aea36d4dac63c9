import { computed, shallowRef } from 'vue';
import { type AnswerTo, ask, askAny } from '../../../kit/client.ts';
import { forgetDraft } from '../../../kit/draft.ts';
import { t } from '../../../kit/i18n.ts';
import { studio } from '../../../kit/studio.ts';
import { notify } from '../../shell/notices.ts';
import { absenceWishOf, bookingWishOf, type Entry, entryDraft, isSamePlace, type Place, wishOf } from './entries.ts';
import { obstacleWords, refusalWords } from './refusal-words.ts';

export type OfTraining = AnswerTo<'PATCH /real-trainings/{id}'>['consequences'];
export type OfBooking = AnswerTo<'POST /bookings/{id}/reschedule'>['consequences'];
/** A move that somebody must agree to, and what it means. */
export type Question = { entry: Entry; place: Place; consequences: OfTraining | OfBooking };
/** How a change is taken back: by what its answer offers, or, where nobody is told of it, by asking for the opposite. */
type Offer = { href: string } | { run(): Promise<unknown> } | null;

const UNDO_MS = 10_000;
/** Whose places are given back. */
const busyIn = (consequences: Question['consequences']) => ('busy' in consequences ? consequences.busy : []);
const isFree = (of: Question['consequences']) =>
  of.told.count === 0 && busyIn(of).length === 0 && !('loses' in of ? of.loses.length > 0 : of.loses_free);

/** Moves entries: asks first what that means, then does it, and can take it back for ten seconds. @param again asks for the board anew */
export function useMoves(again: () => Promise<unknown>) {
  const pending = shallowRef<{ key: string; place: Place } | null>(null);
  const question = shallowRef<Question | null>(null);
  const isBusy = shallowRef(false);
  let last: Offer = null;

  const say = (text: string) => notify(text, { isTrouble: true });
  async function failed(error: unknown) {
    say(refusalWords(error));
    putBack();
    await again();
  }
  function putBack() {
    question.value = null;
    pending.value = null;
  }

  /** What was put somewhere else. */
  async function drop(entry: Entry, place: Place) {
    if (pending.value || isSamePlace(entry.place, place)) return;
    pending.value = { key: entry.key, place };
    if (entry.kind === 'absence') return moveAbsence(entry, place);
    try {
      const { consequences } = await change(entry, place, { dry_run: true });
      if (consequences.obstacles.length > 0) {
        say(`${obstacleWords(consequences.obstacles)} ${t('board.nothing_moved')}`);
        putBack();
      } else if (isFree(consequences)) await move(entry, place, false);
      else question.value = { entry, place, consequences };
    } catch (error) {
      await failed(error);
    }
  }

  /** Nobody is told of an absence, so it is moved at once; taken back, it is put where it was. */
  async function moveAbsence(entry: Entry, place: Place) {
    const to = (where: Place) =>
      ask('PATCH /api/specialist-absences/{id}', { params: { id: String(entry.id) }, body: absenceWishOf(where, studio.zone) });
    try {
      await to(place);
      done(t('board.moved', { title: entry.title }), { run: () => to(entry.place) });
      await again();
      pending.value = null;
    } catch (error) {
      await failed(error);
    }
  }

  /** Asks for it by the version that the board shows, so that nobody overwrites another. */
  function change(entry: Entry, place: Place, how: { dry_run?: boolean; release?: boolean }) {
    const { version, place: was } = entry;
    const params = { id: String(entry.id) };
    if (entry.kind === 'training')
      return ask('PATCH /real-trainings/{id}', { params, body: { ...wishOf(was, place, studio.zone), version, ...how } });
    const body = { ...bookingWishOf(entry, place, studio.zone), version, dry_run: how.dry_run ?? false };
    return ask('POST /bookings/{id}/reschedule', { params, body });
  }

  async function move(entry: Entry, place: Place, release: boolean) {
    isBusy.value = true;
    try {
      const { undo } = await change(entry, place, { release });
      question.value = null;
      forgetDraft(entryDraft(entry));
      done(t('board.moved', { title: entry.title }), undo);
      await again();
      pending.value = null;
    } catch (error) {
      await failed(error);
    } finally {
      isBusy.value = false;
    }
  }

  async function agree() {
    const asked = question.value;
    if (asked) await move(asked.entry, asked.place, busyIn(asked.consequences).length > 0);
  }

  /** Says what was done, and offers to take it back. */
  function done(text: string, undo: Offer) {
    last = undo;
    notify(text, undo ? { action: { title: t('undo'), run: () => void takeBack() }, ms: UNDO_MS } : {});
  }

  /** Takes the last change back, with its messages. */
  async function takeBack() {
    if (!last) return;
    const offer = last;
    last = null;
    try {
      await ('href' in offer ? askAny(`POST ${offer.href}`, { body: {} }) : offer.run());
      notify(t('board.taken_back'));
    } catch {
      say(t('board.too_late'));
    }
    await again();
  }

  return { drop, agree, putBack, takeBack, done, pending, question, isBusy, isAsking: computed(() => question.value !== null) };
}
export type Moves = ReturnType<typeof useMoves>;
