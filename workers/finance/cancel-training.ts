import { dayOf } from '../../queues/time/calendar.ts';
import { giveBack } from '../../sql/finance/give-back.ts';
import { closeTraining, endAllSeats, lockStudents, lockTraining, seatHolders, seatStates } from '../../sql/finance/seats.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { type Decide, refuse } from './decision.ts';
import { hasStarted } from './free-cancellation.ts';
import { notifyOfCancelledTraining } from './notices.ts';

/**
 * Calls a training off: everything taken for it is given back, everyone is notified, the training is closed (D19). One that has begun,
 * only as the studio's own wish: it did not take place after all.
 */
export const cancelTraining: Decide = async (transaction, request, zone) => {
  // Whoever fills seats holds the roster's lock, so these are all the students there will be.
  await lockRoster(transaction);
  await lockStudents(transaction, await seatHolders(transaction, request.real_training_id));
  const training = await lockTraining(transaction, request.real_training_id);
  if (!training) return refuse(404, `there is no training ${request.real_training_id}`);
  if (training.status === 'cancelled') return { answer: (training.cancellation ?? { real_training_id: training.id }) as object };
  if (!request.by_studio && hasStarted(new Date(request.requested_at), new Date(training.starts_at))) {
    return refuse(409, 'the training has started');
  }
  const reason = request.reason ?? '';
  const live = (await seatStates(transaction, training.id)).filter((seat) => seat.status !== 'CANCELLED_SAFE');
  const back = await giveBack(
    transaction,
    live.map((seat) => seat.id),
    null,
    dayOf(new Date(request.requested_at), zone),
  );
  await endAllSeats(transaction, training.id, request.requested_at, reason);
  const sum = (kind: 'sessions' | 'refunded_minor' | 'cancelled_minor') => back.reduce((total, seat) => total + seat[kind], 0);
  const answer = {
    real_training_id: training.id,
    cancelled_at: request.requested_at,
    reason,
    students: live.length,
    returned: { sessions: sum('sessions'), refunded_minor: sum('refunded_minor'), cancelled_minor: sum('cancelled_minor') },
  };
  await closeTraining(transaction, training.id, request.requested_at, reason, answer);
  const seats = live.map((seat) => seat.id);
  await notifyOfCancelledTraining(transaction, training, request, seats, back);
  return { answer };
};
