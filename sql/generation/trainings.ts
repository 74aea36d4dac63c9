import { z } from 'zod';
import { expireHolds } from '../bookings/expire-holds.ts';
import { type Sql, sql } from '../database/database.ts';
import { closingOverride } from './closed.ts';
import { isFree, lockCalendars, obstacle } from './obstacles.ts';
import { isToCome, planned, standsElsewhere, type Week } from './planned.ts';

/**
 * Inserts the trainings that do not exist yet and have not begun, in the order of D5, where nothing is closed and the template's
 * training of this week does not stand on another day (D51). What a unique or exclusion constraint refuses is left
 * out: a training that was made before (or cancelled, D9), or one whose trainer or room is taken (D8), also by an
 * earlier row of this very statement. One person, one calendar: whatever the trainer does then, and an absence, is in the way. Throws an
 * exclusion violation when that has just come in between.
 * They are noted as made at the instant that judged them. Returns the ids made.
 */
export async function createTrainings(db: Sql, week: Week, templateIds: number[], runId: number | null): Promise<number[]> {
  await lockCalendars(db, week, templateIds);
  await expireHolds(db, sql.fragment`studio_instant(${week.start}::date, '00:00', ${week.zone})`);
  const ids = await db.anyFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_template_id, template_date, training_type_id, trainer_id, room_id, training_date, start_time,
      starts_at, ends_at, max_participants, price_minor, run_id, created_at)
    select training_template_id, training_date, training_type_id, trainer_id, room_id, training_date, start_time,
      starts_at, ends_at, max_participants, price_minor, ${runId}::int, ${week.now.toISOString()}::timestamptz
    from (${planned(week, templateIds)}) planned
    join users trainer on trainer.id = trainer_id
    where trainer.is_active and ${isToCome(week)} and not ${standsElsewhere(week)}
      and not exists (${closingOverride('planned', week)}) and ${isFree}
    order by day_number, start_time, training_template_id
    on conflict do nothing
    returning id`);
  return [...ids];
}

/** Why a training of the week was not made; a conflict (D8) is one where the trainer or the room is taken. */
export const unmade = z.object({
  reason: z.enum(['trainer_busy', 'room_busy', 'trainer_inactive', 'begun', 'closed', 'trainer_off']),
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
  /** The calendar override that closes the day, or a part of it. */
  override_id: z.int().nullable(),
  /** The name of the day off (R17), if it is one. */
  day_off: z.string().nullable(),
});
export type Unmade = z.output<typeof unmade>;
export type Conflict = Unmade & { reason: 'trainer_busy' | 'room_busy' };

/**
 * Says for each template that has no training of this week why that is so: it would have begun already, the location is closed or the
 * trainer off by an override, the trainer is not active, or somebody or something is taken (D8).
 */
export const explainUnmade = (db: Sql, week: Week, templateIds: number[]) =>
  db.any(sql.type(unmade)`
    select case
        when not planned.${isToCome(week)} then 'begun'
        when not person.is_active then 'trainer_inactive'
        else coalesce(closing.reason, obstacle.reason, 'room_busy')
      end as reason,
      training_template_id, training_date, start_time, training_type, trainer_id,
      concat_ws(' ', person.first_name, nullif(person.last_name, '')) as trainer, room_id, rooms.name as room,
      obstacle.real_training_id, obstacle.booking_id, obstacle.absence_id, closing.id as override_id, closing.day_off
    from (${planned(week, templateIds)}) planned
    join users person on person.id = trainer_id
    left join rooms on rooms.id = room_id
    left join lateral (${closingOverride('planned', week)}) closing on person.is_active and ${isToCome(week)}
    left join lateral (${obstacle}) obstacle on person.is_active and closing.id is null and planned.${isToCome(week)}
    where not exists (
      select from real_trainings made
      where made.training_template_id = planned.training_template_id and made.template_date = planned.training_date
    ) and not ${standsElsewhere(week)}
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

/** The trainings of the given templates that can still take students: made for their day now or before, not begun, not cancelled. */
export const openTrainings = (db: Sql, week: Week, templateIds: number[]) =>
  db.any(sql.type(openTraining)`
    select made.id, made.training_template_id, made.training_date, made.start_time, made.starts_at, made.ends_at,
      planned.training_type, planned.is_subscription_only, made.max_participants,
      made.max_participants - (
        select count(*)::int from real_training_students seat
        where seat.real_training_id = made.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')) as places
    from (${planned(week, templateIds)}) planned
    join real_trainings made
      on made.training_template_id = planned.training_template_id and made.template_date = planned.training_date
    where made.status <> 'cancelled' and made.${isToCome(week)}
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
