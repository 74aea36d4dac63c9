import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const knownPerson = z.object({
  id: z.int(),
  first_name: z.string(),
  last_name: z.string(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  birth_date: z.iso.date().nullable(),
  gender: z.enum(['female', 'male']).nullable(),
  notes: z.string().nullable(),
  is_active: z.boolean(),
  is_student: z.boolean(),
  payer_id: z.int().nullable(),
  health_note: z.string().nullable(),
  current_belt: z.string().nullable(),
  registration_date: z.iso.date().nullable(),
  commands: z.boolean(),
  /** Who this one is now, who is among them, too; null: this one. */
  merged_into: z.int().nullable(),
});
export const knownGroup = z.object({ id: z.int(), name: z.string() });
export const knownSubscription = z.object({
  id: z.int(),
  name: z.string(),
  number_of_sessions: z.int().nullable(),
  validity_days: z.int().nullable(),
  validity_months: z.int().nullable(),
});
export const knownHeld = z.object({
  student_id: z.int(),
  subscription_id: z.int(),
  start_date: z.iso.date(),
  end_date: z.iso.date(),
  is_live: z.boolean(),
});

export type Named = { ids: number[]; phones: string[]; emails: string[]; births: string[] };

/** Everybody a file may mean: by id, phone, e-mail or day of birth, and those for whom the holder of a phone pays; by id. */
export const knownPeople = (db: Sql, { ids, phones, emails, births }: Named) =>
  db.any(sql.type(knownPerson)`
    with named as materialized (
      select id from users where id = any(${sql.array(ids, 'int4')}) or phone = any(${sql.array(phones, 'text')})
        or lower(email) = any(${sql.array(emails, 'text')}) or birth_date = any(${sql.array(births, 'date')})
    ), meant as (
      select id from named
      union
      select merged_into from users join named using (id) where merged_into is not null
      union
      select students.id from students join named on named.id = payer_id
    )
    select users.id, first_name, last_name, phone, email, birth_date, gender, users.notes, is_active, students.id is not null as is_student,
      payer_id, health_note, current_belt, registration_date,
      exists (select from user_roles where user_id = users.id and is_admin_role(role)) as commands, merged_into
    from meant join users using (id) left join students using (id) order by users.id`);

/** Locks these people and students until the transaction ends: what a preview said of them can change no more. */
export async function lockPeople(transaction: Sql, ids: readonly number[]) {
  const all = sql.array([...ids], 'int4');
  await transaction.query(sql.unsafe`select from users where id = any(${all}) order by id for no key update`);
  await transaction.query(sql.unsafe`select from students where id = any(${all}) order by id for no key update`);
}

export const allGroups = (db: Sql) => db.any(sql.type(knownGroup)`select id, name from groups where is_active order by id`);
export const wholeCatalogue = (db: Sql) =>
  db.any(sql.type(knownSubscription)`
    select id, name, number_of_sessions, validity_days, validity_months from subscriptions order by is_active desc, id`);

/** Who of them is in which group on a day or later. */
export const membershipsOf = (db: Sql, ids: readonly number[], day: string) =>
  db.any(sql.type(z.object({ student_id: z.int(), group_id: z.int() }))`
    select distinct student_id, group_id from group_members
    where student_id = any(${sql.array([...ids], 'int4')}) and coalesce(to_date >= ${day}::date, true) order by 1, 2`);

/** What they hold that was not called off. */
export const heldBy = (db: Sql, ids: readonly number[]) =>
  db.any(sql.type(knownHeld)`
    select student_id, subscription_id, start_date, end_date, status in ('active', 'frozen') as is_live from student_subscriptions
    where student_id = any(${sql.array([...ids], 'int4')}) and status <> 'cancelled' order by id`);

export const knownTemplate = z.object({
  id: z.int(),
  day_number: z.int(),
  start_time: z.string(),
  training_type_id: z.int(),
  trainer_id: z.int(),
  room_id: z.int().nullable(),
  group_id: z.int().nullable(),
  minutes: z.int(),
});
const named = z.object({ id: z.int(), name: z.string() });

/** The week as it is, and what its parts are called. */
export const knownTimetable = async (db: Sql) => ({
  templates: await db.any(sql.type(knownTemplate)`
    select weekly.id, day_number, to_char(start_time, 'HH24:MI') as start_time, training_type_id, trainer_id, room_id, group_id,
      duration_minutes as minutes
    from training_templates weekly join training_types type on type.id = training_type_id where is_active order by weekly.id`),
  types: await db.any(sql.type(named.extend({ minutes: z.int() }))`
    select id, name, duration_minutes as minutes from training_types order by id`),
  trainers: await db.any(sql.type(named)`
    select id, concat_ws(' ', first_name, nullif(last_name, '')) as name from specialists join users using (id) where is_active order by id`),
  rooms: await db.any(sql.type(named)`select id, name from rooms where is_active order by id`),
  groups: await allGroups(db),
});
