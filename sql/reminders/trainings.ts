import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** A training as the messages to those who take part name it. */
export const placeColumns = {
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
};

/** Trainings that begin after one instant and not after another, and are not cancelled. */
export const comingStarts = (db: Sql, after: Date, until: Date) =>
  db.any(sql.type(z.object({ id: z.int(), starts_at: z.iso.datetime() }))`
    select id, starts_at from real_trainings
    where starts_at > ${after.toISOString()}::timestamptz and starts_at <= ${until.toISOString()}::timestamptz and status = 'scheduled'
    order by starts_at, id`);

const seat = z.object({
  ...placeColumns,
  id: z.int(),
  student_id: z.int(),
  real_training_id: z.int(),
  starts_at: z.iso.datetime(),
  room: z.string().nullable(),
  location: z.string().nullable(),
  trainer: z.string(),
  student: z.string(),
  payer_id: z.int(),
});

const columns = sql.fragment`seat.id, seat.student_id, training.id as real_training_id, training_date, start_time, starts_at, type.name as training_type,
  rooms.name as room, locations.name as location, concat_ws(' ', trainer.first_name, nullif(trainer.last_name, '')) as trainer,
  concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student, payer_id`;
const tables = sql.fragment`real_training_students seat
  join real_trainings training on training.id = seat.real_training_id
  join training_types type on type.id = training_type_id
  join users trainer on trainer.id = trainer_id
  join students on students.id = seat.student_id
  join users person on person.id = seat.student_id
  left join rooms on rooms.id = room_id
  left join locations on locations.id = location_id`;

/** Those registered in the given trainings. */
export const seatsOfTrainings = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(seat)`
    select ${columns} from ${tables}
    where training.id = any(${sql.array([...ids], 'int4')}) and seat.status = 'REGISTERED' order by seat.id`);

/** Seats that generations gave which ended between two instants, in trainings that are still to come. */
export const newSeats = (db: Sql, from: Date, to: Date) =>
  db.any(sql.type(seat.extend({ run_id: z.int() }))`
    select ${columns}, seat.run_id from ${tables}
    join automated_process_history run on run.id = seat.run_id
    where run.process_type = 'generation' and run.status in ('success', 'partial')
      and run.completed_at > ${from.toISOString()}::timestamptz and run.completed_at <= ${to.toISOString()}::timestamptz
      and seat.status = 'REGISTERED' and training.status = 'scheduled' and starts_at > ${to.toISOString()}::timestamptz
    order by seat.student_id, starts_at`);
