import type { Sql } from '../../sql/database/database.ts';
import { paysFor, type SeatFacts, seatFacts } from '../../sql/finance/came-back.ts';
import type { TrainingState } from '../../sql/finance/seats.ts';
import { aboutWhom } from '../../sql/notifications/about.ts';
import { type Notice, notifyPeople } from '../../sql/notifications/notify.ts';
import type { JudgedWaiting } from '../../sql/trainings/waitlist.ts';
import { freeUntil } from '../free-until.ts';

type Training = Pick<TrainingState, 'id' | 'training_type' | 'training_date' | 'start_time' | 'starts_at'>;
type Person = Pick<SeatFacts, 'student_id' | 'student' | 'payer_id'>;

const about = ({ id, training_type, training_date, start_time }: Training) => ({
  real_training_id: id,
  training_type,
  training_date,
  start_time,
});

/** The student and whoever pays, each once; the student's name is for the other. */
const readersOf = ({ student_id, student, payer_id }: Person) =>
  [...new Set([student_id, payer_id])].map((userId) => ({
    userId,
    student: userId === student_id ? null : student,
    about: aboutWhom(userId, student_id),
  }));

const factsOf = async (db: Sql, seatId: number) => (await seatFacts(db, [seatId]))[0] as SeatFacts;

/** Notifies of a place on a waitlist. @param at when it was asked for */
export async function notifyOfWaiting(db: Sql, training: Training, seat: { id: number; place: number }, at: Date) {
  const person = await factsOf(db, seat.id);
  await notifyPeople(
    db,
    readersOf(person).map(
      ({ userId, student, about: whom }): Notice => ({
        userId,
        about: whom,
        template: 'waitlisted',
        dedupe: `waitlisted:${seat.id}:${at.toISOString()}:${userId}`,
        occasion: training.starts_at,
        params: { ...about(training), student, place: seat.place },
      }),
    ),
  );
}

/** Notifies the student and whoever pays that a place came from the waitlist, and what was charged for it. */
export async function notifyOfPromotion(
  db: Sql,
  training: Training,
  seatId: number,
  of: { at: Date; charged: { sessions: number; invoices: number } },
) {
  const person = await factsOf(db, seatId);
  await notifyPeople(
    db,
    readersOf(person).map(
      ({ userId, student, about: whom }): Notice => ({
        userId,
        about: whom,
        template: 'waitlist_promoted',
        dedupe: `waitlist_promoted:${seatId}:${of.at.toISOString()}:${userId}`,
        occasion: training.starts_at,
        params: {
          ...about(training),
          student,
          is_payer: userId === person.payer_id,
          is_trainer: false,
          charged: paysFor(person, of.charged),
          free_until: freeUntil(new Date(training.starts_at), { promotedAt: of.at.toISOString() }).toISOString(),
        },
      }),
    ),
  );
}

/** Notifies those who were passed over, once for each reason while they wait. */
export async function notifyOfSkipping(db: Sql, training: Training, skipped: readonly JudgedWaiting[]) {
  const people = new Map(
    (
      await seatFacts(
        db,
        skipped.map(({ seat_id }) => seat_id),
      )
    ).map((seat) => [seat.seat_id, seat]),
  );
  await notifyPeople(
    db,
    skipped.flatMap(({ seat_id, waiting_since, obstacle }) => {
      const person = people.get(seat_id);
      if (!person || obstacle === null) return [];
      return readersOf(person).map(
        ({ userId, student, about: whom }): Notice => ({
          userId,
          about: whom,
          template: 'waitlist_skipped',
          dedupe: `waitlist_skipped:${seat_id}:${waiting_since}:${obstacle}:${userId}`,
          occasion: training.starts_at,
          params: { ...about(training), student, reason: obstacle },
        }),
      );
    }),
  );
}

/** What is to be written to those who left a waitlist, or were left on it when the training began. */
export const noticesOfRelease = (
  person: Person & { seat_id: number },
  training: Training,
  of: { reason: 'left' | 'started'; at: Date },
): Notice[] =>
  readersOf(person).map(({ userId, student, about: whom }) => ({
    userId,
    about: whom,
    template: 'waitlist_released',
    dedupe: `waitlist_released:${person.seat_id}:${of.at.toISOString()}:${userId}`,
    occasion: training.starts_at,
    params: { ...about(training), student, reason: of.reason },
  }));

/** Notifies that somebody has left a waitlist. @param at when it was asked for */
export async function notifyOfLeaving(db: Sql, training: Training, seatId: number, at: Date) {
  await notifyPeople(db, noticesOfRelease(await factsOf(db, seatId), training, { reason: 'left', at }));
}
