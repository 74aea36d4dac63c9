import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const dayOfRuns = z.object({
  day: z.iso.date(),
  success: z.int(),
  partial: z.int(),
  error: z.int(),
  open: z.int(),
});
export type DayOfRuns = z.output<typeof dayOfRuns>;

/** How the runs of each studio day ended, by the day they were asked for; both days inclusive, quiet days as zeros. Routine counts where it failed. */
export const runsByDay = (db: Sql, from: string, to: string, zone: string, routine: readonly string[]) =>
  db.any(sql.type(dayOfRuns)`
    select day::date::text as day,
      count(*) filter (where status = 'success')::int as success,
      count(*) filter (where status = 'partial')::int as partial,
      count(*) filter (where status = 'error')::int as error,
      count(*) filter (where status in ('queued', 'running'))::int as open
    from generate_series(${from}::date, ${to}::date, interval '1 day') as day
    left join automated_process_history
      on requested_at >= studio_instant(day::date, '00:00', ${zone}) and requested_at < studio_instant(day::date + 1, '00:00', ${zone})
      and (status in ('partial', 'error') or process_type <> all(${sql.array([...routine], 'text')}))
    group by day order by day`);
