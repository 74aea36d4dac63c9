import { z } from 'zod';
import { type Sql, sql } from './database.ts';

export type Marked = { last: number | null; trainings: number; students: number };

const marked = z.object({ last: z.int().nullable(), trainings: z.int(), students: z.int() });

/**
 * Marks attendance of the next `size` trainings after an id, up to a business day (D11): every REGISTERED becomes PRESENT,
 * the training becomes completed. Earlier days are included, so a missed night is caught up; a status a person set stays.
 */
export const markAttendance = (transaction: Sql, date: string, after: number, size: number): Promise<Marked> =>
  transaction.one(sql.type(marked)`
    with training as materialized (
      select id from real_trainings
      where status = 'scheduled' and training_date <= ${date}::date and id > ${after}
      order by id limit ${size} for no key update
    ), present as (
      update real_training_students seat set status = 'PRESENT', attendance_marked_at = now()
      where seat.real_training_id in (select id from training) and seat.status = 'REGISTERED'
      returning seat.id
    ), completed as (
      update real_trainings set status = 'completed' where id in (select id from training) returning id
    )
    select max(id) as last, count(*)::int as trainings, (select count(*)::int from present) as students from completed`);

/** Marks those who were registered in a training after it was completed. */
export const markLatecomers = (transaction: Sql, date: string): Promise<number> =>
  transaction.oneFirst(sql.type(z.object({ students: z.int() }))`
    with present as (
      update real_training_students seat set status = 'PRESENT', attendance_marked_at = now()
      from real_trainings training
      where training.id = seat.real_training_id and training.status = 'completed' and training.training_date <= ${date}::date
        and seat.status = 'REGISTERED'
      returning seat.id
    )
    select count(*)::int as students from present`);
