import { addYears, dayOf } from '../../queues/time/calendar.ts';
import { payersToGiveBack } from '../../sql/finance/give-back.ts';
import { holdersOf, keepCancellation, lockStudents, lockTraining, seatStatesOf } from '../../sql/finance/seats.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import type { When } from '../../sql/trainings/by-hand.ts';
import { comingOfSeries, isSeries, occasionsOf, type SeriesRule } from '../../sql/trainings/series.ts';
import { lockTrainings } from '../../sql/undo/undos.ts';
import type { CallContext } from '../call-context.ts';
import { callOff } from '../finance/cancel-training.ts';
import { notAcceptable, Refused } from '../refusal.ts';
import { type UndoOffer, withUndo } from '../undo/offer.ts';
import { conflictsOf, make, type NewWish, type TrainingConflict, typeOf } from './create.ts';

/** So many trainings are made together at most. */
export const MOST_TRAININGS = 200;

export type SeriesWish = NewWish & SeriesRule & { dry_run?: boolean };
export type SeriesMade = {
  times: readonly When[];
  ids: readonly number[];
  conflicts: TrainingConflict[];
  undo: UndoOffer | null;
};

/**
 * Makes single trainings on weekdays at a wall time of the studio, from one business day to another: all of them, or none, with the list
 * of what is in the way (`conflict`). A dry run answers that list and makes nothing.
 */
export async function createSeries(wish: SeriesWish, context: CallContext): Promise<SeriesMade> {
  const { zone } = context.fleet.settings;
  const today = dayOf(context.now, zone);
  if (wish.from < today) throw notAcceptable('from', `${today} or later`);
  if (wish.until > addYears(wish.from, 1)) throw notAcceptable('until', 'at most a year after from');
  const { minutes } = await typeOf(context.db, wish);
  const times = await occasionsOf(context.db, { ...wish, minutes, zone, limit: MOST_TRAININGS + 1 });
  if (times.length === 0) throw notAcceptable('weekdays', 'a weekday that there is from from until until');
  if (times.length > MOST_TRAININGS) throw notAcceptable('until', `at most ${MOST_TRAININGS} trainings at once`);
  const [first] = times;
  if (first && new Date(first.starts_at) <= context.now) throw notAcceptable('from', 'later: the first one would have begun');
  if (wish.dry_run) return { times, ids: [], conflicts: await conflictsOf(context.db, wish, times, zone), undo: null };
  const { ids, undo } = await make(wish, times, context, wish);
  return { times, ids, conflicts: [], undo };
}

export type SeriesCancelled = { series_id: number; cancelled: readonly number[]; undo: UndoOffer | null };

/** Calls off the trainings of a series from a business day on that have not begun (D19), in one transaction that can be taken back. */
export const cancelSeries = (id: number, { from, reason }: { from: string; reason: string }, context: CallContext) =>
  context.db.transaction(async (transaction): Promise<SeriesCancelled> => {
    if (!(await isSeries(transaction, id))) throw new Refused('missing', `there is no series ${id}`);
    const requested_at = context.now.toISOString();
    await lockRoster(transaction);
    const ids = await comingOfSeries(transaction, id, from, requested_at);
    if (ids.length === 0) return { series_id: id, cancelled: [], undo: null };
    await lockStudents(transaction, await holdersOf(transaction, ids));
    const seats = (await seatStatesOf(transaction, ids)).map((seat) => seat.id);
    // Before the wallets, as everybody does.
    await lockTrainings(transaction, ids);
    const payers = await payersToGiveBack(transaction, seats, dayOf(context.now, context.fleet.settings.zone));
    if (payers.length > 0) await lockWallets(transaction, payers);
    const of = { kind: 'trainings_cancelled', subjectId: id, actor: context.caller.name, trainingIds: ids } as const;
    const { undo } = await withUndo(transaction, { ...of, subjects: ids.map((one) => `training:${one}`) }, async (_, opened) => {
      const done = [];
      for (const trainingId of ids) {
        const training = await lockTraining(transaction, trainingId);
        if (!training) throw new TypeError(`the training ${trainingId} is gone`);
        const request = { id: `undo:${opened.id}`, reason, requested_at };
        const { result, ...rest } = await callOff(transaction, training, request, context.fleet.settings.zone);
        await keepCancellation(transaction, trainingId, result);
        done.push(rest);
      }
      return {
        result: undefined,
        payerIds: done.flatMap(({ payerIds }) => payerIds),
        returned: done.flatMap(({ returned }) => returned),
        isFinal: done.some(({ isFinal }) => isFinal),
      };
    });
    return { series_id: id, cancelled: ids, undo };
  });
