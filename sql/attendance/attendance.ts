import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const inTraining = z.object({ training_id: z.int(), students_marked_present: z.int() });
export type Marked = { last: number | null; trainings: number; students: number; done: z.output<typeof inTraining>[] };

/** The run's business day and its instant: of the day itself, what begins later is left to the next night. */
export type Until = { date: string; instant: string };
const hasBegun = ({ date, instant }: Until) =>
  sql.fragment`training_date <= ${date}::date and starts_at <= ${instant}::timestamptz`;

const marked = z.object({ trainings: z.int(), students: z.int(), done: z.array(inTraining) });

/**
 * Marks attendance of the next `size` trainings after an id, up to a business day, that have begun by an instant (D11): every
 * REGISTERED becomes PRESENT, the training becomes completed. Earlier days are included, so a missed night is caught up; a status a person set stays.
 * Students are locked before trainings, as everybody does: the night that charges the same registrations takes them in
 * another order. Who is registered in between is left to {@link markLatecomers}.
 */
export async function markAttendance(transaction: Sql, until: Until, after: number, size: number): Promise<Marked> {
  const last = await lastOfNext(transaction, until, after, size);
  if (last === null) return { last, trainings: 0, students: 0, done: [] };
  const chosen = sql.fragment`
    select id from real_trainings
    where status = 'scheduled' and ${hasBegun(until)} and id > ${after} and id <= ${last}`;
  const students = await lockRegistered(transaction, chosen);
  const done = await transaction.one(sql.type(marked)`
    with training as materialized (${chosen} order by id for no key update),
    present as (
      update real_training_students seat set status = 'PRESENT', attendance_marked_at = now(), marked_by = 'automatic'
      where seat.real_training_id in (select id from training) and seat.status = 'REGISTERED'
        and seat.student_id in (select unnest(${students}))
      returning seat.id, seat.real_training_id
    ), completed as (
      update real_trainings set status = 'completed', completed_at = ${until.instant}::timestamptz where id in (select id from training) returning id
    )
    select count(*)::int as trainings, (select count(*)::int from present) as students,
      coalesce(jsonb_agg(jsonb_build_object('training_id', id, 'students_marked_present',
        (select count(*) from present where real_training_id = completed.id)) order by id), '[]') as done
    from completed`);
  return { last, ...done };
}

/** Marks those who were registered in a training after it was completed, if it has begun since. Returns how many, by training. */
export async function markLatecomers(transaction: Sql, until: Until) {
  const chosen = sql.fragment`
    select id from real_trainings where status = 'completed' and ${hasBegun(until)}`;
  const students = await lockRegistered(transaction, chosen);
  return transaction.any(sql.type(inTraining)`
    with present as (
      update real_training_students seat set status = 'PRESENT', attendance_marked_at = now(), marked_by = 'automatic'
      where seat.real_training_id in (${chosen}) and seat.status = 'REGISTERED'
        and seat.student_id in (select unnest(${students}))
      returning seat.real_training_id
    )
    select real_training_id as training_id, count(*)::int as students_marked_present from present group by 1 order by 1`);
}

/** The id at which the next `size` trainings end; null when there is none left. */
const lastOfNext = (db: Sql, until: Until, after: number, size: number) =>
  db.oneFirst(sql.type(z.object({ last: z.int().nullable() }))`
    select max(id) as last from (
      select id from real_trainings
      where status = 'scheduled' and ${hasBegun(until)} and id > ${after}
      order by id limit ${size}
    ) as next`);

/** Locks, in order of id, the students who are registered in some trainings. Returns them as a list for a statement. */
async function lockRegistered(transaction: Sql, trainings: FragmentSqlToken) {
  const students = await transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from students
    where id in (
      select student_id from real_training_students
      where real_training_id in (${trainings}) and status = 'REGISTERED')
    order by id for no key update`);
  return sql.array([...students], 'int4');
}
