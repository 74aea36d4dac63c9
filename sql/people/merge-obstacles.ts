import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const mergeObstacleKinds = [
  'works_here',
  'erased',
  'are_family',
  'two_sign_ins',
  'two_chats',
  'same_training',
  'same_time',
  'hold',
  'open_requests',
  'two_exams',
  'just_changed',
] as const;
export const mergeObstacle = z.object({ kind: z.enum(mergeObstacleKinds), count: z.int() });
export type MergeObstacle = z.output<typeof mergeObstacle>;

/** Whose record goes into whose. */
export type Pair = { keptId: number; mergedId: number };

const LIVE = sql.fragment`('REGISTERED', 'PRESENT', 'ABSENT', 'WAITLIST')`;

/** Places of the one who goes, each with the times at which the kept one is elsewhere, or is in the same training. */
export const placesThatMeet = ({ keptId, mergedId }: Pair) => sql.fragment`
  select seat.id, seat.status, training.ends_at, training.status as training_status,
    exists (select from real_training_students own where own.real_training_id = training.id and own.student_id = ${keptId}) as is_same,
    training.trainer_id = ${keptId} or (seat.status in ('REGISTERED', 'PRESENT') and training.status <> 'cancelled' and exists (
      select from occupancies there where there.person_id = ${keptId} and there.is_exclusive
        and there.during && tstzrange(training.starts_at, training.ends_at))) as is_busy
  from real_training_students seat join real_trainings training on training.id = seat.real_training_id
  where seat.student_id = ${mergedId}`;

/** The same of the bookings. */
export const bookingsThatMeet = ({ keptId, mergedId }: Pair) => sql.fragment`
  select booking.id, booking.ends_at, booking.status, booking.specialist_id = ${keptId} or (booking.status <> 'CANCELLED' and exists (
      select from occupancies there where there.person_id = ${keptId} and there.is_exclusive
        and there.during && tstzrange(booking.starts_at, booking.ends_at))) as is_busy
  from bookings booking where booking.client_id = ${mergedId}`;

/**
 * What stands against merging one into another. What is past hinders nothing: where both were in one place it stays under the old number.
 * @param choice which sign-in and which chat remain where both have one; null: not said
 */
export const mergeObstacles = (db: Sql, pair: Pair, choice: { signIn: boolean; chat: boolean }, now: string) =>
  db.any(sql.type(mergeObstacle)`
    with place as materialized (${placesThatMeet(pair)}), booking as materialized (${bookingsThatMeet(pair)}),
    pair as (select array[${pair.keptId}::int, ${pair.mergedId}::int] as ids)
    select kind, count::int from (
      select 'works_here' as kind, 1 as rank, (select count(*) from user_roles where user_id = ${pair.mergedId} and role <> 'client')
        + (select count(*) from specialists where id = ${pair.mergedId})
        + (select count(*) from bot_commanders where user_id = ${pair.mergedId})
        + (select count(*) from vending_owners where user_id = ${pair.mergedId})
        + (select count(*) from vending_tasks where assignee_id = ${pair.mergedId})
        + (select count(*) from vending_terminals where assignee_id = ${pair.mergedId}) as count
      union all
      select 'erased', 2, count(*) from erasures, pair where user_id = any(ids)
      union all
      select 'are_family', 3, (select count(*) from guardians, pair where guardian_id = any(ids) and student_id = any(ids))
        + (select count(*) from students, pair where id = any(ids) and payer_id = any(ids) and payer_id <> id)
      union all
      select 'two_sign_ins', 4, case when ${choice.signIn} or ${worksHere(pair.keptId)} then 0
        when (select count(*) from passwords, pair where user_id = any(ids)) = 2 then 1 else 0 end
      union all
      select 'two_chats', 5, case when ${choice.chat} or ${worksHere(pair.keptId)} then 0
        when (select count(*) from users, pair where id = any(ids) and telegram_id is not null) = 2 then 1 else 0 end
      union all
      select 'same_training', 6, count(*) from place
      where is_same and status in ${LIVE} and training_status = 'scheduled' and ends_at > ${now}::timestamptz
      union all
      select 'same_time', 7, (select count(*) from place where is_busy and not is_same and status in ${LIVE} and training_status = 'scheduled'
          and ends_at > ${now}::timestamptz)
        + (select count(*) from booking where is_busy and status <> 'CANCELLED' and ends_at > ${now}::timestamptz)
      union all
      select 'hold', 8, count(*) from bookings, pair
      where client_id = any(ids) and status = 'PENDING' and held_until > ${now}::timestamptz
      union all
      select 'open_requests', 9, count(*) from finance_requests, pair where student_id = any(ids) and status = 'open'
      union all
      select 'two_exams', 10, count(*) from belt_exams one join belt_exams other on other.program = one.program
      where one.student_id = ${pair.mergedId} and other.student_id = ${pair.keptId} and one.status = 'planned' and other.status = 'planned'
      union all
      select 'just_changed', 11, count(*) from undos, pair where undone_at is null and followed_at is null
        and (settle_payer_ids && ids or (kind in ('booking_moved', 'booking_cancelled') and subject_id in (
            select id from bookings where client_id = any(ids) or payer_id = any(ids)))
          or (kind not in ('booking_moved', 'booking_cancelled') and exists (
            select from real_training_students seat where seat.real_training_id = any(training_ids) and seat.student_id = any(ids))))
    ) as against where count > 0 order by rank`);

/** Whether somebody has more to say here than a client: how they sign in changes by no merging (D46). */
export const worksHere = (id: number) => sql.fragment`exists (select from user_roles where user_id = ${id} and role <> 'client')`;
