import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

const settled = sql.type(z.object({ day: z.iso.date() }));

/**
 * The last day whose trainings must be charged: that of the newest night (`daily`) that is over, up to `today`; where none ever was,
 * the day before. In the course of a day its trainings are nobody's debt yet.
 */
export const settledDay = (db: Sql, today: string): Promise<string> =>
  db.oneFirst(settled`
    select coalesce(max(process_date), ${today}::date - 1)::text as day from automated_process_history
    where process_type = 'daily' and status in ('success', 'partial') and process_date <= ${today}::date`);
