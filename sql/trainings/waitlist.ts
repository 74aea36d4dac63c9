import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { occupied } from '../calendar/occupied.ts';
import { type Sql, sql } from '../database/database.ts';

/** In what order a training's waitlist is served (R15). */
const waitingOrder = sql.fragment`coalesce(seat.waiting_since, seat.created_at), seat.id`;

const waiter = z.object({ seat_id: z.int(), real_training_id: z.int(), student_id: z.int(), payer_id: z.int() });

/** Everybody on the waitlists of some trainings. They stay who they are while the roster's lock is held. */
export const waitersOf = (db: Sql, trainingIds: readonly number[]) =>
  db.any(sql.type(waiter)`
    select seat.id as seat_id, real_training_id, student_id, payer_id
    from real_training_students seat join students on students.id = student_id
    where real_training_id = any(${sql.array([...trainingIds], 'int4')}) and status = 'WAITLIST' order by seat.id`);

export const waitingRow = z.object({
  place: z.int(),
  student_id: z.int(),
  student: z.string(),
  waiting_since: z.iso.datetime(),
});

/** A training's waitlist in order, as far as somebody may see it; places count everybody. */
export const listWaiting = (db: Sql, trainingId: number, whose: Whose = EVERYTHING) =>
  db.any(sql.type(waitingRow)`
    select place, student_id, student, waiting_since from (
      select seat.*, (row_number() over (order by ${waitingOrder}))::int as place
      from (select id, real_training_id, student_id, created_at, coalesce(waiting_since, created_at) as waiting_since
        from real_training_students where real_training_id = ${trainingId} and status = 'WAITLIST') seat
    ) as waiting
    join (select id as person_id, concat_ws(' ', first_name, nullif(last_name, '')) as student from users) person on person_id = student_id
    where ${isAmong(whose, 'seat', 'waiting')} order by place`);

/** Puts a student at the end of a training's waitlist; a registration that was cancelled is taken up again. Returns its id. */
export const startWaiting = (transaction: Sql, of: { trainingId: number; studentId: number; since: string }) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_training_students (real_training_id, student_id, status, waiting_since)
    values (${of.trainingId}, ${of.studentId}, 'WAITLIST', ${of.since}::timestamptz)
    on conflict (real_training_id, student_id) do update
      set status = 'WAITLIST', waiting_since = excluded.waiting_since, promoted_at = null, own_price_minor = null,
        cancelled_at = null, cancellation_reason = null, cancellation = null
    returning id`);

const judged = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  waiting_since: z.iso.datetime(),
  obstacle: z.enum(['inactive', 'frozen', 'busy', 'no_subscription']).nullable(),
});
export type JudgedWaiting = z.output<typeof judged>;

/**
 * A training's waitlist in order, and what keeps each from taking a place: not active, the subscription frozen on that day, anywhere
 * else at that time, or, where the training is for subscribers only, none that is valid then and has sessions left, is unlimited or
 * renews itself (D6).
 */
export const judgeWaiting = (transaction: Sql, trainingId: number) =>
  transaction.any(sql.type(judged)`
    select seat.id as seat_id, seat.student_id, coalesce(seat.waiting_since, seat.created_at) as waiting_since, case
        when not person.is_active then 'inactive'
        when exists (
          select from student_subscriptions held where held.student_id = seat.student_id and held.status in ('active', 'frozen')
            and training_date between held.freeze_start_date and held.freeze_end_date) then 'frozen'
        when exists (
          select from (${occupied(sql.fragment`seat.student_id`, sql.fragment`tstzrange(training.starts_at, training.ends_at)`)}) met
          where met.real_training_id is distinct from training.id) then 'busy'
        when type.is_subscription_only and not exists (
          select from student_subscriptions held where held.student_id = seat.student_id and held.status in ('active', 'frozen')
            and training_date between held.start_date and held.end_date
            and (held.sessions_left is null or held.sessions_left > 0 or held.is_auto_renew)) then 'no_subscription'
      end as obstacle
    from real_training_students seat
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training.training_type_id
    join users person on person.id = seat.student_id
    where seat.real_training_id = ${trainingId} and seat.status = 'WAITLIST'
    order by ${waitingOrder}`);

/** Gives a place to one who waits. */
export const promote = (transaction: Sql, seatId: number, at: string) =>
  transaction.query(sql.unsafe`
    update real_training_students set status = 'REGISTERED', promoted_at = ${at}::timestamptz where id = ${seatId} and status = 'WAITLIST'`);

/** Trainings that begin after an instant and have a free place and somebody who waits, in order of id; none whose seats can still be taken back (D49). */
export const trainingsToFill = (db: Sql, startsAfter: string, limit: number) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from real_trainings training
    where status = 'scheduled' and starts_at >= ${startsAfter}::timestamptz
      and id in (select real_training_id from real_training_students where status = 'WAITLIST')
      and not exists (
        select from undos where training.id = any(freed_training_ids) and followed_at is null and undone_at is null)
      and max_participants > (select count(*) from real_training_students seat
        where seat.real_training_id = training.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT'))
    order by id limit ${limit}`);

const released = z.object({
  seat_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  payer_id: z.int(),
  real_training_id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
});

/** Takes everybody off the waitlists of trainings that have begun by an instant. */
export const releaseBegun = (transaction: Sql, at: string) =>
  transaction.any(sql.type(released)`
    with gone as (
      update real_training_students seat
      set status = 'CANCELLED_SAFE', cancelled_at = ${at}::timestamptz, cancellation_reason = 'waitlist'
      from real_trainings training
      where training.id = seat.real_training_id and seat.status = 'WAITLIST' and training.starts_at <= ${at}::timestamptz
      returning seat.id, seat.student_id, seat.real_training_id
    )
    select gone.id as seat_id, gone.student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, payer_id, real_training_id,
      type.name as training_type, training_date, start_time, starts_at
    from gone
    join students on students.id = gone.student_id
    join users on users.id = gone.student_id
    join real_trainings training on training.id = real_training_id
    join training_types type on type.id = training_type_id
    order by gone.id`);
