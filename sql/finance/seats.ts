import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { dueRow } from './due.ts';

/** A training as those see it who cancel or add. */
export const trainingState = z.object({
  id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  max_participants: z.int(),
  trainer_id: z.int(),
  status: z.enum(['scheduled', 'completed', 'cancelled']),
  processed_at: z.iso.datetime().nullable(),
  /** Cancelling a place is free until it begins (R12). */
  free_until_start: z.boolean(),
  cancellation: z.unknown(),
});
export type TrainingState = z.output<typeof trainingState>;

/**
 * Locks a training's row until the transaction ends; null when there is none. Take the locks of its students before: the
 * order is roster, students, trainings, wallets, here and in the night, so there is no deadlock.
 * `for no key update`: rows that refer to the training, such as seats and requests, can still be written.
 */
export const lockTraining = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(trainingState)`
    select training.id, type.name as training_type, training_date, start_time, starts_at, ends_at, training.max_participants,
      trainer_id, training.status, processed_at, free_until_start, cancellation
    from real_trainings training join training_types type on type.id = training_type_id
    where training.id = ${id} for no key update of training`);

/** Locks students, in order of id: nobody charges, cancels or adds for them meanwhile. */
export const lockStudents = (transaction: Sql, ids: readonly number[]) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from students where id = any(${sql.array([...ids], 'int4')}) order by id for no key update`);

export const seatState = z.object({
  id: z.int(),
  student_id: z.int(),
  status: z.enum(['REGISTERED', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE', 'WAITLIST']),
  charged_at: z.iso.datetime().nullable(),
  /** When it came from the waitlist; null: otherwise. */
  promoted_at: z.iso.datetime().nullable(),
  cancellation: z.unknown(),
});

/** A registration and the training it is for. */
const placeRow = trainingState.extend({
  seat_id: seatState.shape.id,
  seat_charged_at: seatState.shape.charged_at,
  seat_cancellation: z.unknown(),
  seat_status: seatState.shape.status,
  seat_promoted_at: seatState.shape.promoted_at,
});

const isThere = ({ trainingId, studentId }: { trainingId: number; studentId: number }) => sql.fragment`exists (
        select from real_training_students where real_training_id = ${trainingId} and student_id = ${studentId})`;
const isWaitedFor = (trainingId: number) =>
  sql.fragment`exists (select from real_training_students where real_training_id = ${trainingId} and status = 'WAITLIST')`;

/**
 * Locks a student, a training and the registration of the one in the other, in this order and until the transaction ends, and reads
 * them as they are then; null when there is no such registration. Three locks in one statement, for each takes the row's latest version.
 * @param of.ifNobodyWaits null, and nothing is locked, where somebody waits for a seat of the training, since others are to be locked
 *   first, or where there is no registration yet, since somebody may begin to wait before others are looked for
 */
export const lockPlace = (transaction: Sql, of: { trainingId: number; studentId: number; ifNobodyWaits: boolean }) =>
  transaction.maybeOne(sql.prepared('lock_place', placeRow)`
    with student as materialized (
      select id from students
      where id = ${of.studentId} and (not ${of.ifNobodyWaits}::boolean or (${isThere(of)} and not ${isWaitedFor(of.trainingId)}))
      for no key update
    ), training as materialized (
      select training.*, type.name as training_type
      from real_trainings training join training_types type on type.id = training_type_id
      where training.id = ${of.trainingId} and (select count(*) from student) = 1 for no key update of training
    )
    select training.id, training_type, training_date, start_time, starts_at, ends_at, max_participants, trainer_id, training.status,
      processed_at, free_until_start, training.cancellation, seat.status as seat_status, promoted_at as seat_promoted_at,
      seat.id as seat_id, charged_at as seat_charged_at, seat.cancellation as seat_cancellation
    from training join real_training_students seat on real_training_id = training.id and student_id = ${of.studentId}
    for no key update of seat`);

/** The registrations of a training. */
export const seatStates = (db: Sql, trainingId: number) => seatStatesOf(db, [trainingId]);

/** The same of several trainings. */
export const seatStatesOf = (db: Sql, trainingIds: readonly number[]) =>
  db.any(sql.type(seatState)`
    select id, student_id, status, charged_at, promoted_at, cancellation from real_training_students
    where real_training_id = any(${sql.array([...trainingIds], 'int4')}) order by id`);

/** Everyone with a registration in a training that is not taken back. */
export const seatHolders = (db: Sql, trainingId: number) => holdersOf(db, [trainingId]);

/** The same of several trainings, each once. */
export const holdersOf = (db: Sql, trainingIds: readonly number[]) =>
  db.anyFirst(sql.type(z.object({ student_id: z.int() }))`
    select distinct student_id from real_training_students
    where real_training_id = any(${sql.array([...trainingIds], 'int4')}) and status <> 'CANCELLED_SAFE'`);

/** The statuses that take a place of a training. */
export const TAKEN: readonly string[] = ['REGISTERED', 'PRESENT', 'ABSENT'];

/** Ends a registration and keeps the answer its canceller got. Returns whether another one waits for a seat of that training. */
export const endSeat = (
  transaction: Sql,
  ending: { id: number; status: 'CANCELLED_SAFE' | 'ABSENT'; at: string; reason: string | null; answer: unknown },
) =>
  transaction.oneFirst(sql.prepared('end_seat', z.object({ is_waited_for: z.boolean() }))`
    update real_training_students seat set status = ${ending.status}, cancelled_at = ${ending.at}::timestamptz, cancellation_reason = ${ending.reason},
      cancellation = ${sql.json(ending.answer as never)}
    where id = ${ending.id}
    returning exists (
      select from real_training_students other
      where other.real_training_id = seat.real_training_id and other.status = 'WAITLIST' and other.id <> seat.id) as is_waited_for`);

/** Ends all live registrations of a training that is called off. */
export const endAllSeats = (transaction: Sql, trainingId: number, at: string, reason: string) =>
  transaction.query(sql.unsafe`
    update real_training_students set status = 'CANCELLED_SAFE', cancelled_at = ${at}::timestamptz, cancellation_reason = ${reason},
      excused_at = null
    where real_training_id = ${trainingId} and status in ('REGISTERED', 'PRESENT', 'ABSENT', 'WAITLIST')`);

/** Calls a training off and keeps the answer. Returns its version. */
export const closeTraining = (transaction: Sql, id: number, at: string, reason: string, answer: unknown) =>
  transaction.oneFirst(sql.type(z.object({ version: z.int() }))`
    update real_trainings set status = 'cancelled', cancelled_at = ${at}::timestamptz, cancellation_reason = ${reason},
      cancellation = ${sql.json(answer as never)}
    where id = ${id} returning version`);

/** Keeps the whole answer that the first canceller gets. */
export const keepCancellation = (transaction: Sql, id: number, answer: unknown) =>
  transaction.query(sql.unsafe`update real_trainings set cancellation = ${sql.json(answer as never)} where id = ${id}`);

/** Registers a student, or takes back a cancelled registration, at the training's price or one of its own. Returns the registration's id. */
export const takeSeat = (transaction: Sql, trainingId: number, studentId: number, ownPriceMinor: number | null = null) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_training_students (real_training_id, student_id, own_price_minor)
    values (${trainingId}, ${studentId}, ${ownPriceMinor}::int8)
    on conflict (real_training_id, student_id) do update
      set status = 'REGISTERED', own_price_minor = excluded.own_price_minor, promoted_at = null, cancelled_at = null, cancellation_reason = null, cancellation = null
    returning id`);

/** One registration as something due. */
export const dueSeat = (db: Sql, seatId: number) =>
  db.one(sql.type(dueRow)`
    select seat.id as seat_id, seat.student_id, payer_id, training.id as training_id, training_date,
      coalesce(seat.own_price_minor, training.price_minor) as price_minor,
      seat.returns as charge_no, 1 as place
    from real_training_students seat
    join students on students.id = seat.student_id
    join real_trainings training on training.id = seat.real_training_id
    where seat.id = ${seatId}`);
