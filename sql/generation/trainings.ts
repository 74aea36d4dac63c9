import { z } from 'zod';
import { expireHolds } from '../bookings/holds.ts';
import { type Sql, sql } from '../database/database.ts';
import { isFree, lockCalendars, obstacle } from './obstacles.ts';
import { planned, type Week } from './planned.ts';

/**
 * Inserts the trainings that do not exist yet, in the order of D5. What a unique or exclusion constraint refuses is left
 * out: a training that was made before (or cancelled, D9), or one whose trainer or room is taken (D8), also by an
 * earlier row of this very statement. One person, one calendar: whatever the trainer does then, and an absence, is in the way. Throws an
 * exclusion violation when that has just come in between.
 * Returns the ids made.
 */
export async function createTrainings(db: Sql, week: Week, templateIds: number[], runId: number | null): Promise<number[]> {
  await lockCalendars(db, week, templateIds);
  await expireHolds(db, sql.fragment`studio_instant(${week.start}::date, '00:00', ${week.zone})`);
  const ids = await db.anyFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_template_id, training_type_id, trainer_id, room_id, training_date, start_time,
      starts_at, ends_at, max_participants, price_minor, run_id)
    select training_template_id, training_type_id, trainer_id, room_id, training_date, start_time,
      starts_at, ends_at, max_participants, price_minor, ${runId}::int
    from (${planned(week, templateIds)}) planned
    join users trainer on trainer.id = trainer_id
    where trainer.is_active and ${isFree}
    order by day_number, start_time, training_template_id
    on conflict do nothing
    returning id`);
  return [...ids];
}

export const conflict = z.object({
  reason: z.enum(['trainer_busy', 'room_busy', 'trainer_inactive']),
  training_template_id: z.int(),
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
  trainer_id: z.int(),
  trainer: z.string(),
  room_id: z.int().nullable(),
  room: z.string().nullable(),
  /** The training in the way, or the booking, or the absence. */
  real_training_id: z.int().nullable(),
  booking_id: z.int().nullable(),
  absence_id: z.int().nullable(),
});
export type Conflict = z.output<typeof conflict>;

/** Says for each template that has no training on its date why that is so (D8, or a trainer who is not active). */
export const explainUnmade = (db: Sql, week: Week, templateIds: number[]) =>
  db.any(sql.type(conflict)`
    select case when person.is_active then coalesce(obstacle.reason, 'room_busy') else 'trainer_inactive' end as reason,
      training_template_id, training_date, start_time, training_type, trainer_id,
      concat_ws(' ', person.first_name, nullif(person.last_name, '')) as trainer, room_id, rooms.name as room,
      obstacle.real_training_id, obstacle.booking_id, obstacle.absence_id
    from (${planned(week, templateIds)}) planned
    join users person on person.id = trainer_id
    left join rooms on rooms.id = room_id
    left join lateral (${obstacle}) obstacle on person.is_active
    where not exists (
      select from real_trainings made
      where made.training_template_id = planned.training_template_id and made.training_date = planned.training_date
    )
    order by day_number, start_time, training_template_id`);

const openTraining = z.object({
  id: z.int(),
  training_template_id: z.int(),
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  training_type: z.string(),
  is_subscription_only: z.boolean(),
  max_participants: z.int(),
  /** Free places; below zero when the type was made smaller since. */
  places: z.int(),
});
export type OpenTraining = z.output<typeof openTraining>;

/** The trainings of the given templates that can still take students: made now or before, neither completed nor cancelled. */
export const openTrainings = (db: Sql, week: Week, templateIds: number[]) =>
  db.any(sql.type(openTraining)`
    select made.id, made.training_template_id, made.training_date, made.start_time, made.starts_at, made.ends_at,
      planned.training_type, planned.is_subscription_only, made.max_participants,
      made.max_participants - (
        select count(*)::int from real_training_students seat
        where seat.real_training_id = made.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')) as places
    from (${planned(week, templateIds)}) planned
    join real_trainings made
      on made.training_template_id = planned.training_template_id and made.training_date = planned.training_date
    where made.status = 'scheduled'
    order by made.training_date, made.start_time, made.training_template_id`);

/** A training as the result of a run lists it. */
export const madeTraining = z.object({
  id: z.int(),
  training_template_id: z.int(),
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
  trainer_id: z.int(),
  room_id: z.int().nullable(),
  students_added: z.int(),
});

/** The trainings a run has made, as its result lists them. */
export const describeTrainings = (db: Sql, ids: number[]) =>
  db.any(sql.type(madeTraining)`
    select training.id, training.training_template_id, training_date, start_time, type.name as training_type, trainer_id, room_id,
      (select count(*)::int from real_training_students seat
        where seat.real_training_id = training.id and seat.run_id is not distinct from training.run_id) as students_added
    from real_trainings training
    join training_types type on type.id = training.training_type_id
    where training.id = any(${sql.array(ids, 'int4')})
    order by training_date, start_time, training.training_template_id`);
