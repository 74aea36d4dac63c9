import { z } from 'zod';
import { type Sql, sql } from '../database.ts';

const intervals = z.array(z.tuple([z.string(), z.string()]));
const schedule = z.record(z.string(), intervals);
const span = z.object({ from: z.number(), to: z.number() });

export const calendarRow = z.object({
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

export type Span = {
  /** Instants, and the business days they touch. */
  from: string;
  to: string;
  days: readonly [string, string];
  /** A booking that does not count: the one that is being moved. */
  except?: number;
};

/** Reads a specialist's calendar for a span of time. */
export const readCalendar = (db: Sql, specialistId: number, span: Span): Promise<SpecialistCalendar> =>
  db.oneFirst(sql.prepared('read_calendar', z.object({ calendar: calendarRow }))`
    select ${calendarOf(span)} as calendar from specialists specialist where id = ${specialistId}`);

/** The calendar of a row of `specialists specialist`, as JSON. */
export const calendarOf = ({ from, to, days, except = 0 }: Span) => {
  const meets = sql.fragment`&& tstzrange(${from}::timestamptz, ${to}::timestamptz)`;
  const within = sql.fragment`day between ${days[0]}::date and ${days[1]}::date`;
  return sql.fragment`json_build_object(
    'location', (select work_schedule from locations where id = specialist.location_id),
    'specialist', specialist.work_schedule,
    'location_days', coalesce((select json_object_agg(day, intervals) from calendar_overrides
      where location_id = specialist.location_id and ${within}), '{}'),
    'specialist_days', coalesce((select json_object_agg(day, intervals) from calendar_overrides
      where specialist_id = specialist.id and ${within}), '{}'),
    'taken', coalesce((select json_agg(json_build_object('from', ${milliseconds('since')}, 'to', ${milliseconds('until')})) from (
        select starts_at as since, busy_until as until from bookings
        where specialist_id = specialist.id and is_live and id <> ${except}
          and tstzrange(starts_at, busy_until) ${meets} and (held_until is null or held_until > now())
        union all
        select starts_at, ends_at from real_trainings
        where trainer_id = specialist.id and status <> 'cancelled' and tstzrange(starts_at, ends_at) ${meets}
      ) as busy), '[]'),
    'absent', coalesce((select json_agg(json_build_object('from', ${milliseconds('from_at')}, 'to', ${milliseconds('to_at')}))
      from specialist_absences
      where specialist_id = specialist.id and tstzrange(from_at, to_at) ${meets}), '[]'))`;
};

const milliseconds = (column: string) => sql.fragment`(extract(epoch from ${sql.identifier([column])})::float8 * 1000)`;
