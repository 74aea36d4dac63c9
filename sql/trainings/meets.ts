import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { closingOverride } from '../generation/closed.ts';

/** Who and what a training takes, and when. `training_id`: the training itself, which is in nobody's way; null: it is new. */
export type Wanted = {
  training_id: number | null;
  trainer_id: number;
  room_id: number | null;
  starts_at: string;
  ends_at: string;
};

const obstacle = z.object({
  what: z.enum(['trainer', 'room', 'student', 'closed', 'trainer_off']),
  /** Which of the wanted ones it is in the way of, from 0. */
  place: z.int(),
  id: z.int().nullable(),
  words: z.string(),
});
export type Obstacle = z.output<typeof obstacle>;

/**
 * Everything in the way of trainings (D8): their trainer or room is taken, or the trainer absent, in whatever capacity; a student is busy; an
 * override or a day off has closed the location, or the trainer's day. Nothing: they can be given.
 * @param students who is to be in all of them
 */
export const obstaclesOf = (db: Sql, wanted: readonly Wanted[], students: readonly number[], zone: string) =>
  db.any(sql.type(obstacle)`
    with wanted as materialized (
      select (place - 1)::int as place, training_id, trainer_id, room_id, starts_at, ends_at, tstzrange(starts_at, ends_at) as during
      from ${sql.unnest(
        wanted.map((of) => [of.training_id, of.trainer_id, of.room_id, of.starts_at, of.ends_at]),
        ['int4', 'int4', 'int4', 'timestamptz', 'timestamptz'],
      )} with ordinality as given (training_id, trainer_id, room_id, starts_at, ends_at, place)
    ), busy as materialized (
      select distinct wanted.place, student.id from wanted
      join occupancies there on there.during && wanted.during and there.person_id = any(${sql.array([...students], 'int4')})
        and (there.real_training_id is null or there.real_training_id is distinct from wanted.training_id)
      join unnest(${sql.array([...students], 'int4')}) as student (id) on student.id = there.person_id
    )
    select 'trainer' as what, place, trainer_id as id, met.words
    from wanted cross join lateral what_meets('trainer', trainer_id, null, during, training_id, null) as met
    union all
    select 'room', place, room_id, met.words
    from wanted cross join lateral what_meets('room', null, room_id, during, training_id, null) as met where room_id is not null
    union all
    select 'student', wanted.place, busy.id, met.words
    from busy join wanted using (place) cross join lateral what_meets('student', busy.id, null, during, training_id, null) as met
    union all
    select closed.reason, place, closed.id, case
      when closed.day_off is not null then format('closed then: %s', closed.day_off)
      when closed.reason = 'closed' then 'the location is closed then'
      else 'the trainer is off then' end
    from wanted cross join lateral (${closingOverride('wanted', { zone })}) closed
    order by place, what, id`);
