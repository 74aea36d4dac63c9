import { dayOf } from '../../queues/time/calendar.ts';
import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import type { Sql } from '../../sql/database/database.ts';
import { chargeRegistrations } from '../../sql/finance/charge.ts';
import { giveBack, payersToGiveBack, type Returned } from '../../sql/finance/give-back.ts';
import { dueSeat, endSeat, lockStudents, lockTraining, seatHolders } from '../../sql/finance/seats.ts';
import { lockWallets } from '../../sql/finance/settle.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { changeTraining, lockForHand, noteChangesAsTold, readForHand } from '../../sql/trainings/by-hand.ts';
import { findTraining } from '../../sql/trainings/roster.ts';
import { outdate, untoldOf } from '../../sql/undo/messages.ts';
import type { CallContext } from '../call-context.ts';
import { notifyOfCancelledPlace } from '../finance/notices.ts';
import { Refused } from '../refusal.ts';
import { demandScope } from '../rights.ts';
import { type UndoOffer, withUndo } from '../undo/offer.ts';
import { type Consequences, consequencesOf, decided, foreseen } from './consequences.ts';
import { notifyOfMove } from './notices.ts';
import { type Plan, planChange } from './plan.ts';
import { readersOf, untoldMoves } from './readers.ts';
import { refuseTaken, whileFree } from './refusals.ts';
import type { Wish } from './wish.ts';

type Asked = Wish & { version: number; dry_run?: boolean; release?: boolean };
export type Changing = { plan: Plan; consequences: Consequences; undo: UndoOffer | null };

/**
 * Changes a training by hand (R12): time, length, trainer, room, price, places, notes. It must be scheduled and ahead, the new start as
 * well, trainer and room free (D8) and the hours open. Students who are busy then are in the way, unless `release` frees their places
 * safely. What a session does not cover on the new day is decided anew. Everybody concerned is told (R13), once it cannot be taken
 * back any more (D49). Throws a `conflict` for an old version, with the training as it is, and for whatever is in the way.
 */
export const changeByHand = (id: number, asked: Asked, context: CallContext): Promise<Changing> =>
  asked.dry_run
    ? dryRun(id, asked, context)
    : whileFree(
        () => change(id, asked, context),
        () => wouldBe(id, asked, context),
      );

const clockOf = ({ now, fleet }: CallContext) => ({ now, zone: fleet.settings.zone });

/** Answers the consequences and writes nothing: also no lock is taken, so that whoever drags keeps nobody waiting. */
async function dryRun(id: number, asked: Asked, context: CallContext): Promise<Changing> {
  const plan = await wouldBe(id, asked, context);
  const recharged = foreseen(plan);
  const untold = untoldMoves(await untoldOf(context.db, [subjectOf(id)]));
  const readers = isQuiet(plan) ? [] : readersOf(plan.was, plan.now, staying(plan), recharged, untold);
  return { plan, consequences: await consequencesOf(context.db, plan, readers, recharged), undo: null };
}

async function wouldBe(id: number, asked: Asked, { db, ...context }: CallContext) {
  const state = await readForHand(db, id);
  if (!state) throw missing(id);
  await demandVersion(db, state, asked.version);
  return planChange(db, state, asked, clockOf({ db, ...context }));
}

const missing = (id: number) => new Refused('missing', `there is no training ${id}`);
const subjectOf = (id: number) => `training:${id}`;
const staying = ({ going, busy }: Plan) =>
  going.filter((seat) => seat.status !== 'ABSENT' && !busy.some((one) => one.seat === seat));

/** Throws a `conflict` with the training as it is for whoever saw another one. */
export async function demandVersion(db: Sql, state: { id: number; version: number }, version: number) {
  if (state.version === version) return;
  throw new Refused('conflict', `the training was changed meanwhile: this is version ${state.version}, not ${version}`, {
    training: await findTraining(db, state.id),
  });
}

const change = (id: number, asked: Asked, context: CallContext) =>
  context.db.transaction(async (transaction): Promise<Changing> => {
    const isPlaced = [asked.starts_at, asked.duration_minutes, asked.trainer_id, asked.room_id].some((one) => one !== undefined);
    if (isPlaced) await expireHolds(transaction, asked.starts_at);
    await lockRoster(transaction);
    await lockStudents(transaction, await seatHolders(transaction, id));
    const state = await lockForHand(transaction, id);
    if (!state) throw missing(id);
    await demandVersion(transaction, state, asked.version);
    const clock = clockOf(context);
    const plan = await planChange(transaction, state, asked, clock);
    refuseTaken(plan.obstacles, asked.release ? [] : plan.busy);
    if (!plan.isChange) return { plan, consequences: await consequencesOf(transaction, plan, [], []), undo: null };
    if (plan.busy.length > 0 || plan.anew.length > 0)
      demandScope(context.caller, 'money:write', 'places are given back or decided anew');
    const of = {
      kind: 'training_changed',
      subjectId: id,
      actor: context.caller.name,
      trainingIds: [id],
      subjects: [subjectOf(id)],
    } as const;
    const { result, undo } = await withUndo(transaction, of, async (waiting, opened) => {
      const untold = untoldMoves(waiting);
      const money = await applyPlan(transaction, plan, context, opened.id, untold);
      const recharged = await decided(transaction, plan);
      const readers = readersOf(plan.was, plan.now, staying(plan), recharged, untold);
      const isTold = !isQuiet(plan);
      if (isTold) {
        await outdate(
          transaction,
          waiting.filter(({ template }) => template === 'training_moved').map((one) => one.id),
        );
        await notifyOfMove(transaction, plan, readers, opened, clock);
      }
      const consequences = await consequencesOf(transaction, plan, isTold ? readers : [], recharged);
      const isRoomier = plan.busy.length > 0 || plan.next.max_participants > plan.state.max_participants;
      const isFinal = money.returned.some(({ is_share }) => is_share);
      return { ...money, isFinal, freedTrainingIds: isRoomier ? [id] : [], result: consequences };
    });
    return { plan, consequences: result, undo };
  });

/** Only price, places or notes are changed, which nobody is told of. */
const isQuiet = ({ state, next }: Plan) =>
  state.starts_at === next.starts_at &&
  state.ends_at === next.ends_at &&
  state.trainer_id === next.trainer_id &&
  state.room_id === next.room_id;

/** Gives back, moves, and decides anew, in this order: a session returns by the day it was taken for, and is taken by the new one. */
async function applyPlan(
  transaction: Sql,
  plan: Plan,
  context: CallContext,
  undoId: number,
  untold: ReturnType<typeof untoldMoves>,
) {
  const today = dayOf(context.now, context.fleet.settings.zone);
  const [released, anew] = [plan.busy.map(({ seat }) => seat.seat_id), plan.anew.map(({ seat_id }) => seat_id)];
  const payers = [
    ...(await payersToGiveBack(transaction, [...released, ...anew], today)),
    ...plan.anew.map((seat) => seat.payer_id),
  ];
  const payerIds = [...new Set(payers)];
  if (payerIds.length > 0) await lockWallets(transaction, payerIds);
  const returned =
    released.length + anew.length > 0 ? await giveBack(transaction, [...released, ...anew], null, today, false) : [];
  await release(transaction, plan, context, undoId, returned);
  await changeTraining(transaction, { ...plan.next, free_until_start: stillFree(plan, untold) });
  await noteChangesAsTold(transaction, [plan.state.id]);
  const due = [];
  for (const seat of plan.anew) due.push(await dueSeat(transaction, seat.seat_id));
  if (due.length > 0) await chargeRegistrations(transaction, due, null);
  return { payerIds, returned };
}

/** Dragged back before anybody was told of it, it is what it was: nobody was moved late. */
function stillFree({ now, next }: Plan, untold: ReturnType<typeof untoldMoves>) {
  const [first] = [...untold.values()];
  const isBack = first && first.was.training_date === now.training_date && first.was.start_time === now.start_time;
  return isBack ? first.was.free_until_start : next.free_until_start;
}

const nothing = { sessions: 0, refunded_minor: 0, cancelled_minor: 0 };

/** Frees the places of those who are busy then, safely, and tells them. */
async function release(transaction: Sql, { busy, state }: Plan, { now }: CallContext, undoId: number, back: readonly Returned[]) {
  const training = busy.length > 0 ? await lockTraining(transaction, state.id) : null;
  if (!training) return;
  const request = { id: `undo:${undoId}`, requested_at: now.toISOString() };
  for (const { seat } of busy) {
    const {
      payer_id = null,
      sessions,
      refunded_minor,
      cancelled_minor,
    } = back.find((one) => one.seat_id === seat.seat_id) ?? {
      payer_id: null,
      ...nothing,
    };
    const returned = { sessions, refunded_minor, cancelled_minor };
    const charged = { sessions: 0, invoices: 0 };
    const answer = {
      real_training_id: state.id,
      student_id: seat.student_id,
      outcome: 'safe',
      status: 'CANCELLED_SAFE',
      cancelled_at: request.requested_at,
      returned,
      charged,
    };
    await endSeat(transaction, { id: seat.seat_id, status: 'CANCELLED_SAFE', at: request.requested_at, reason: 'moved', answer });
    await notifyOfCancelledPlace(transaction, training, request, seat.seat_id, {
      outcome: 'safe',
      returned: { ...returned, payer_id },
      charged,
    });
  }
}
