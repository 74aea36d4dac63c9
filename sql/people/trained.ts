import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const trainedRow = z.object({
  id: z.int(),
  name: z.string(),
  visits: z.int().meta({ description: 'trainings they came to, and bookings that were completed, in the span' }),
  last_at: z.iso.datetime().nullable(),
  next_at: z.iso.datetime().nullable(),
});

/** Whom a trainer trained from a day on or will train, by name, after a cursor of name and id; contacts are not said (R32). */
export const listTrained = (
  db: Sql,
  of: { trainerId: number; from: string; now: string; after?: readonly [string, number]; limit: number },
) =>
  db.any(sql.type(trainedRow)`
    with met as (
      select seat.student_id as id, starts_at, seat.status = 'PRESENT' as came
      from real_training_students seat join real_trainings training on training.id = real_training_id
      where trainer_id = ${of.trainerId} and training_date >= ${of.from}::date and training.status <> 'cancelled'
        and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')
      union all
      select client_id, starts_at, status = 'COMPLETED' from bookings
      where specialist_id = ${of.trainerId} and starts_at >= ${of.from}::date and status in ('PENDING', 'CONFIRMED', 'COMPLETED', 'NO_SHOW')
    )
    select id, name, visits, last_at, next_at from (
      select met.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, count(*) filter (where came)::int as visits,
        max(starts_at) filter (where came) as last_at, min(starts_at) filter (where starts_at > ${of.now}::timestamptz) as next_at
      from met join users on users.id = met.id group by met.id, first_name, last_name
    ) as client
    where ${of.after?.[0] ?? null}::text is null or (name, id) > (${of.after?.[0] ?? null}::text, ${of.after?.[1] ?? null}::int)
    order by name, id limit ${of.limit}`);
