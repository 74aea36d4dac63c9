import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const json = (rows: readonly unknown[]) => sql.fragment`${sql.jsonb(rows as never)}`;

/** Ids for so many new people, in order. */
export const newPeopleIds = (transaction: Sql, count: number) =>
  transaction.anyFirst(sql.type(z.object({ id: z.int() }))`
    select nextval(pg_get_serial_sequence('users', 'id'))::int as id from generate_series(1, ${count}) order by 1`);

/** Makes people known, each with the id it was given, as clients. */
export async function insertImported(transaction: Sql, people: readonly object[]) {
  await transaction.query(sql.unsafe`
    insert into users (id, first_name, last_name, phone, email, birth_date, gender, notes) overriding system value
    select id, first_name, coalesce(last_name, ''), phone, email, birth_date, gender, notes
    from jsonb_to_recordset(${json(people)}) as given
      (id int, first_name text, last_name text, phone text, email text, birth_date date, gender text, notes text)
    order by id`);
}

/** Writes what is given of people; what is not stays. */
export const changePeople = (transaction: Sql, people: readonly object[]) =>
  transaction.query(sql.unsafe`
    update users set first_name = coalesce(given.first_name, users.first_name), last_name = coalesce(given.last_name, users.last_name),
      phone = coalesce(given.phone, users.phone), email = coalesce(given.email, users.email),
      birth_date = coalesce(given.birth_date, users.birth_date), gender = coalesce(given.gender, users.gender),
      notes = coalesce(given.notes, users.notes)
    from jsonb_to_recordset(${json(people)}) as given
      (id int, first_name text, last_name text, phone text, email text, birth_date date, gender text, notes text)
    where users.id = given.id`);

/** Makes students of people, who become clients, too. */
export async function enrolPeople(transaction: Sql, people: readonly object[], today: string) {
  await transaction.query(sql.unsafe`
    insert into students (id, health_note, current_belt, registration_date)
    select id, health_note, current_belt, coalesce(registration_date, ${today}::date)
    from jsonb_to_recordset(${json(people)}) as given (id int, health_note text, current_belt text, registration_date date)
    order by id`);
  await transaction.query(sql.unsafe`
    insert into user_roles (user_id, role) select id, 'client' from jsonb_to_recordset(${json(people)}) as given (id int) order by id
    on conflict do nothing`);
}

/** Writes what is given of students; what is not stays. */
export const changeStudents = (transaction: Sql, people: readonly object[]) =>
  transaction.query(sql.unsafe`
    update students set health_note = coalesce(given.health_note, students.health_note),
      current_belt = coalesce(given.current_belt, students.current_belt),
      registration_date = coalesce(given.registration_date, students.registration_date),
      payer_id = coalesce(given.payer_id, students.payer_id)
    from jsonb_to_recordset(${json(people)}) as given
      (id int, health_note text, current_belt text, registration_date date, payer_id int)
    where students.id = given.id`);

/** Puts students into groups from a day on. */
export const joinGroups = (transaction: Sql, members: readonly object[], today: string) =>
  transaction.query(sql.unsafe`
    insert into group_members (group_id, student_id, from_date)
    select group_id, student_id, ${today}::date from jsonb_to_recordset(${json(members)}) as given (group_id int, student_id int)
    order by student_id, group_id`);

/**
 * Lets students hold subscriptions that were paid for elsewhere: what is left is granted, nothing is invoiced, and nothing of it was
 * received or is earned here.
 */
export const holdSubscriptions = (transaction: Sql, held: readonly object[]) =>
  transaction.query(sql.unsafe`
    insert into student_subscriptions (student_id, subscription_id, start_date, end_date, sessions_left)
    select student_id, subscription_id, start_date, end_date, sessions_left from jsonb_to_recordset(${json(held)}) as given
      (student_id int, subscription_id int, start_date date, end_date date, sessions_left int)
    order by student_id, start_date, subscription_id`);

/** Adds trainings of every week. */
export const insertTemplates = (transaction: Sql, templates: readonly object[]) =>
  transaction.query(sql.unsafe`
    insert into training_templates (day_number, start_time, training_type_id, trainer_id, room_id, group_id)
    select day_number, start_time, training_type_id, trainer_id, room_id, group_id from jsonb_to_recordset(${json(templates)}) as given
      (day_number int, start_time time, training_type_id int, trainer_id int, room_id int, group_id int)
    order by day_number, start_time, trainer_id`);
