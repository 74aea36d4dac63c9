import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const candidate = z.object({ program: z.string(), phone: z.string().nullable(), had: z.boolean() });

/**
 * The program of a training, a student's phone, and whether the student, or somebody with this phone, has had a trial of it. A trial that
 * was cancelled safely was none, nor is one that had the registration before. Null where there is no such training or student.
 */
export const trialFacts = (db: Sql, of: { trainingId: number; studentId: number; seatId: number }) =>
  db.maybeOne(sql.type(candidate)`
    select coalesce(type.program, type.name) as program, person.phone, exists (
      select from trials join real_training_students seat on seat.id = real_training_student_id
      where trials.program = coalesce(type.program, type.name) and (trials.student_id = student.id or trials.phone = person.phone)
        and seat.id <> ${of.seatId} and seat.status <> 'CANCELLED_SAFE') as had
    from real_trainings training
    join training_types type on type.id = training_type_id
    join students student on student.id = ${of.studentId}
    join users person on person.id = student.id
    where training.id = ${of.trainingId}`);

/** Notes a trial, in place of one that was cancelled safely. A second one is refused by the table. */
export async function noteTrial(
  transaction: Sql,
  of: { studentId: number; phone: string | null; program: string; seatId: number; by: string },
) {
  await transaction.query(sql.unsafe`
    delete from trials using real_training_students seat
    where seat.id = real_training_student_id and (seat.status = 'CANCELLED_SAFE' or seat.id = ${of.seatId})
      and program = ${of.program} and (trials.student_id = ${of.studentId} or phone = ${of.phone})`);
  return transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into trials (student_id, phone, program, real_training_student_id, created_by)
    values (${of.studentId}, ${of.phone}, ${of.program}, ${of.seatId}, ${of.by}) returning id`);
}
