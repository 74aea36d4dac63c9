import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

/** Templates spread over the week at a hundred times, the rest side by side with a trainer and a room each; every student in a few, never in two at once. */
export async function fillStudio(db: Database, templates: number, each: number) {
  const students = (templates * each) / 4;
  const parallel = templates / 100;
  await db.query(sql.unsafe`truncate users, locations, training_types restart identity cascade`);
  await db.query(sql.unsafe`
    insert into users (first_name) select 'Ученик ' || n from generate_series(1, ${students + parallel}::int) n order by n`);
  await db.query(sql.unsafe`insert into specialists (id) select id from users where id <= ${parallel}`);
  await db.query(sql.unsafe`insert into students (id) select id from users where id > ${parallel}`);
  await db.query(sql.unsafe`insert into locations (name) values ('Зал')`);
  await db.query(
    sql.unsafe`insert into rooms (location_id, name) select 1, 'Комната ' || n from generate_series(1, ${parallel}::int) n`,
  );
  await db.query(sql.unsafe`
    insert into training_types (name, max_participants, price_minor, duration_minutes) values ('Йога', ${each}, 50000, 60)`);
  await db.query(sql.unsafe`
    insert into training_templates (day_number, start_time, training_type_id, trainer_id, room_id)
    select slot % 7 + 1, make_time(7 + slot / 7, 0, 0), 1, side, side
    from generate_series(0, ${templates - 1}::int) n
    cross join lateral (select n / ${parallel}::int as slot, n % ${parallel}::int + 1 as side) place
    order by n`);
  await db.query(sql.unsafe`
    insert into training_student_templates (training_template_id, student_id, start_date)
    select n + 1, ${parallel}::int + (n * ${each}::int + k) % ${students}::int + 1, '2026-01-01'
    from generate_series(0, ${templates - 1}::int) n, generate_series(0, ${each - 1}::int) k`);
  for (const table of ['users', 'students', 'training_templates', 'training_student_templates']) {
    await db.query(sql.unsafe`analyze ${sql.identifier([table])}`);
  }
}

/** Keeps what was generated aside, as the rows the floor writes. */
export async function stageRows(db: Database) {
  await db.query(sql.unsafe`drop table if exists staged_trainings, staged_students`);
  await db.query(
    sql.unsafe`create unlogged table staged_trainings as select *, row_number() over (order by id) as n from real_trainings`,
  );
  await db.query(sql.unsafe`
    create unlogged table staged_students as
    select seat.*, staged_trainings.n from real_training_students seat join staged_trainings on staged_trainings.id = real_training_id`);
  await db.query(sql.unsafe`create index on staged_students (n)`);
  await db.query(sql.unsafe`create index on staged_trainings (n)`);
}

/** The floor: the same rows with the same constraints in the same chunks, and nothing decided. */
export async function insertBare(db: Database, templates: number, chunk: number) {
  for (let from = 0; from < templates; from += chunk) {
    await db.transaction(async (transaction) => {
      await transaction.query(sql.unsafe`
        insert into real_trainings (id, training_template_id, template_date, training_type_id, trainer_id, room_id, training_date, start_time,
          starts_at, ends_at, max_participants, price_minor, run_id, created_at)
        overriding system value
        select id, training_template_id, template_date, training_type_id, trainer_id, room_id, training_date, start_time,
          starts_at, ends_at, max_participants, price_minor, run_id, created_at
        from staged_trainings where n > ${from} and n <= ${from + chunk} order by n`);
      await transaction.query(sql.unsafe`
        insert into real_training_students (real_training_id, student_id, run_id)
        select real_training_id, student_id, run_id from staged_students where n > ${from} and n <= ${from + chunk} order by id`);
    });
  }
}

const id = sql.type(z.object({ id: z.int() }));

/** The naive way: one training, then one student at a time, each checked and written by itself; a transaction a template. */
export async function generateRowByRow(db: Database, monday: string) {
  const templates = await db.any(sql.type(
    z.object({ id: z.int(), day_number: z.int(), start_time: z.string(), trainer_id: z.int(), room_id: z.int() }),
  )`
    select id, day_number, start_time, trainer_id, room_id from training_templates order by day_number, start_time, id`);
  for (const template of templates) {
    await db.transaction(async (transaction) => {
      const training = await transaction.oneFirst(id`
        insert into real_trainings (training_template_id, training_type_id, trainer_id, room_id, training_date, start_time,
          starts_at, ends_at, max_participants, price_minor)
        select ${template.id}, type.id, ${template.trainer_id}, ${template.room_id}, day, ${template.start_time}::time,
          (day + ${template.start_time}::time) at time zone 'Europe/Moscow',
          (day + ${template.start_time}::time) at time zone 'Europe/Moscow' + interval '1 hour', max_participants, price_minor
        from training_types type, (select ${monday}::date + ${template.day_number - 1}::int as day) day where type.id = 1 returning id`);
      const links = await transaction.any(sql.type(z.object({ student_id: z.int() }))`
        select student_id from training_student_templates
        where training_template_id = ${template.id} and not is_frozen order by start_date, id`);
      for (const { student_id: student } of links) {
        const frozen = await transaction.exists(sql.unsafe`
          select 1 from student_subscriptions where student_id = ${student} and freeze_start_date is not null`);
        const busy = await transaction.exists(sql.unsafe`
          select 1 from real_training_students seat
          join real_trainings other on other.id = seat.real_training_id
          join real_trainings mine on mine.id = ${training}
          where seat.student_id = ${student} and other.starts_at < mine.ends_at and other.ends_at > mine.starts_at`);
        if (frozen || busy) continue;
        await transaction.query(sql.unsafe`
          insert into real_training_students (real_training_id, student_id) values (${training}, ${student})`);
      }
    });
  }
}
