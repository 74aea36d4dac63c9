import { z } from 'zod';
import { occupied, rangeOf } from '../calendar/occupied.ts';
import { type In, type Sql, sql } from '../database/database.ts';
import { FIRST_INSTANT, LAST_INSTANT } from '../database/instants.ts';

/** What replaces a schedule, by day. */
const overrides = z.record(z.string(), z.unknown());
const span = z.object({ from: z.number(), to: z.number() });

/** Of schedules and overrides nothing is demanded here: whoever makes cells of them judges them, for every reader alike. */
export const calendarRow = z.object({
  /** Work schedules: JSON as text, so that one shared by many is read once. */
  location: z.string().nullable(),
  specialist: z.string(),
  location_days: overrides,
  specialist_days: overrides,
  /** Whatever the specialist does then, in whatever capacity, in milliseconds; what is only held may come free. */
  taken: z.array(span.extend({ is_held: z.boolean().optional() })),
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

export type SpanIn = { from: In<string>; to: In<string>; days: readonly [In<string>, In<string>]; except?: In<number> };

/** The calendar of a row of `specialists specialist`, as JSON. */
export const calendarOf = ({ from, to, days, except = 0 }: SpanIn) => {
  const range = rangeOf({ from, to });
  const withTimeout = sql.fragment`day between ${days[0]}::date and ${days[1]}::date`;
  return sql.fragment`json_build_object(
    'location', (select work_schedule::text from locations where id = specialist.location_id),
    'specialist', specialist.work_schedule::text,
    'location_days', coalesce((select json_object_agg(day, intervals) from day_closings
      where location_id = specialist.location_id and ${withTimeout}), '{}'),
    'specialist_days', coalesce((select json_object_agg(day, intervals) from day_closings
      where specialist_id = specialist.id and ${withTimeout}), '{}'),
    'taken', coalesce((select json_agg(json_build_object('from', ${milliseconds('since')}, 'to', ${milliseconds('until')}, 'is_held', is_held)) from (
        select lower(during) as since, upper(during) as until, held_until is not null as is_held
        from (${occupied(sql.fragment`specialist.id`, range)}) as occupied
        left join bookings on bookings.id = booking_id
        where capacity <> 'absence' and booking_id is distinct from ${except}::int and (held_until is null or held_until > now())
      ) as busy), '[]'),
    'absent', coalesce((select json_agg(json_build_object('from', ${milliseconds('since')}, 'to', ${milliseconds('until')}))
      from (
        select greatest(lower(during), ${FIRST_INSTANT}::timestamptz) as since, least(upper(during), ${LAST_INSTANT}::timestamptz) as until
        from occupancies
        where person_id = specialist.id and not is_exclusive and during && ${range} and capacity = 'absence'
      ) as away), '[]'))`;
};

const milliseconds = (column: string) => sql.fragment`(extract(epoch from ${sql.identifier([column])})::float8 * 1000)`;
