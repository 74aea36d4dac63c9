import { type Sql, sql } from '../../sql/database/database.ts';

/** Of each trainer a training on each of the last days, with students of its own, which the nights that are caught up have to charge. */
export const insertPastTrainings = (db: Sql, today: string, days: number) =>
  db.query(sql.unsafe`
    with giver as (
      select id, row_number() over (order by id) as n from specialists where id in (select trainer_id from training_templates)
    ), made as (
      insert into real_trainings
        (training_type_id, trainer_id, training_date, start_time, starts_at, ends_at, max_participants, price_minor, created_at)
      select (select min(id) from training_types), giver.id, day, '10:00', begins, begins + interval '1 hour', 10, 70000, now() - interval '9 days'
      from giver cross join generate_series(1, ${days}::int) as ago
        cross join lateral (select ${today}::date - ago as day) as date
        cross join lateral (select (day + time '10:00') at time zone 'Europe/Moscow' as begins) as start
      returning id, trainer_id
    ), pupil as (select id, (row_number() over (order by id) - 1) / 10 + 1 as n from students where id in (select id from users where is_active))
    insert into real_training_students (real_training_id, student_id, created_at)
    select made.id, pupil.id, now() - interval '8 days' from made join giver on giver.id = made.trainer_id join pupil using (n)`);

/** Whoever has no Telegram is written to by e-mail. */
export const giveAddresses = (db: Sql) =>
  db.query(sql.unsafe`
    update users set email = format('person-%s@studio.example', id) where telegram_id is null and email is null and is_active`);
