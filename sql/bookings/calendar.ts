import { z } from 'zod';
import { type Sql, sql } from '../database.ts';

const intervals = z.array(z.tuple([z.string(), z.string()]));
const schedule = z.record(z.string(), intervals);
const span = z.object({ from: z.number(), to: z.number() });

const calendarRow = z.object({
  location: schedule.nullable(),
  specialist: schedule,
  /** What replaces the schedules, by day. */
  location_days: z.record(z.string(), intervals),
  specialist_days: z.record(z.string(), intervals),
  /** Bookings and trainings, in milliseconds. */
  taken: z.array(span),
  absent: z.array(span),
});
/** When a specialist works and is busy, around a span of time. */
export type SpecialistCalendar = z.output<typeof calendarRow>;

/**
 * Reads a specialist's calendar for a span of time.
 * @param of.from of.to instants; @param of.days the business days the span touches
 * @param of.except a booking that does not count: the one that is being moved
 */
export const readCalendar = (
  db: Sql,
  of: { specialistId: number; from: string; to: string; days: readonly [string, string]; except?: number },
) => {
  const meets = sql.fragment`&& tstzrange(${of.from}::timestamptz, ${of.to}::timestamptz)`;
  const from = sql.fragment`extract(epoch from starts_at)::float8 * 1000`;
  return db.one(sql.type(calendarRow)`
    select location.work_schedule as location, specialist.work_schedule as specialist,
      coalesce((select json_object_agg(day, intervals) from calendar_overrides
        where location_id = specialist.location_id and day between ${of.days[0]}::date and ${of.days[1]}::date), '{}') as location_days,
      coalesce((select json_object_agg(day, intervals) from calendar_overrides
        where specialist_id = specialist.id and day between ${of.days[0]}::date and ${of.days[1]}::date), '{}') as specialist_days,
      coalesce((select json_agg(json_build_object('from', ${from}, 'to', extract(epoch from until)::float8 * 1000)) from (
          select starts_at, busy_until as until from bookings
          where specialist_id = ${of.specialistId} and status <> 'CANCELLED' and id <> ${of.except ?? 0}
            and tstzrange(starts_at, busy_until) ${meets} and (held_until is null or held_until > now())
          union all
          select starts_at, ends_at from real_trainings
          where trainer_id = ${of.specialistId} and status <> 'cancelled' and tstzrange(starts_at, ends_at) ${meets}
        ) as busy), '[]') as taken,
      coalesce((select json_agg(json_build_object(
          'from', extract(epoch from from_at)::float8 * 1000, 'to', extract(epoch from to_at)::float8 * 1000))
        from specialist_absences
        where specialist_id = specialist.id and tstzrange(from_at, to_at) ${meets}), '[]') as absent
    from specialists specialist left join locations location on location.id = specialist.location_id
    where specialist.id = ${of.specialistId}`);
};
