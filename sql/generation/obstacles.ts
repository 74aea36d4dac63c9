import { type Sql, sql } from '../database/database.ts';
import { planned, type Week } from './planned.ts';

/**
 * Keeps the calendars of the templates' trainers and rooms until the transaction ends: nobody books them meanwhile, so what is
 * free now is free at the insert. Specialists before rooms, each by id, like whoever books.
 */
export const lockCalendars = (transaction: Sql, week: Week, templateIds: number[]) =>
  transaction.query(sql.unsafe`
    select lock_calendars(array_agg(trainer_id), array_agg(room_id)) from (${planned(week, templateIds)}) planned`);

const meets = sql.fragment`&& tstzrange(planned.starts_at, planned.ends_at)`;

const trainings = sql.fragment`
  select id, starts_at from real_trainings taken where status <> 'cancelled' and tstzrange(starts_at, ends_at) ${meets}`;
const bookings = sql.fragment`
  select id, starts_at from bookings taken where is_live and tstzrange(starts_at, busy_until) ${meets}`;
const absences = sql.fragment`
  select id, from_at as starts_at from specialist_absences taken
  where specialist_id = planned.trainer_id and tstzrange(from_at, to_at) ${meets}`;

/** For a row of `planned`: nobody has booked its trainer or its room, and the trainer is not absent (D8). Trainings are left to the constraints. */
export const isUnbooked = sql.fragment`
  not exists (${bookings} and specialist_id = planned.trainer_id)
  and not exists (${bookings} and room_id = planned.room_id)
  and not exists (${absences})`;

const none = sql.fragment`null::int`;
const first = sql.fragment`order by starts_at, id limit 1`;

/** For a row of `planned`: the first thing that keeps its trainer, or else its room, busy. */
export const obstacle = sql.fragment`
  select * from (
    (select 1 as place, 'trainer_busy' as reason, id as real_training_id, ${none} as booking_id, ${none} as absence_id
      from (${trainings} and trainer_id = planned.trainer_id) by_trainer ${first})
    union all
    (select 2, 'trainer_busy', ${none}, id, ${none} from (${bookings} and specialist_id = planned.trainer_id) booked ${first})
    union all
    (select 3, 'trainer_busy', ${none}, ${none}, id from (${absences}) absent ${first})
    union all
    (select 4, 'room_busy', id, ${none}, ${none} from (${trainings} and room_id = planned.room_id) by_room ${first})
    union all
    (select 5, 'room_busy', ${none}, id, ${none} from (${bookings} and room_id = planned.room_id) room_booked ${first})
  ) as obstacles order by place limit 1`;
