import { type Mark, type MarkedSeat, markSeats, seatsToMark } from '../../sql/attendance/marks.ts';
import type { Sql } from '../../sql/database/database.ts';
import { chargeRegistrations } from '../../sql/finance/charge.ts';
import { giveBack, payersToGiveBack } from '../../sql/finance/give-back.ts';
import { dueSeat, lockStudents, lockTraining, type TrainingState } from '../../sql/finance/seats.ts';
import { lockWallets, settle } from '../../sql/finance/settle.ts';
import { Refused } from '../refusal.ts';

export type GivenMark = { student_id: number; status: 'PRESENT' | 'ABSENT'; excused?: boolean; notes?: string | null };
export type Marker = {
  /** Who marks, as rows name them. */
  author: string;
  kind: 'person' | 'check-in';
  /** The trainer who may mark their own trainings for seven days; null: an administrator, who always may and may excuse. */
  trainerId: number | null;
  now: Date;
  /** The studio's business day now. */
  today: string;
};

const MINUTE_MS = 60_000;
/** Marking opens this long before the start. */
const OPENS_MS = 60 * MINUTE_MS;
/** A trainer may mark this long after it. */
const TRAINER_MS = 7 * 24 * 60 * MINUTE_MS;

/**
 * Marks who came, in the caller's transaction (R8). What is not named stays as it is; what is so already is not marked again.
 * Between PRESENT and ABSENT no money moves. An excused absence gives back what was charged (D18) and is not charged any more; excused
 * no longer, it is charged as it is due. Takes the locks of the students, then of the training. Throws `missing`, `not_allowed` for a
 * trainer who may not, a `conflict` for a training that is cancelled or not open yet, `invalid` that names every mark that cannot be
 * made; then nothing is.
 * @returns how many were changed
 */
export async function markByHand(transaction: Sql, trainingId: number, given: readonly GivenMark[], by: Marker) {
  const students = given.map(({ student_id }) => student_id);
  demandOnce(students);
  await lockStudents(transaction, students);
  const training = await lockTraining(transaction, trainingId);
  if (!training || (by.trainerId !== null && training.trainer_id !== by.trainerId))
    throw new Refused('missing', `there is no training ${trainingId}`);
  demandOpen(training, by);
  const seats = new Map((await seatsToMark(transaction, trainingId, students)).map((seat) => [seat.student_id, seat]));
  demandPlaces(given, seats, by);
  const changed = given.flatMap((mark) => changeOf(mark, seats.get(mark.student_id) as MarkedSeat));
  if (changed.length === 0) return 0;
  const excusing = changed.filter(({ mark, seat }) => mark.isExcused && !seat.is_excused).map(({ seat }) => seat.id);
  const again = changed.filter(({ mark, seat }) => seat.is_excused && !mark.isExcused).map(({ seat }) => seat.id);
  const due = training.processed_at === null ? [] : await Promise.all(again.map((id) => dueSeat(transaction, id)));
  // All wallets of a transaction are locked in one order.
  const payers = [...(await payersToGiveBack(transaction, excusing, by.today)), ...due.map(({ payer_id }) => payer_id)];
  if (payers.length > 0) await lockWallets(transaction, payers);
  if (excusing.length > 0) await giveBack(transaction, excusing, null, by.today);
  const { kind, author, now } = by;
  await markSeats(
    transaction,
    changed.map(({ mark }) => mark),
    { kind, author, at: now.toISOString() },
  );
  if (due.length > 0) {
    await chargeRegistrations(transaction, due, null);
    await settle(
      transaction,
      due.map(({ payer_id }) => payer_id),
    );
  }
  return changed.length;
}

function demandOnce(students: readonly number[]) {
  const twice = students.findIndex((id, place) => students.indexOf(id) !== place);
  if (twice !== -1) throw wrong([{ path: `marks.${twice}.student_id`, message: 'each student once' }]);
}

function demandOpen({ status, starts_at }: TrainingState, { now, trainerId }: Marker) {
  if (status === 'cancelled') throw new Refused('conflict', 'the training is cancelled');
  const begins = Date.parse(starts_at);
  if (now.getTime() < begins - OPENS_MS)
    throw new Refused('conflict', `marking opens 60 minutes before the start, at ${new Date(begins - OPENS_MS).toISOString()}`);
  if (trainerId !== null && now.getTime() > begins + TRAINER_MS)
    throw new Refused('not_allowed', 'trainers mark up to seven days after the start; ask an administrator');
}

function demandPlaces(given: readonly GivenMark[], seats: ReadonlyMap<number, MarkedSeat>, { trainerId }: Marker) {
  const errors = given.flatMap(({ student_id, status, excused = false }, place) => {
    const seat = seats.get(student_id);
    if (!seat || seat.status === 'CANCELLED_SAFE' || seat.status === 'WAITLIST')
      return [{ path: `marks.${place}.student_id`, message: 'a student who has a place in this training' }];
    if (excused && status !== 'ABSENT') return [{ path: `marks.${place}.excused`, message: 'only with ABSENT' }];
    if (excused && trainerId !== null) return [{ path: `marks.${place}.excused`, message: 'only administrators excuse' }];
    return [];
  });
  if (errors.length > 0) throw wrong(errors);
}

const wrong = (errors: { path: string; message: string }[]) => new Refused('invalid', 'the body is not acceptable', { errors });

/** The mark, where it changes anything. What an administrator excused stays so when the list is saved again without saying it. */
function changeOf({ status, excused, notes }: GivenMark, seat: MarkedSeat): { mark: Mark; seat: MarkedSeat }[] {
  const isExcused = status === 'ABSENT' && (excused ?? seat.is_excused);
  const mark: Mark = { seatId: seat.id, status, isExcused, notes: notes === undefined ? seat.mark_notes : notes };
  // A person who confirms what the night marked makes it theirs.
  const isSame =
    seat.status === status && seat.is_excused === isExcused && seat.mark_notes === mark.notes && seat.marked_by !== 'automatic';
  return isSame ? [] : [{ mark, seat }];
}
