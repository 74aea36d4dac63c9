import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const figures = z.object({
  active_students: z.int(),
  attendance: z.number().nullable(),
  revenue_minor: z.int(),
  new_registrations: z.int(),
});

/**
 * The studio as its newest day of figures shows it: active students on that day, and of its month until then the average attendance
 * (present for each training held; null without one), the revenue (received less refunds and what was cancelled) and new registrations.
 * Null while there are no figures.
 */
export const studioFigures = (db: Sql) =>
  db.maybeOne(sql.type(figures)`
    with newest as (select day, active_students from daily_figures order by day desc limit 1)
    select newest.active_students, (sum(present)::float8 / nullif(sum(trainings_held), 0)) as attendance,
      sum(received_minor - refunded_minor - payments_cancelled_minor)::int8 as revenue_minor, sum(new_registrations)::int as new_registrations
    from newest join daily_figures on daily_figures.day between date_trunc('month', newest.day)::date and newest.day
    group by newest.active_students`);
