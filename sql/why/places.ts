import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const MOST = 500;

const training = z.object({ name: z.string(), trainer: z.string() });
/** A training, and who gives it; null when there is none. */
export const findTrainingOf = (db: Sql, id: number) =>
  db.maybeOne(sql.type(training)`
    select type.name, concat_ws(' ', first_name, nullif(last_name, '')) as trainer
    from real_trainings training join training_types type on type.id = training_type_id join users on users.id = trainer_id
    where training.id = ${id}`);

const place = z.object({ id: z.int(), at: z.iso.datetime(), status: z.string(), student: z.string() });
/** Who takes a place of a training, in the order in which they came. `at`: since when. */
export const placesTaken = (db: Sql, trainingId: number) =>
  db.any(sql.type(place)`
    select seat.id, seat.created_at as at, seat.status, concat_ws(' ', first_name, nullif(last_name, '')) as student
    from real_training_students seat join users on users.id = seat.student_id
    where real_training_id = ${trainingId} and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT') order by seat.id limit ${MOST}`);
