import type { Sql } from '../../sql/database/database.ts';
import { endSeat, lockStudents, lockTraining, seatStates, TAKEN } from '../../sql/finance/seats.ts';
import { isInactive } from '../../sql/records/students.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { listWaiting, startWaiting } from '../../sql/trainings/waitlist.ts';
import { Refused } from '../refusal.ts';
import { notifyOfLeaving, notifyOfWaiting } from '../waitlist/notices.ts';

export { fillFromWaitlist } from '../waitlist/fill.ts';

type Asked = { trainingId: number; studentId: number; now: Date };

/**
 * Puts a student at the end of a full training's waitlist (R15); nothing is charged. Whoever waits already keeps the place. Throws
 * `missing` where there is no such training or student, and a `conflict` where there is a free place, or nothing to wait for.
 */
export async function joinWaitlist(transaction: Sql, { trainingId, studentId, now }: Asked) {
  const training = await lockAll(transaction, { trainingId, studentId });
  if (await isInactive(transaction, studentId)) throw new Refused('conflict', `the student ${studentId} is not active`);
  if (training.status === 'cancelled') throw new Refused('conflict', 'the training is cancelled');
  if (new Date(training.starts_at) <= now) throw new Refused('conflict', 'the training has started');
  const seats = await seatStates(transaction, trainingId);
  const own = seats.find(({ student_id }) => student_id === studentId)?.status;
  if (own !== undefined && TAKEN.includes(own)) throw new Refused('conflict', 'the student is registered already');
  if (own === 'WAITLIST') return placeOf(transaction, trainingId, studentId);
  if (seats.filter(({ status }) => TAKEN.includes(status)).length < training.max_participants) {
    throw new Refused('conflict', 'the training has free places: register the student');
  }
  const id = await startWaiting(transaction, { trainingId, studentId, since: now.toISOString() });
  const waiting = await placeOf(transaction, trainingId, studentId);
  await notifyOfWaiting(transaction, training, { id, place: waiting.place }, now);
  return waiting;
}

/** Takes a student off a training's waitlist. Throws `missing` for one who does not wait. */
export async function leaveWaitlist(transaction: Sql, { trainingId, studentId, now }: Asked) {
  const training = await lockAll(transaction, { trainingId, studentId });
  const seat = (await seatStates(transaction, trainingId)).find(({ student_id }) => student_id === studentId);
  if (seat?.status !== 'WAITLIST')
    throw new Refused('missing', `the student ${studentId} is not on the waitlist of the training ${trainingId}`);
  const at = now.toISOString();
  const answer = {
    real_training_id: trainingId,
    student_id: studentId,
    outcome: 'safe',
    status: 'CANCELLED_SAFE',
    cancelled_at: at,
  };
  await endSeat(transaction, { id: seat.id, status: 'CANCELLED_SAFE', at, reason: 'waitlist', answer });
  await notifyOfLeaving(transaction, training, seat.id, now);
}

/** The roster's lock keeps those who wait the same for whoever is about to promote somebody. */
async function lockAll(transaction: Sql, { trainingId, studentId }: Pick<Asked, 'trainingId' | 'studentId'>) {
  await lockRoster(transaction);
  const known = await lockStudents(transaction, [studentId]);
  const training = await lockTraining(transaction, trainingId);
  if (!training) throw new Refused('missing', `there is no training ${trainingId}`);
  if (known.length === 0) throw new Refused('missing', `there is no student ${studentId}`);
  return training;
}

async function placeOf(transaction: Sql, trainingId: number, studentId: number) {
  const waiting = (await listWaiting(transaction, trainingId)).find(({ student_id }) => student_id === studentId);
  if (!waiting) throw new TypeError(`the student ${studentId} waits and is not on the list`);
  return waiting;
}
