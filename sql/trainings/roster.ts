import { z } from 'zod';
import { EVERYTHING, isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

/** A student's standing place in a weekly template. Dates are business days. */
export const linkRow = z.object({
  id: z.int(),
  training_template_id: z.int(),
  student_id: z.int(),
  student: z.string(),
  start_date: z.iso.date(),
  is_frozen: z.boolean(),
});

const linkColumns = sql.fragment`link.id, training_template_id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student,
  start_date, is_frozen`;

export const isTemplate = (db: Sql, id: number) => db.exists(sql.unsafe`select from training_templates where id = ${id}`);

export const listLinks = (db: Sql, templateId: number, after: number, limit: number) =>
  db.any(sql.type(linkRow)`
    select ${linkColumns} from training_student_templates link join users on users.id = student_id
    where training_template_id = ${templateId} and link.id > ${after} order by link.id limit ${limit}`);

export const findTemplateLink = (db: Sql, templateId: number, studentId: number) =>
  db.maybeOne(sql.type(linkRow)`
    select ${linkColumns} from training_student_templates link join users on users.id = student_id
    where training_template_id = ${templateId} and student_id = ${studentId}`);

export const linkStudent = (db: Sql, link: { template: number; student: number; startDate: string; isFrozen: boolean }) =>
  db.query(sql.unsafe`
    insert into training_student_templates (training_template_id, student_id, start_date, is_frozen)
    values (${link.template}, ${link.student}, ${link.startDate}::date, ${link.isFrozen})`);

/** Freezes or unfreezes a link, or moves its start; what is undefined stays. Returns false when there is no such link. */
export async function changeLink(db: Sql, change: { template: number; student: number; startDate?: string; isFrozen?: boolean }) {
  const { rowCount } = await db.query(sql.unsafe`
    update training_student_templates
    set start_date = coalesce(${change.startDate ?? null}::date, start_date), is_frozen = coalesce(${change.isFrozen ?? null}::boolean, is_frozen)
    where training_template_id = ${change.template} and student_id = ${change.student}`);
  return rowCount > 0;
}

/** Ends a standing place; registrations made from it stay. Returns false when there is no such link. */
export async function unlinkStudent(db: Sql, template: number, student: number) {
  const { rowCount } = await db.query(sql.unsafe`
    delete from training_student_templates where training_template_id = ${template} and student_id = ${student}`);
  return rowCount > 0;
}

export const trainingRow = z.object({
  id: z.int(),
  training_template_id: z.int().nullable(),
  training_type_id: z.int(),
  training_type: z.string(),
  trainer_id: z.int(),
  trainer: z.string(),
  /** Whose training it is while a substitute gives it (R14); null: whoever gives it. */
  regular_trainer_id: z.int().nullable(),
  regular_trainer: z.string().nullable(),
  room_id: z.int().nullable(),
  room: z.string().nullable(),
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  max_participants: z.int(),
  registered: z.int(),
  price_minor: z.int(),
  status: z.enum(['scheduled', 'completed', 'cancelled']),
  cancellation_reason: z.string().nullable(),
  kind: z.enum(['group', 'personal', 'trial']),
  /** For staff and the trainer; null to everybody else. */
  notes: z.string().nullable(),
  series_id: z.int().nullable(),
  version: z.int(),
});

/** Notes are for staff, and for whoever gives the training. */
const notesFor = (whose: Whose) =>
  whose.everything
    ? sql.fragment`training.notes`
    : sql.fragment`case when trainer_id = ${whose.trainer}::int then training.notes end`;

const trainings = (whose: Whose) => sql.fragment`
  select training.id, training_template_id, training_type_id, type.name as training_type, trainer_id,
    concat_ws(' ', users.first_name, nullif(users.last_name, '')) as trainer, regular_trainer_id,
    nullif(concat_ws(' ', regular.first_name, nullif(regular.last_name, '')), '') as regular_trainer, room_id, rooms.name as room, training_date, start_time,
    starts_at, ends_at, training.max_participants, training.price_minor, training.status, training.cancellation_reason,
    training.kind, ${notesFor(whose)} as notes, series_id, training.version,
    (select count(*)::int from real_training_students seat
      where seat.real_training_id = training.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')) as registered
  from real_trainings training
  join training_types type on type.id = training_type_id
  join users on users.id = trainer_id
  left join users regular on regular.id = regular_trainer_id
  left join rooms on rooms.id = room_id`;

type Place = [string, string, number];

/** Trainings of inclusive business days, in order of their start, after a cursor. */
export const listTrainings = (
  db: Sql,
  filter: { from: string; to: string; trainerId?: number; whose?: Whose; after?: Place; limit: number },
) =>
  db.any(sql.type(trainingRow)`
    ${trainings(filter.whose ?? EVERYTHING)}
    where training_date between ${filter.from}::date and ${filter.to}::date and ${isAmong(filter.whose ?? EVERYTHING, 'training', 'training')}
      and (${filter.trainerId ?? null}::int is null or trainer_id = ${filter.trainerId ?? null})
      and (${filter.after?.[0] ?? null}::date is null or (training_date, starts_at, training.id) >
        (${filter.after?.[0] ?? null}::date, ${filter.after?.[1] ?? null}::timestamptz, ${filter.after?.[2] ?? null}::int))
    order by training_date, starts_at, training.id
    limit ${filter.limit}`);

export const findTraining = (db: Sql, id: number, whose: Whose = EVERYTHING) =>
  db.maybeOne(sql.type(trainingRow)`${trainings(whose)} where training.id = ${id}`);

/** Trainings by id, in the order of their start. */
export const findTrainings = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(trainingRow)`
    ${trainings(EVERYTHING)} where training.id = any(${sql.array([...ids], 'int4')}) order by starts_at, training.id`);

export const seatRow = z.object({
  id: z.int(),
  student_id: z.int(),
  student: z.string(),
  status: z.enum(['REGISTERED', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE', 'WAITLIST']),
  /** What whoever gives the training must know (R32). */
  belt: z.string().nullable(),
  age: z.int().nullable(),
  health_note: z.string().nullable(),
  attendance_marked_at: z.iso.datetime().nullable(),
  marked_by: z.enum(['automatic', 'person', 'check-in']).nullable(),
  is_excused: z.boolean(),
  mark_notes: z.string().nullable(),
  cancelled_at: z.iso.datetime().nullable(),
  cancellation_reason: z.string().nullable(),
});

/** Everyone ever registered in a training, of those that somebody may see, in the order they came. */
export const seatsOf = (db: Sql, trainingId: number, whose: Whose = EVERYTHING) =>
  db.any(sql.type(seatRow)`
    select seat.id, student_id, concat_ws(' ', first_name, nullif(last_name, '')) as student, seat.status, current_belt as belt,
      date_part('year', age(training_date, birth_date))::int as age, health_note, attendance_marked_at, marked_by,
      excused_at is not null as is_excused, mark_notes, seat.cancelled_at, seat.cancellation_reason
    from real_training_students seat
    join real_trainings training on training.id = real_training_id
    join users on users.id = student_id
    join students on students.id = student_id
    where real_training_id = ${trainingId} and ${isAmong(whose, 'seat', 'seat')} order by seat.id`);
