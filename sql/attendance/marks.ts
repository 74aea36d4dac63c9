import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

const marked = z.object({
  id: z.int(),
  student_id: z.int(),
  status: z.enum(['REGISTERED', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE', 'WAITLIST']),
  marked_by: z.enum(['automatic', 'person', 'check-in']).nullable(),
  is_excused: z.boolean(),
  mark_notes: z.string().nullable(),
});
/** A registration as it is marked. */
export type MarkedSeat = z.output<typeof marked>;

/** The registrations of some students in a training. The caller holds the students' and the training's locks. */
export const seatsToMark = (db: Sql, trainingId: number, students: readonly number[]) =>
  db.any(sql.type(marked)`
    select id, student_id, status, marked_by, excused_at is not null as is_excused, mark_notes from real_training_students
    where real_training_id = ${trainingId} and student_id = any(${sql.array([...students], 'int4')}) order by id`);

export type Mark = { seatId: number; status: 'PRESENT' | 'ABSENT'; isExcused: boolean; notes: string | null };

/** Marks registrations and keeps what was marked before, with its author (R8). Returns how many. */
export async function markSeats(
  transaction: Sql,
  marks: readonly Mark[],
  by: { kind: 'person' | 'check-in'; author: string; at: string },
): Promise<number> {
  const { rowCount } = await transaction.query(sql.unsafe`
    with given as materialized (
      select * from ${sql.unnest(
        marks.map(({ seatId, status, isExcused, notes }) => [seatId, status, isExcused, notes]),
        ['int4', 'text', 'bool', 'text'],
      )} as given (seat_id, status, is_excused, notes)
    ), kept as (
      insert into attendance_marks
        (real_training_student_id, was, was_marked_by, was_excused, status, is_excused, marked_by, author, notes, marked_at)
      select seat.id, seat.status, seat.marked_by, seat.excused_at is not null, given.status, given.is_excused, ${by.kind}, ${by.author},
        given.notes, ${by.at}::timestamptz
      from given join real_training_students seat on seat.id = seat_id order by seat.id
    )
    update real_training_students seat set status = given.status, attendance_marked_at = ${by.at}::timestamptz, marked_by = ${by.kind},
      excused_at = case when given.is_excused then coalesce(excused_at, ${by.at}::timestamptz) end, mark_notes = given.notes
    from given where seat.id = given.seat_id`);
  return rowCount;
}

export const markRow = z.object({
  id: z.int(),
  was: z.string(),
  was_marked_by: z.string().nullable(),
  status: z.string(),
  is_excused: z.boolean(),
  marked_by: z.string(),
  author: z.string(),
  notes: z.string().nullable(),
  marked_at: z.iso.datetime(),
});

/** What a student's registration in a training was marked as by people, oldest first. */
export const marksOf = (db: Sql, trainingId: number, studentId: number) =>
  db.any(sql.type(markRow)`
    select mark.id, was, was_marked_by, mark.status, is_excused, mark.marked_by, author, mark.notes, marked_at
    from attendance_marks mark join real_training_students seat on seat.id = real_training_student_id
    where real_training_id = ${trainingId} and student_id = ${studentId} order by mark.id`);

export const visitRow = z.object({
  id: z.int(),
  real_training_id: z.int(),
  training_type: z.string(),
  training_date: z.iso.date(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  trainer_id: z.int(),
  trainer: z.string(),
  status: z.enum(['REGISTERED', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE', 'WAITLIST']),
  is_excused: z.boolean(),
  marked_by: z.string().nullable(),
  notes: z.string().nullable(),
});

type Span = { studentId: number; from: string; to: string; whose: Whose };
const visits = ({ studentId, from, to, whose }: Span) => sql.fragment`
  from real_training_students seat
  join real_trainings training on training.id = seat.real_training_id
  where seat.student_id = ${studentId} and training_date between ${from}::date and ${to}::date and training.status <> 'cancelled'
    and ${isAmong(whose, 'seat', 'seat')}`;

/** A student's places of inclusive business days, the latest first, before a cursor of day, start and id. */
export const listVisits = (db: Sql, of: Span & { before?: readonly [string, number]; limit: number }) =>
  db.any(sql.type(visitRow)`
    select seat.id, seat.real_training_id, type.name as training_type, training_date, starts_at, ends_at, trainer_id,
      concat_ws(' ', first_name, nullif(last_name, '')) as trainer, seat.status, excused_at is not null as is_excused, marked_by,
      mark_notes as notes
    from (select seat.*, training_date, starts_at, ends_at, trainer_id, training_type_id ${visits(of)}) as seat
    join training_types type on type.id = training_type_id
    join users on users.id = trainer_id
    where (${of.before?.[0] ?? null}::timestamptz is null
      or (seat.starts_at, seat.id) < (${of.before?.[0] ?? null}::timestamptz, ${of.before?.[1] ?? null}::int))
    order by seat.starts_at desc, seat.id desc limit ${of.limit}`);

export const attendanceRow = visitRow.extend({ student_id: z.int(), student: z.string() });

type Attended = {
  studentId?: number;
  trainingId?: number;
  status?: string;
  from?: string;
  to?: string;
  whose: Whose;
  before?: readonly [string, number];
  limit: number;
};

/** Places in trainings that were not cancelled, those that begin last first, before a cursor. Days are inclusive business days. */
export const listAttendances = (db: Sql, of: Attended) =>
  db.any(sql.type(attendanceRow)`
    select seat.id, student_id, concat_ws(' ', student.first_name, nullif(student.last_name, '')) as student, real_training_id,
      type.name as training_type, training_date, starts_at, ends_at, trainer_id,
      concat_ws(' ', person.first_name, nullif(person.last_name, '')) as trainer, seat.status, excused_at is not null as is_excused,
      marked_by, mark_notes as notes
    from real_training_students seat
    join real_trainings training on training.id = real_training_id
    join training_types type on type.id = training_type_id
    join users student on student.id = student_id
    join users person on person.id = trainer_id
    where training.status <> 'cancelled' and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT') and ${isAmong(of.whose, 'seat', 'seat')}
      and (${of.studentId ?? null}::int is null or student_id = ${of.studentId ?? null})
      and (${of.trainingId ?? null}::int is null or real_training_id = ${of.trainingId ?? null})
      and (${of.status ?? null}::text is null or seat.status = ${of.status ?? null})
      and (${of.from ?? null}::date is null or training_date >= ${of.from ?? null}::date)
      and (${of.to ?? null}::date is null or training_date <= ${of.to ?? null}::date)
      and (${of.before?.[0] ?? null}::timestamptz is null
        or (starts_at, seat.id) < (${of.before?.[0] ?? null}::timestamptz, ${of.before?.[1] ?? null}::int))
    order by starts_at desc, seat.id desc limit ${of.limit}`);

export const visitCounts = z.object({
  present: z.int(),
  absent: z.int(),
  excused: z.int(),
  registered: z.int(),
  cancelled: z.int(),
});

/** How often a student came, did not, was excused, is still to come, or cancelled in time, within inclusive business days. */
export const countVisits = (db: Sql, of: Span) =>
  db.one(sql.type(visitCounts)`
    select count(*) filter (where seat.status = 'PRESENT')::int as present,
      count(*) filter (where seat.status = 'ABSENT' and excused_at is null)::int as absent,
      count(*) filter (where excused_at is not null)::int as excused,
      count(*) filter (where seat.status = 'REGISTERED')::int as registered,
      count(*) filter (where seat.status = 'CANCELLED_SAFE')::int as cancelled
    ${visits(of)}`);
