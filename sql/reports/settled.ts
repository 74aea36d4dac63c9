import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { moneyRow } from './money-days.ts';

/**
 * The last studio day until which the daily figures hold, and no change is noted: nothing before it is still to be written. The last five
 * days are never settled: nothing is noted of them, for every night writes them again (0124). Null: no day is, or they were of another zone.
 */
export const settledUntil = (db: Sql, zone: string) =>
  db.oneFirst(sql.type(z.object({ day: z.iso.date().nullable() }))`
    select case when max(day) is not null then least(max(day) - 4, current_date - 5, (select min(day) - 1 from daily_figures_due),
      min(day) filter (where zone is distinct from ${zone}) - 1) end as day
    from daily_figures`);

/** What the daily figures have of money: a row of all the days before `from`, on the one before it, and each day from then `until`. */
export const settledMoney = (db: Sql, of: { from: string; until: string }) =>
  db.any(sql.type(moneyRow)`
    select greatest(day, ${of.from}::date - 1) as day, sum(earned_training_minor)::int8 as earned_training_minor,
      sum(earned_subscription_minor)::int8 as earned_subscription_minor, sum(earned_booking_minor)::int8 as earned_booking_minor,
      sum(earned_package_minor)::int8 as earned_package_minor, sum(earned_other_minor)::int8 as earned_other_minor,
      sum(deferred_minor)::int8 as deferred_minor, sum(wallets_minor)::int8 as wallets_minor, sum(owed_minor)::int8 as owed_minor
    from daily_figures where day <= ${of.until}::date group by 1 order by 1`);

const visits = z.object({
  day: z.iso.date(),
  present: z.int(),
  absent: z.int(),
  trainings_held: z.int(),
  trainings_cancelled: z.int(),
});

/** Who came, as the daily figures have it, day by day. */
export const settledVisits = (db: Sql, of: { from: string; until: string }) =>
  db.any(sql.type(visits)`
    select day, present, absent, trainings_held, trainings_cancelled from daily_figures where day between ${of.from}::date and ${of.until}::date order by day`);
