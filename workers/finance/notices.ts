import type { Sql } from '../../sql/database/database.ts';
import { balancesOf, paysFor, type SeatFacts, seatFacts } from '../../sql/finance/came-back.ts';
import type { Returned } from '../../sql/finance/give-back.ts';
import type { FinanceRequest } from '../../sql/finance/requests.ts';
import type { TrainingState } from '../../sql/finance/seats.ts';
import { aboutWhom } from '../../sql/notifications/about.ts';
import { type ParamsOf, priorityOf } from '../../sql/notifications/catalog.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';

/** `id`: what tells this cause from another. */
type Request = Pick<FinanceRequest, 'requested_at'> & { id: number | string };
type Back = Pick<Returned, 'sessions' | 'refunded_minor' | 'cancelled_minor'> & { payer_id?: number | null };
const nothing: Back = { sessions: 0, refunded_minor: 0, cancelled_minor: 0 };

const about = ({ id, training_type, training_date, start_time }: TrainingState) => ({
  real_training_id: id,
  training_type,
  training_date,
  start_time,
});
/** What is about the next 24 hours is urgent (D38). */
const when = ({ starts_at }: TrainingState, { requested_at }: Request) => ({
  occasion: starts_at,
  priority: priorityOf(starts_at, requested_at),
});

/** What came back to a place, with the subscription it is in now. */
const cameBack = ({ session }: SeatFacts, { sessions, refunded_minor, cancelled_minor }: Back) => ({
  session: sessions > 0 ? session : null,
  sessions,
  refunded_minor,
  cancelled_minor,
});

/**
 * Notifies everybody a cancelled training concerns (D43), each once: the students and those who pay for them, of what came back to
 * each place, and the trainer. Money is named to all; a balance to whose it is.
 */
export async function notifyOfCancelledTraining(
  transaction: Sql,
  training: TrainingState,
  request: Request & { reason: string | null },
  seatIds: readonly number[],
  back: readonly Returned[],
) {
  const returned = new Map(back.map((seat) => [seat.seat_id, seat]));
  const places = new Map<number, ParamsOf<'training_cancelled'>['places']>();
  const students = new Map<number, number[]>();
  for (const seat of await seatFacts(transaction, seatIds)) {
    const own: Back = returned.get(seat.seat_id) ?? nothing;
    const payer = own.payer_id ?? seat.payer_id;
    for (const reader of new Set([seat.student_id, payer])) {
      const place = {
        ...cameBack(seat, own),
        student: reader === seat.student_id ? null : seat.student,
        is_payer: reader === payer,
      };
      places.set(reader, [...(places.get(reader) ?? []), place]);
      students.set(reader, [...(students.get(reader) ?? []), ...aboutWhom(reader, seat.student_id)]);
    }
  }
  if (!places.has(training.trainer_id)) places.set(training.trainer_id, []);
  const balances = await balancesOf(transaction, [...places.keys()]);
  const notices = [...places].map(([userId, own]): Notice => {
    const isRefunded = own.some((place) => place.is_payer && place.refunded_minor > 0);
    return {
      userId,
      template: 'training_cancelled',
      dedupe: `training_cancelled:${training.id}:${request.id}:${userId}`,
      about: places.get(userId)?.some(({ student }) => student === null) ? [] : students.get(userId),
      ...when(training, request),
      params: {
        ...about(training),
        reason: request.reason ?? '',
        places: own,
        balance_minor: isRefunded ? (balances.get(userId) ?? null) : null,
      },
    };
  });
  await notifyPeople(transaction, notices);
}

/** The student and whoever pays, each once. The trainer is told how full it is, not of each place (reminders, `training_seats`). */
const readersOf = (seat: SeatFacts, payer: number) => [...new Set([seat.student_id, payer])];

const readerOf = (userId: number, seat: SeatFacts, payer: number) => ({
  student: userId === seat.student_id ? null : seat.student,
  is_payer: userId === payer,
  is_trainer: false,
});

/** Notifies the student and whoever pays that a place is given up, and what happened to money and sessions (D43). */
export async function notifyOfCancelledPlace(
  transaction: Sql,
  training: TrainingState,
  request: Request,
  seatId: number,
  cancellation: { outcome: 'safe' | 'late'; returned: Back; charged: { sessions: number; invoices: number } },
) {
  const [seat] = (await seatFacts(transaction, [seatId])) as [SeatFacts];
  const payer = cancellation.returned.payer_id ?? seat.payer_id;
  const balance = cancellation.returned.refunded_minor > 0 ? (await balancesOf(transaction, [payer])).get(payer) : undefined;
  await notifyPeople(
    transaction,
    readersOf(seat, payer).map((userId) => ({
      userId,
      template: 'participation_cancelled',
      dedupe: `participation_cancelled:${seatId}:${request.id}:${userId}`,
      about: aboutWhom(userId, seat.student_id),
      ...when(training, request),
      params: {
        ...about(training),
        ...readerOf(userId, seat, payer),
        outcome: cancellation.outcome,
        returned: cameBack(seat, cancellation.returned),
        charged: paysFor(seat, cancellation.charged),
        balance_minor: userId === payer ? (balance ?? null) : null,
      },
    })),
  );
}

/** Notifies the student and whoever pays that a place was taken, and what was charged for it (D43). */
export async function notifyOfTakenPlace(
  transaction: Sql,
  training: TrainingState,
  request: Request,
  seatId: number,
  charged: { sessions: number; invoices: number },
) {
  const [seat] = (await seatFacts(transaction, [seatId])) as [SeatFacts];
  await notifyPeople(
    transaction,
    readersOf(seat, seat.payer_id).map((userId) => ({
      userId,
      template: 'training_joined',
      dedupe: `training_joined:${seatId}:${request.id}:${userId}`,
      about: aboutWhom(userId, seat.student_id),
      ...when(training, request),
      params: { ...about(training), ...readerOf(userId, seat, seat.payer_id), charged: paysFor(seat, charged) },
    })),
  );
}
