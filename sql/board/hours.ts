import type { FragmentSqlToken } from 'slonik';
import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const openHoursRow = z.object({
  day: z.iso.date(),
  location_id: z.int().nullable(),
  specialist_id: z.int().nullable(),
  open: z
    .array(z.tuple([z.string(), z.string()]))
    .nullable()
    .meta({ description: 'pairs of wall times, in order; empty: closed all day; null: no hours are written, so at any time' }),
  is_exception: z.boolean().meta({
    description: 'by an override or a day off: no training can be put where it is closed. Weekly hours bind bookings alone',
  }),
  closed_for: z.string().nullable().meta({ description: 'why it is another day than usual, where somebody wrote it' }),
});

/**
 * When each location is open on each of some days: a row `day, location_id, open, is_exception, reason`. By its weekly hours, unless an
 * override or a day off says otherwise; `open` is null of one without hours, which is open at any time.
 * @param days a statement of days
 */
export const openingsOn = (days: FragmentSqlToken) => sql.fragment`
  select days.day, place.id as location_id,
    case when closing.location_id is not null then closing.intervals
      when coalesce(place.work_schedule, '{}') = '{}' then null
      else coalesce(place.work_schedule -> ((extract(isodow from days.day) - 1)::int)::text, '[]') end as open,
    closing.location_id is not null as is_exception, closing.reason
  from (${days}) as days cross join locations place
  left join lateral (
    select location_id, intervals, reason from day_closings where location_id = place.id and day_closings.day = days.day
    order by day_off nulls first limit 1
  ) as closing on true`;

/** When each location is open on some days in a row, and the days on which a specialist works other hours than usual, or none. */
export const openHours = (db: Sql, first: string, last: string) =>
  db.any(sql.type(openHoursRow)`
    select day, location_id, null::int as specialist_id, open, is_exception, reason as closed_for
    from (${openingsOn(sql.fragment`select generate_series(${first}::date, ${last}::date, '1 day')::date as day`)}) as opening
    union all
    select day, null, specialist_id, intervals, true, reason from (
      select distinct on (specialist_id, day) * from day_closings
      where specialist_id is not null and day between ${first}::date and ${last}::date
      order by specialist_id, day, day_off nulls first
    ) as own
    order by 1, 2, 3`);
