import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const kinds = ['group', 'personal', 'trial'] as const;

/** A training as whoever changes it by hand sees it. Instants in UTC; day and time are the studio's. */
const state = z.object({
  id: z.int(),
  training_template_id: z.int().nullable(),
  training_type_id: z.int(),
  training_type: z.string(),
  trainer_id: z.int(),
  trainer: z.string(),
  room_id: z.int().nullable(),
  room: z.string().nullable(),
  training_date: z.iso.date(),
  start_time: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  max_participants: z.int(),
  price_minor: z.int(),
  status: z.enum(['scheduled', 'completed', 'cancelled']),
  kind: z.enum(kinds),
  notes: z.string().nullable(),
  version: z.int(),
  free_until_start: z.boolean(),
  processed_at: z.iso.datetime().nullable(),
});
export type HandState = z.output<typeof state>;

const selected = sql.fragment`
  select training.id, training_template_id, training_type_id, type.name as training_type, trainer_id,
    concat_ws(' ', first_name, nullif(last_name, '')) as trainer, room_id, rooms.name as room, training_date, start_time, starts_at, ends_at,
    training.max_participants, training.price_minor, training.status, training.kind, training.notes, training.version,
    free_until_start, processed_at
  from real_trainings training
  join training_types type on type.id = training_type_id
  join users on users.id = trainer_id
  left join rooms on rooms.id = room_id`;

/** A training as it is; null when there is none. */
export const readForHand = (db: Sql, id: number) => db.maybeOne(sql.type(state)`${selected} where training.id = ${id}`);

/** The same, locked until the transaction ends. Take the roster and the students before. */
export const lockForHand = (transaction: Sql, id: number) =>
  transaction.maybeOne(sql.type(state)`${selected} where training.id = ${id} for no key update of training`);

/** Where and when something is to be; instants, and the studio's day and wall time. */
export type When = { starts_at: string; ends_at: string; training_date: string; start_time: string };
export type Changed = When & {
  id: number;
  trainer_id: number;
  room_id: number | null;
  price_minor: number;
  max_participants: number;
  notes: string | null;
  free_until_start: boolean;
};

/**
 * Changes a training. Its template and the day it was made for stay, so that generation makes neither the old nor a second one (D51).
 * Those it concerns are told by the caller, not by the reminders. Throws an exclusion violation for what is taken.
 */
export const changeTraining = (transaction: Sql, of: Changed) =>
  transaction.query(sql.unsafe`
    update real_trainings set starts_at = ${of.starts_at}::timestamptz, ends_at = ${of.ends_at}::timestamptz,
      training_date = ${of.training_date}::date, start_time = ${of.start_time}::time, trainer_id = ${of.trainer_id}, room_id = ${of.room_id},
      price_minor = ${of.price_minor}, max_participants = ${of.max_participants}, notes = ${of.notes},
      free_until_start = ${of.free_until_start}
    where id = ${of.id}`);

/** The changes of these trainings that this transaction has made are told by whoever made them. */
export const noteChangesAsTold = (transaction: Sql, ids: readonly number[]) =>
  transaction.query(sql.unsafe`
    update schedule_changes set people_told_at = now()
    where changed_at = now() and people_told_at is null and real_training_id = any(${sql.array([...ids], 'int4')})`);

export type NewTraining = When & {
  training_type_id: number;
  trainer_id: number;
  room_id: number | null;
  max_participants: number;
  price_minor: number;
  kind: HandState['kind'];
  notes: string | null;
};

/** Makes single trainings, of no template, in the order given. Returns their ids. Throws an exclusion violation for what is taken. */
export const insertTrainings = (transaction: Sql, trainings: readonly NewTraining[], seriesId: number | null) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    insert into real_trainings (training_type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants,
      price_minor, kind, notes, series_id)
    select type_id, trainer_id, room_id, training_date, start_time::time, starts_at, ends_at, places, price_minor, kind, notes, ${seriesId}::int
    from ${sql.unnest(
      trainings.map((of) => [
        of.training_type_id,
        of.trainer_id,
        of.room_id,
        of.training_date,
        of.start_time,
        of.starts_at,
        of.ends_at,
        of.max_participants,
        of.price_minor,
        of.kind,
        of.notes,
      ]),
      ['int4', 'int4', 'int4', 'date', 'text', 'timestamptz', 'timestamptz', 'int4', 'int8', 'text', 'text'],
    )} with ordinality as given (type_id, trainer_id, room_id, training_date, start_time, starts_at, ends_at, places, price_minor, kind, notes, place)
    order by place returning id`);

/** Registers students in trainings, each in each. Returns the registrations. */
export const seatStudents = (transaction: Sql, trainingIds: readonly number[], studentIds: readonly number[]) =>
  transaction.any(sql.type(z.object({ id: z.int(), real_training_id: z.int(), student_id: z.int() }))`
    insert into real_training_students (real_training_id, student_id)
    select training_id, student_id from unnest(${sql.array([...trainingIds], 'int4')}) with ordinality as training (training_id, n)
    cross join unnest(${sql.array([...studentIds], 'int4')}) with ordinality as student (student_id, m)
    order by n, m returning id, real_training_id, student_id`);

const typeRow = z.object({
  id: z.int(),
  name: z.string(),
  max_participants: z.int(),
  price_minor: z.int(),
  duration_minutes: z.int(),
});

export const findType = (db: Sql, id: number) =>
  db.maybeOne(sql.type(typeRow)`
    select id, name, max_participants, price_minor, duration_minutes from training_types where id = ${id}`);

const placeRow = z.object({ trainer: z.string().nullable(), is_active: z.boolean().nullable(), room: z.string().nullable() });

/** The names of a trainer and a room; null for what there is not. */
export const namesOfPlace = (db: Sql, trainerId: number, roomId: number | null) =>
  db.one(sql.type(placeRow)`
    select (select concat_ws(' ', first_name, nullif(last_name, '')) from specialists join users using (id) where id = ${trainerId}) as trainer,
      (select is_active from specialists join users using (id) where id = ${trainerId}) as is_active,
      (select name from rooms where id = ${roomId}::int) as room`);

/** Deletes a training that nobody was ever in and that is of no template. Returns false when there is none such. */
export async function deleteTraining(transaction: Sql, id: number): Promise<boolean> {
  const { rowCount } = await transaction.query(sql.unsafe`
    delete from real_trainings training
    where id = ${id} and training_template_id is null
      and not exists (select from real_training_students where real_training_id = training.id)
      and not exists (select from finance_requests where real_training_id = training.id)`);
  return rowCount > 0;
}

/** Takes away trainings that were just made, with the registrations they were made with. */
export async function unmakeTrainings(transaction: Sql, ids: readonly number[]) {
  const made = sql.array([...ids], 'int4');
  await transaction.query(sql.unsafe`delete from real_training_students where real_training_id = any(${made})`);
  await transaction.query(sql.unsafe`
    with gone as (delete from real_trainings where id = any(${made}) returning series_id)
    select from gone`);
}
