import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const releasedSeat = z.object({
  seat_id: z.int(),
  real_training_id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  start_time: z.string(),
});
export type Released = z.output<typeof releasedSeat>;
/** What came back for a training. */
export type Back = { sessions: number; refunded_minor: number; cancelled_minor: number };

/** Ends a student's registrations safely; whoever cancels one of them later gets the answer kept here. */
export const releaseSeats = (
  transaction: Sql,
  seats: readonly (Released & { returned: Back })[],
  of: { studentId: number; now: Date; reason: 'freeze' | 'group' | 'subscription' },
) =>
  transaction.query(sql.unsafe`
    update real_training_students seat
    set status = 'CANCELLED_SAFE', cancelled_at = ${of.now.toISOString()}::timestamptz, cancellation_reason = ${of.reason}, cancellation = answer
    from ${sql.unnest(
      seats.map(({ seat_id, real_training_id, returned }) => [
        seat_id,
        JSON.stringify({
          real_training_id,
          student_id: of.studentId,
          outcome: 'safe',
          status: 'CANCELLED_SAFE',
          cancelled_at: of.now.toISOString(),
          returned,
          charged: { sessions: 0, invoices: 0 },
        }),
      ]),
      ['int4', 'json'],
    )} as ended (seat_id, answer)
    where seat.id = ended.seat_id`);

/**
 * A student's seats to come that generation gave in these templates from a business day on, and that no standing place accounts for any
 * more: no link, no group, no subscription other than `without`.
 */
export const seatsWithoutPlace = (
  db: Sql,
  of: { studentId: number; templateIds: readonly number[]; from: string; now: Date; without: number | null },
) =>
  db.any(sql.type(releasedSeat)`
    select seat.id as seat_id, training.id as real_training_id, type.name as training_type, training.training_date, training.start_time
    from real_training_students seat
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training.training_type_id
    where seat.student_id = ${of.studentId} and seat.run_id is not null and seat.status in ('REGISTERED', 'WAITLIST')
      and training.status = 'scheduled' and training.training_template_id = any(${sql.array([...of.templateIds], 'int4')})
      and training.training_date >= ${of.from}::date and training.starts_at > ${of.now.toISOString()}::timestamptz
      and not exists (
        select from standing_places place
        where place.training_template_id = training.training_template_id and place.student_id = seat.student_id
          and place.start_date <= training.training_date and (place.end_date is null or place.end_date >= training.training_date)
          and (place.student_subscription_id is null or place.student_subscription_id is distinct from ${of.without}::int))
    order by training.starts_at, seat.id`);
