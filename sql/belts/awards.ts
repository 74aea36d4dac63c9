import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const awardRow = z.object({
  id: z.int(),
  student_id: z.int(),
  program: z.string(),
  belt_id: z.int(),
  belt: z.string(),
  stripes: z.int(),
  awarded_on: z.iso.date(),
  awarded_by: z.string(),
  exam_id: z.int().nullable(),
  skip_reason: z.string().nullable(),
  voided_at: z.iso.datetime().nullable(),
  voided_by: z.string().nullable(),
  void_reason: z.string().nullable(),
});
export type Award = z.output<typeof awardRow>;

const columns = sql.fragment`award.id, award.student_id, award.program, belt_id, belts.name as belt, stripes, awarded_on, awarded_by,
  exam_id, skip_reason, voided_at, voided_by, void_reason`;

const pupil = z.object({ student: z.string(), birth_date: z.iso.date().nullable(), is_active: z.boolean() });

/** A student as a step is judged by, locked, so that of two awards at once one sees the other; null when there is none. */
export async function lockPupil(transaction: Sql, studentId: number) {
  await transaction.query(sql.unsafe`select from students where id = ${studentId} for no key update`);
  return transaction.maybeOne(sql.type(pupil)`
    select concat_ws(' ', first_name, nullif(last_name, '')) as student, birth_date, is_active
    from students join users using (id) where id = ${studentId}`);
}

/** The award of a program that stands: the newest by (awarded_on, id) that is not voided (R3); null: none. */
export const currentAward = (db: Sql, studentId: number, program: string) =>
  db.maybeOne(sql.type(awardRow)`
    select ${columns} from belt_awards award join belts on belts.id = belt_id
    where award.student_id = ${studentId} and award.program = ${program} and voided_at is null
    order by awarded_on desc, award.id desc limit 1`);

type NewAward = {
  studentId: number;
  program: string;
  beltId: number;
  stripes: number;
  on: string;
  by: string;
  examId: number | null;
  skipReason: string | null;
};

/** Enters an award; `students.current_belt` follows. Returns its id. */
export const insertAward = (transaction: Sql, award: NewAward) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into belt_awards (student_id, program, belt_id, stripes, awarded_on, awarded_by, exam_id, skip_reason)
    values (${award.studentId}, ${award.program}, ${award.beltId}, ${award.stripes}, ${award.on}::date, ${award.by}, ${award.examId},
      ${award.skipReason})
    returning id`);

export const findAward = (db: Sql, id: number) =>
  db.maybeOne(
    sql.type(awardRow)`select ${columns} from belt_awards award join belts on belts.id = belt_id where award.id = ${id}`,
  );

/** The award that an exam brought and that stands, or null. */
export const awardOfExam = (db: Sql, examId: number) =>
  db.maybeOne(sql.type(awardRow)`
    select ${columns} from belt_awards award join belts on belts.id = belt_id where exam_id = ${examId} and voided_at is null`);

/** Voids an award that stands. */
export const voidAward = (transaction: Sql, id: number, by: string, reason: string) =>
  transaction.query(sql.unsafe`
    update belt_awards set voided_at = now(), voided_by = ${by}, void_reason = ${reason} where id = ${id} and voided_at is null`);

/** All awards of a student, voided ones as well, the newest first. */
export const listAwards = (db: Sql, studentId: number) =>
  db.any(sql.type(awardRow)`
    select ${columns} from belt_awards award join belts on belts.id = belt_id
    where award.student_id = ${studentId} order by awarded_on desc, award.id desc`);

const deferral = z.object({ program: z.string(), deferred_until: z.iso.date(), reason: z.string().nullable() });

/** Hides a student's readiness in a program until a day (R4); null: no longer. */
export const deferSteps = (
  transaction: Sql,
  of: { studentId: number; program: string; until: string | null; reason: string | null; by: string },
) =>
  of.until === null
    ? transaction.query(sql.unsafe`delete from belt_deferrals where student_id = ${of.studentId} and program = ${of.program}`)
    : transaction.query(sql.unsafe`
        insert into belt_deferrals (student_id, program, deferred_until, reason, deferred_by)
        values (${of.studentId}, ${of.program}, ${of.until}::date, ${of.reason}, ${of.by})
        on conflict (student_id, program) do update
        set deferred_until = excluded.deferred_until, reason = excluded.reason, deferred_by = excluded.deferred_by`);

export const listDeferrals = (db: Sql, studentId: number) =>
  db.any(sql.type(deferral)`
    select program, deferred_until, reason from belt_deferrals where student_id = ${studentId} order by program`);
