import { type Sql, sql } from '../database/database.ts';
import { planned, type Week } from './planned.ts';

/**
 * Keeps the calendars of the templates' trainers and rooms until the transaction ends: nobody books them meanwhile, so what is
 * free now is free at the insert. Specialists before rooms, each by id, like whoever books.
 */
export const lockCalendars = (transaction: Sql, week: Week, templateIds: number[]) =>
  transaction.query(sql.unsafe`
    select lock_calendars(array_agg(trainer_id), array_agg(room_id)) from (${planned(week, templateIds)}) planned`);

const yes = sql.fragment`true`;
const no = sql.fragment`false`;
const meets = sql.fragment`&& tstzrange(planned.starts_at, planned.ends_at)`;

/** Two looks, each into an index of its own: what nothing else may meet, and what new things are refused beside. */
const trainers = (isExclusive: boolean) => sql.fragment`
  select during, real_training_id, booking_id, absence_id from occupancies
  where person_id = planned.trainer_id and is_exclusive = ${isExclusive ? yes : no} and during ${meets}`;
const rooms = (isExclusive: boolean) => sql.fragment`
  select during, real_training_id, booking_id, absence_id from occupancies
  where room_id = planned.room_id and room_id is not null and is_exclusive = ${isExclusive ? yes : no} and during ${meets}`;

/** For a row of `planned`: its trainer is nowhere else, in whatever capacity, and not absent, and its room is free (D8). */
export const isFree = sql.fragment`
  not exists (${trainers(true)}) and not exists (${trainers(false)}) and not exists (${rooms(true)}) and not exists (${rooms(false)})`;

/** For a row of `planned`: the first thing that keeps its trainer, or else its room, busy: trainings before bookings before absences. */
export const obstacle = sql.fragment`
  select * from (
    select 1 as place, 'trainer_busy' as reason, * from (${trainers(true)} union all ${trainers(false)}) by_trainer
    union all
    select 2, 'room_busy', * from (${rooms(true)} union all ${rooms(false)}) by_room
  ) as obstacles
  order by place, real_training_id is null, booking_id is null, lower(during), real_training_id, booking_id, absence_id limit 1`;
