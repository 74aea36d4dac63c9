import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

export const examStatuses = ['planned', 'passed', 'failed', 'cancelled'] as const;
export const examRow = z.object({
  id: z.int(),
  student_id: z.int(),
  student: z.string(),
  program: z.string().nullable(),
  belt_id: z.int().nullable(),
  belt: z.string(),
  stripes: z.int(),
  exam_at: z.iso.datetime(),
  location_id: z.int().nullable(),
  location: z.string().nullable(),
  examiner_id: z.int().nullable(),
  examiner: z.string().nullable(),
  status: z.enum(examStatuses),
  decided_at: z.iso.datetime().nullable(),
  decided_by: z.string().nullable(),
  notes: z.string().nullable(),
  override_reason: z.string().nullable(),
});
export type Exam = z.output<typeof examRow>;

const exams = sql.fragment`
  select exam.id, student_id, concat_ws(' ', person.first_name, nullif(person.last_name, '')) as student, program, belt_id, belt, stripes, exam_at,
    location_id, locations.name as location, examiner_id,
    nullif(concat_ws(' ', examiner.first_name, nullif(examiner.last_name, '')), '') as examiner, status, decided_at, decided_by, exam.notes,
    override_reason
  from belt_exams exam join users person on person.id = student_id
  left join locations on locations.id = location_id left join users examiner on examiner.id = examiner_id`;

type Planned = {
  studentId: number;
  program: string;
  beltId: number;
  belt: string;
  stripes: number;
  examAt: string;
  locationId: number | null;
  examinerId: number | null;
  notes: string | null;
  overrideReason: string | null;
  by: string;
};

/** Plans an exam. A second planned one of the program is refused by the table (R6). Returns its id. */
export const insertExam = (transaction: Sql, of: Planned) =>
  transaction.oneFirst(sql.type(z.object({ id: z.int() }))`
    insert into belt_exams (student_id, program, belt_id, belt, stripes, exam_at, location_id, examiner_id, notes, override_reason, planned_by)
    values (${of.studentId}, ${of.program}, ${of.beltId}, ${of.belt}, ${of.stripes}, ${of.examAt}::timestamptz, ${of.locationId},
      ${of.examinerId}, ${of.notes}, ${of.overrideReason}, ${of.by})
    returning id`);

export const findExam = (db: Sql, id: number) => db.maybeOne(sql.type(examRow)`${exams} where exam.id = ${id}`);

/** An exam, locked; null when there is none. The caller has locked the student, if it changes what they have. */
export async function lockExam(transaction: Sql, id: number) {
  await transaction.query(sql.unsafe`select from belt_exams where id = ${id} for update`);
  return findExam(transaction, id);
}

type Changed = Pick<Exam, 'exam_at' | 'location_id' | 'examiner_id' | 'notes' | 'status' | 'decided_at' | 'decided_by'>;

/**
 * Writes an exam as it is now. Those concerned are told of a new time at once: that is its announcement, where it is due already.
 * Returns how often there was something to tell; with the exam it is the key of the message.
 */
export const updateExam = (
  transaction: Sql,
  id: number,
  to: Changed,
  of: { isTold: boolean; weekAhead: string; dayAhead: string },
) =>
  transaction.oneFirst(sql.type(z.object({ changes: z.int() }))`
    update belt_exams set exam_at = ${to.exam_at}::timestamptz, location_id = ${to.location_id}, examiner_id = ${to.examiner_id},
      notes = ${to.notes}, status = ${to.status}, decided_at = ${to.decided_at}::timestamptz, decided_by = ${to.decided_by},
      changes = changes + ${of.isTold ? 1 : 0},
      announced_for = case when ${of.isTold} and ${to.exam_at}::timestamptz <= ${of.weekAhead}::timestamptz then ${to.exam_at}::timestamptz else announced_for end,
      reminded_for = case when ${of.isTold} and ${to.exam_at}::timestamptz <= ${of.dayAhead}::timestamptz then ${to.exam_at}::timestamptz else reminded_for end
    where id = ${id} returning changes`);

type Listed = {
  studentId?: number;
  program?: string;
  status?: string;
  /** Instants; `to` exclusive. */
  from?: string;
  to?: string;
  whose: Whose;
  after?: [examAt: string, id: number];
  limit: number;
};

/** Exams by their time, after a cursor. */
export const listExams = (db: Sql, of: Listed) =>
  db.any(sql.type(examRow)`
    ${exams}
    where ${isAmong(of.whose, 'exam', 'exam')}
      and (${of.studentId ?? null}::int is null or student_id = ${of.studentId ?? null})
      and (${of.program ?? null}::text is null or program = ${of.program ?? null})
      and (${of.status ?? null}::text is null or status = ${of.status ?? null})
      and (${of.from ?? null}::timestamptz is null or exam_at >= ${of.from ?? null}::timestamptz)
      and (${of.to ?? null}::timestamptz is null or exam_at < ${of.to ?? null}::timestamptz)
      and (exam_at, exam.id) > (${of.after?.[0] ?? '-infinity'}::timestamptz, ${of.after?.[1] ?? 0}::int)
    order by exam_at, exam.id limit ${of.limit}`);

const reader = z.object({ user_id: z.int(), is_student: z.boolean(), is_payer: z.boolean() });

/** Who is told of exams (D43): the student, whoever pays where that is somebody else, and the examiner; each once. */
export const examReaders = (db: Sql, studentId: number, examinerId: number | null) =>
  db.any(sql.type(reader)`
    select user_id, bool_or(place = 1) as is_student, bool_or(place = 2) as is_payer
    from (select id as user_id, 1 as place from students where id = ${studentId}
      union all select payer_id, 2 from students where id = ${studentId}
      union all select ${examinerId}::int, 3) as concerned
    where user_id is not null group by user_id order by min(place)`);

const announced = examRow
  .pick({
    id: true,
    student_id: true,
    student: true,
    belt: true,
    stripes: true,
    exam_at: true,
    location: true,
    examiner_id: true,
  })
  .extend({
    announcement: z.int(),
  });

/**
 * Takes the planned exams between two instants that were not announced for the time they have now, in the transaction that announces
 * them (R7). `announcement` counts how often one was. One that is announced within the last day is not reminded of once more.
 * @param dayAhead until when an announcement is the reminder of the day before as well
 */
export const takeExams = (transaction: Sql, after: string, until: string, dayAhead: string) =>
  transaction.any(sql.type(announced)`
    with taken as (
      update belt_exams set announced_for = exam_at, announcements = announcements + 1,
        reminded_for = case when exam_at <= ${dayAhead}::timestamptz then exam_at else reminded_for end
      where exam_at > ${after}::timestamptz and exam_at <= ${until}::timestamptz and status = 'planned' and announced_for is distinct from exam_at
      returning *
    )
    select taken.id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, belt, stripes, exam_at,
      locations.name as location, examiner_id, announcements as announcement
    from taken join users on users.id = student_id left join locations on locations.id = location_id order by taken.id`);

/** Takes the planned exams until an instant, a day ahead, that were announced before and not reminded of since (R7). */
export const takeExamsOfTomorrow = (transaction: Sql, after: string, dayAhead: string) =>
  transaction.any(sql.type(announced)`
    with taken as (
      update belt_exams set reminded_for = exam_at
      where exam_at > ${after}::timestamptz and exam_at <= ${dayAhead}::timestamptz and status = 'planned'
        and announced_for = exam_at and reminded_for is distinct from exam_at
      returning *
    )
    select taken.id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, belt, stripes, exam_at,
      locations.name as location, examiner_id, announcements as announcement
    from taken join users on users.id = student_id left join locations on locations.id = location_id order by taken.id`);
