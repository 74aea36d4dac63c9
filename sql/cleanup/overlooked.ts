import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/**
 * The next day before a business day with trainings that are over, still scheduled and not noted as overlooked; null when
 * there is none. Attendance completes what is past every night (D11), so such a training means that it did not run.
 */
export const nextOverlookedDay = (db: Sql, date: string, after: string | null) =>
  db.oneFirst(sql.type(z.object({ day: z.iso.date().nullable() }))`
    select min(training_date) as day from real_trainings
    where status = 'scheduled' and overlooked_at is null and training_date < ${date}::date and ends_at < now()
      and training_date > coalesce(${after}::date, '-infinity')`);

const training = z.object({ id: z.int(), start_time: z.string(), training_type: z.string(), registered: z.int() });

/** Notes a day's past, still scheduled trainings as overlooked. Their status stays: nobody has said who came. */
export const noteOverlooked = (transaction: Sql, day: string) =>
  transaction.any(sql.type(training)`
    with noted as (
      update real_trainings set overlooked_at = now()
      where id in (
        select id from real_trainings
        where status = 'scheduled' and overlooked_at is null and training_date = ${day}::date and ends_at < now()
        order by id for no key update)
      returning id, start_time, training_type_id
    )
    select noted.id, start_time, type.name as training_type,
      (select count(*)::int from real_training_students seat where seat.real_training_id = noted.id and seat.status = 'REGISTERED') as registered
    from noted join training_types type on type.id = training_type_id
    order by start_time, noted.id`);

/** Notes the tasks about overlooked trainings as done whose day has none left. */
export const closeOverlookedTasks = (transaction: Sql) =>
  transaction.query(sql.unsafe`
    update admin_tasks set done_at = now(), done_by = 'system'
    where kind = 'trainings_not_completed' and done_at is null and not exists (
      select from real_trainings
      where training_date = (details ->> 'date')::date and status = 'scheduled' and overlooked_at is not null)`);
