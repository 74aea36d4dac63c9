import { computed, shallowRef } from 'vue';
import { type AnswerTo, ask, askAny } from '../../../kit/client.ts';
import { t } from '../../../kit/i18n.ts';
import { studio } from '../../../kit/studio.ts';
import { notify } from '../../shell/notices.ts';
import { absenceWishOf, bookingWishOf, type Entry, isSamePlace, type Place, wishOf } from './entries.ts';
import { obstacleWords, refusalWords } from './refusal-words.ts';

export type Consequences = AnswerTo<'PATCH /real-trainings/{id}'>['consequences'];
/** A move that somebody must agree to; of a booking only who is told is known beforehand. */
export type Question = { entry: Entry; place: Place; consequences: Consequences | null };
/** How a change is taken back: by what its answer offers, or, where nobody is told of it, by asking for the opposite. */
type Offer = { href: string } | { run(): Promise<unknown> } | null;

const UNDO_MS = 10_000;
const isFree = ({ told, busy, loses }: Consequences) => told.count === 0 && busy.length === 0 && loses.length === 0;

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
    if (entry.kind === 'booking') {
      question.value = { entry, place, consequences: null };
      return;
    }
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

  const change = ({ id, version, place: was }: Entry, place: Place, how: { dry_run?: boolean; release?: boolean }) =>
    ask('PATCH /real-trainings/{id}', {
      params: { id: String(id) },
      body: { ...wishOf(was, place, studio.zone), version, ...how },
    });

  async function move(entry: Entry, place: Place, release: boolean) {
    isBusy.value = true;
    try {
      const { undo } =
        entry.kind === 'training'
          ? await change(entry, place, { release })
          : await ask('POST /bookings/{id}/reschedule', {
              params: { id: String(entry.id) },
              body: bookingWishOf(entry, place, studio.zone),
            });
      question.value = null;
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
    if (asked) await move(asked.entry, asked.place, (asked.consequences?.busy.length ?? 0) > 0);
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
