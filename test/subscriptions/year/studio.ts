import { type Database, sql } from '../../../sql/database/database.ts';

export const STUDENTS = 300;
const TRAINERS = 10;
const TEMPLATES = 40;

/**
 * A studio of 300 students, the same every time: a third of them have somebody else's wallet pay, each is in two or three of forty
 * weekly trainings, and nobody holds anything yet. People come first, so a student's id is his number.
 */
export async function openStudio(db: Database) {
  await db.query(sql.unsafe`
    insert into users (first_name, last_name) select 'Ученик', n::text from generate_series(1, ${STUDENTS + TRAINERS}::int) n`);
  await db.query(sql.unsafe`
    insert into students (id, payer_id) select n, case when n % 3 = 0 then n - 1 else n end from generate_series(1, ${STUDENTS}::int) n`);
  await db.query(
    sql.unsafe`insert into specialists (id) select ${STUDENTS}::int + n from generate_series(1, ${TRAINERS}::int) n`,
  );
  await db.query(sql.unsafe`
    insert into training_types (name, max_participants, price_minor, duration_minutes, is_subscription_only)
    values ('Йога', 20, 90000, 60, false), ('Пилатес', 16, 120000, 55, false), ('Карате', 24, 70000, 90, true), ('Открытый зал', 40, 0, 60, false)`);
  await db.query(sql.unsafe`
    insert into training_templates (day_number, start_time, training_type_id, trainer_id)
    select n % 7 + 1, make_time(8 + 2 * (n / 7), 0, 0), n % 4 + 1, ${STUDENTS}::int + n % ${TRAINERS}::int + 1
    from generate_series(0, ${TEMPLATES - 1}::int) n`);
  await db.query(sql.unsafe`
    insert into training_student_templates (training_template_id, student_id, start_date)
    select (student * 7 + place * 13) % ${TEMPLATES}::int + 1, student, '2025-01-01'
    from generate_series(1, ${STUDENTS}::int) student, generate_series(0, 2) place where place < 2 or student % 2 = 0`);
  await db.query(sql.unsafe`
    insert into subscriptions (name, price_minor, number_of_sessions, validity_days, validity_months)
    values ('8 занятий', 480000, 8, 30, null), ('12 занятий', 640000, 12, null, 1), ('Безлимит', 900000, null, null, 1),
      ('Пробный', 150000, 3, 14, null), ('Подарок', 0, 4, 10, null)`);
}
