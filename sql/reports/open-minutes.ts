import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { type AskedRows, entryRow, isAsked } from './asked.ts';
import { periodsOf, type ReportSpan } from './periods.ts';

const open = z.object({ first: z.iso.date(), room_id: z.int(), room: z.string(), minutes: z.int() });

/** The days of a span, and how long each location is open on them. */
const hours = (span: ReportSpan) => sql.fragment`
  day as materialized (
    select day::date as day, (extract(isodow from day)::int - 1)::text as weekday
    from generate_series(${span.from}::date::timestamp, ${span.to}::date::timestamp, interval '1 day') as day
  ), hours as materialized (
    select place.id as location_id, day.day, coalesce((
        select sum(upper(part) - lower(part)) * 15
        from unnest(open_quarters(coalesce(closing.intervals, case jsonb_typeof(work_schedule -> weekday) when 'array' then work_schedule -> weekday end, '[]'))) as part
      ), 0)::int as minutes
    from locations place cross join day
    left join day_closings closing on closing.location_id = place.id and closing.day = day.day
  )`;

/**
 * How long each active room is open in the periods of a span, in minutes: its location's weekly hours, replaced for a day by an override or
 * a day off (D30, R17). Intervals round inwards to quarters of an hour, as for slots.
 */
export const openMinutes = (db: Sql, span: ReportSpan) =>
  db.any(sql.type(open)`
    with period as materialized (${periodsOf(span)}), ${hours(span)}
    select first, rooms.id as room_id, rooms.name as room, sum(minutes)::int as minutes
    from period join hours on hours.day between first and last join rooms on rooms.location_id = hours.location_id
    where rooms.is_active group by first, rooms.id, rooms.name order by first, rooms.id`);

/** The same by day: the rows behind the figure. */
export const listOpenMinutes = (db: Sql, span: ReportSpan, asked: AskedRows) =>
  db.any(sql.type(entryRow)`
    with ${hours(span)}, entry as (
      select day, 'open_minutes' as figure, 'room' as source, rooms.id as source_id, rooms.id as person_id, minutes::int8 as value
      from hours join rooms using (location_id) where rooms.is_active and minutes > 0
    )
    select * from entry where ${isAsked(asked)} order by day, source_id limit ${asked.limit}`);
