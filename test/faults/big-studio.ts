import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

export const TEMPLATES = 600;
const PER_TEMPLATE = 15;

/**
 * 600 templates with 15 students each, which a run builds in three windows of 200: some students have two places at
 * once, every tenth group is overfull, and one trainer is to be in two places. The same rows in every database.
 */
export async function bigStudio(db: Database) {
  await db.transaction(async (transaction) => {
    for (const statement of statements) await transaction.query(statement);
  });
}

const statements = [
  sql.unsafe`
    insert into users (first_name, last_name)
    select 'Человек ' || n, 'Тестов' from generate_series(1, ${TEMPLATES + TEMPLATES * PER_TEMPLATE}) n order by n`,
  sql.unsafe`insert into specialists (id) select id from users where id <= ${TEMPLATES} order by id`,
  sql.unsafe`insert into students (id) select id from users where id > ${TEMPLATES} order by id`,
  sql.unsafe`
    insert into training_types (name, max_participants, price_minor, duration_minutes, is_subscription_only)
    values ('Йога', 20, 50000, 60, false), ('Бокс', 10, 60000, 90, false)`,
  sql.unsafe`
    insert into training_templates (day_number, start_time, training_type_id, trainer_id)
    select (n - 1) * 7 / ${TEMPLATES} + 1, time '08:00' + ((n % 13) * interval '1 hour'), case when n % 10 = 0 then 2 else 1 end,
      case when n = 300 then 287 else n end
    from generate_series(1, ${TEMPLATES}) n order by n`,
  sql.unsafe`
    insert into training_student_templates (training_template_id, student_id, start_date)
    select template, case when place = 1 and template > 13 then ${TEMPLATES} + (template - 14) * ${PER_TEMPLATE} + 2 else ${TEMPLATES} + (template - 1) * ${PER_TEMPLATE} + place end,
      date '2026-01-01' + (place % 5)
    from generate_series(1, ${TEMPLATES}) template, generate_series(1, ${PER_TEMPLATE}) place order by template, place`,
];

/** The templates in the order a run takes them (D5). */
export const templatesInOrder = (db: Database) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select id from training_templates order by day_number, start_time, id`);

/** What a week looks like, without the numbers that another history of runs gives other values. */
export const fingerprint = (db: Database) =>
  db.one(sql.type(z.object({ trainings: z.int(), students: z.int(), trainings_md5: z.string(), students_md5: z.string() }))`
    select
      (select count(*)::int from real_trainings) as trainings,
      (select count(*)::int from real_training_students) as students,
      (select md5(string_agg(concat_ws('|', training_template_id, training_type_id, trainer_id, room_id, training_date, start_time,
          starts_at, ends_at, max_participants, price_minor, status), E'\n' order by training_template_id, training_date))
        from real_trainings) as trainings_md5,
      (select md5(string_agg(concat_ws('|', training_template_id, training_date, student_id, seat.status), E'\n'
          order by training_template_id, training_date, student_id))
        from real_training_students seat join real_trainings training on training.id = real_training_id) as students_md5`);
