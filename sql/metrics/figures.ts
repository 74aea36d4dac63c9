import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

/** Runs by process and status, with when each process last succeeded (seconds since 1970). */
export const runFigures = (db: Sql) =>
  db.any(sql.type(z.object({ process_type: z.string(), status: z.string(), runs: z.int(), last_success: z.number().nullable() }))`
    select process_type, status, count(*)::int as runs,
      extract(epoch from max(completed_at) filter (where status = 'success'))::float8 as last_success
    from automated_process_history group by process_type, status`);

/** Messages in the outbox by status. */
export const messageFigures = (db: Sql) =>
  db.any(sql.type(z.object({ status: z.string(), messages: z.int() }))`
    select status, count(*)::int as messages from notifications group by status`);

/** Ticks of the timetable by schedule and outcome. */
export const tickFigures = (db: Sql) =>
  db.any(sql.type(z.object({ schedule: z.string(), outcome: z.string(), ticks: z.int(), alarms: z.int() }))`
    select schedule, outcome, count(*)::int as ticks, count(alarmed_at)::int as alarms
    from schedule_ticks group by schedule, outcome`);

/** Alarms that are not over, by condition: what stands before the colon of their fingerprints. */
export const alertFigures = (db: Sql) =>
  db.any(sql.type(z.object({ condition: z.string(), open: z.int() }))`
    select split_part(fingerprint, ':', 1) as condition, count(*)::int as open
    from alerts where recovered_at is null group by condition`);
