import { expireHolds } from '../../sql/bookings/expire-holds.ts';
import { whatMeets } from '../../sql/calendar/what-meets.ts';
import { chargeRegistrations } from '../../sql/finance/charge.ts';
import { dueSeat, lockStudents, lockTraining, seatStates, TAKEN, takeSeat } from '../../sql/finance/seats.ts';
import { settle } from '../../sql/finance/settle.ts';
import { isInactive } from '../../sql/records/students.ts';
import { lockRoster } from '../../sql/runs/locks.ts';
import { type Decide, refuse } from './decision.ts';
import { hasStarted } from './free-cancellation.ts';
import { notifyOfTakenPlace } from './notices.ts';

/** Registers a student by hand; where the training was processed already, it is charged at once (D12). */
export const addStudent: Decide = (transaction, request) => addAtPrice(transaction, request, null);

/** The same, for a place with a price of its own; null: the training's. */
export async function addAtPrice(transaction: Transaction, request: Parameters<Decide>[1], priceMinor: number | null) {
  const studentId = Number(request.student_id);
  await lockRoster(transaction);
  const known = await lockStudents(transaction, [studentId]);
  const training = await lockTraining(transaction, request.real_training_id);
  if (!training) return refuse('missing', `there is no training ${request.real_training_id}`);
  if (known.length === 0) return refuse('missing', `there is no student ${studentId}`);
  if (await isInactive(transaction, studentId)) return refuse('conflict', `the student ${studentId} is not active`);
  if (training.status === 'cancelled') return refuse('conflict', 'the training is cancelled');
  if (hasStarted(new Date(request.requested_at), new Date(training.starts_at))) {
    return refuse('conflict', 'the training has started');
  }
  const seats = (await seatStates(transaction, training.id)).filter((seat) => TAKEN.includes(seat.status));
  if (seats.some((seat) => seat.student_id === studentId)) return refuse('conflict', 'the student is registered already');
  if (seats.length >= training.max_participants) return refuse('conflict', 'the training is full');
  const meets = await whatStudentHas(transaction, studentId, training);
  if (meets) return refuse('conflict', meets.words);

  const seatId = await takeSeat(transaction, training.id, studentId, priceMinor);
  let charged = { sessions: 0, invoices: 0 };
  if (training.processed_at) {
    const due = await dueSeat(transaction, seatId);
    charged = await chargeRegistrations(transaction, [due], null);
    await settle(transaction, [due.payer_id]);
  }
  const answer = { id: seatId, real_training_id: training.id, student_id: studentId, status: 'REGISTERED', charged };
  await notifyOfTakenPlace(transaction, training, request, seatId, charged);
  return { answer };
}

type Transaction = Parameters<Decide>[0];

/** What the student has at that time in whatever capacity; a booking whose time to be paid is over is ended first. */
async function whatStudentHas(
  transaction: Transaction,
  personId: number,
  training: { id: number; starts_at: string; ends_at: string },
) {
  const who = { capacity: 'student', personId, trainingId: training.id } as const;
  const meets = await whatMeets(transaction, who, training);
  const isOver = meets?.is_held && (await expireHolds(transaction, training.starts_at)) > 0;
  return isOver ? whatMeets(transaction, who, training) : meets;
}
