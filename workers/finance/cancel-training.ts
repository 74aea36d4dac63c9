import { dayOf } from '../../queues/time/calendar.ts';
import type { Sql } from '../../sql/database/database.ts';
import { giveBack, payersToGiveBack } from '../../sql/finance/give-back.ts';
import type { FinanceRequest } from '../../sql/finance/requests.ts';
import {
  closeTraining,
  endAllSeats,
  keepCancellation,
  lockStudents,
  lockTraining,
  seatHolders,
  seatStates,
  type TrainingState,
} from '../../sql/finance/seats.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { withUndo } from '../undo/offer.ts';
import { type Decide, refuse } from './decision.ts';
import { hasStarted } from './free-cancellation.ts';
import { notifyOfCancelledTraining } from './notices.ts';

/**
 * Calls a training off: everything taken for it is given back, everyone is notified, the training is closed (D19). One that has begun,
 * only as the studio's own wish: it did not take place after all. It can be taken back for some seconds (D49).
 */
export const cancelTraining: Decide = async (transaction, request, zone) => {
  // Whoever fills seats holds the roster's lock, so these are all the students there will be.
  await lockRoster(transaction);
  await lockStudents(transaction, await seatHolders(transaction, request.real_training_id));
  const training = await lockTraining(transaction, request.real_training_id);
  if (!training) return refuse('missing', `there is no training ${request.real_training_id}`);
  if (training.status === 'cancelled') return { answer: (training.cancellation ?? { real_training_id: training.id }) as object };
  if (!request.by_studio && hasStarted(new Date(request.requested_at), new Date(training.starts_at))) {
    return refuse('conflict', 'the training has started');
  }
  const of = { kind: 'trainings_cancelled', subjectId: training.id, actor: request.requested_by } as const;
  const { result, undo } = await withUndo(
    transaction,
    { ...of, trainingIds: [training.id], subjects: [`training:${training.id}`] },
    () => callOff(transaction, training, request, zone),
  );
  const answer = { ...result, undo };
  await keepCancellation(transaction, training.id, answer);
  return { answer };
};

type CallOff = Pick<FinanceRequest, 'reason' | 'requested_at'> & { id: number | string };

/** Gives everything back, ends the registrations, closes the training and tells everybody. Nothing is settled yet. */
export async function callOff(transaction: Sql, training: TrainingState, request: CallOff, zone: string) {
  const reason = request.reason ?? '';
  const live = (await seatStates(transaction, training.id)).filter((seat) => seat.status !== 'CANCELLED_SAFE');
  const seats = live.map((seat) => seat.id);
  const today = dayOf(new Date(request.requested_at), zone);
  const payerIds = await payersToGiveBack(transaction, seats, today);
  const back = await giveBack(transaction, seats, null, today, false);
  await endAllSeats(transaction, training.id, request.requested_at, reason);
  const sum = (kind: 'sessions' | 'refunded_minor' | 'cancelled_minor') => back.reduce((total, seat) => total + seat[kind], 0);
  const result = {
    real_training_id: training.id,
    cancelled_at: request.requested_at,
    reason,
    students: live.length,
    returned: { sessions: sum('sessions'), refunded_minor: sum('refunded_minor'), cancelled_minor: sum('cancelled_minor') },
  };
  const version = await closeTraining(transaction, training.id, request.requested_at, reason, result);
  await notifyOfCancelledTraining(transaction, training, request, seats, back);
  return { result: { ...result, version }, payerIds, returned: back, isFinal: back.some(({ is_share }) => is_share) };
}
