import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';
import { openingsOn } from './hours.ts';

export const boardDayRow = z.object({
  day: z.iso.date(),
  trainings: z.int().meta({ description: 'that stand' }),
  cancelled: z.int().meta({ description: 'trainings that were called off' }),
  registered: z.int().meta({ description: 'places taken in those that stand' }),
  bookings: z.int().meta({ description: 'that stand' }),
  away: z.int().meta({ description: 'trainers who are away for a part of the day or all of it' }),
  is_closed: z.boolean().meta({ description: 'no location is open' }),
  closed_for: z.string().nullable().meta({ description: 'why it is closed, where somebody wrote it' }),
});

/** A business day and the instants it begins and ends at. */
type Span = { day: string; begins: string; ends: string };

/**
 * What stands on each of some days in a row, of what one may see. A location is open by its weekly hours, unless an override or a day off
 * says otherwise; one without hours counts as open.
 */
export const countDays = (db: Sql, days: readonly Span[], whose: Whose) =>
  db.any(sql.type(boardDayRow)`
    with days as materialized (
      select * from ${sql.unnest(
        days.map(({ day, begins, ends }) => [day, begins, ends]),
        ['date', 'timestamptz', 'timestamptz'],
      )} as given (day, begins, ends)
    ), bounds as materialized (
      select min(day) as first, max(day) as last, min(begins) as begins, max(ends) as ends from days
    ), held as (
      select training_date as day, count(*) filter (where status <> 'cancelled')::int as trainings,
        count(*) filter (where status = 'cancelled')::int as cancelled,
        coalesce(sum(places) filter (where status <> 'cancelled'), 0)::int as registered
      from real_trainings training, bounds, lateral (
        select count(*) as places from real_training_students
        where real_training_id = training.id and status in ('REGISTERED', 'PRESENT', 'ABSENT')
      ) as taken
      where training_date between first and last and ${isAmong(whose, 'training', 'training')}
      group by 1
    ), booked as (
      select day, count(*)::int as bookings
      from bounds join bookings booking on starts_at >= bounds.begins and starts_at < bounds.ends
      join days on starts_at >= days.begins and starts_at < days.ends
      where status <> 'CANCELLED' and (held_until is null or held_until > now()) and ${isAmong(whose, 'booking', 'booking')}
      group by 1
    ), gone as (
      select day, count(distinct specialist_id)::int as away
      from days join specialist_absences absence on from_at < ends and to_at > begins
      where ${isAmong(whose, 'absence', 'absence')}
      group by 1
    ), closed as (
      select day, bool_and(coalesce(open = '[]', false)) as is_closed, min(reason) filter (where open = '[]') as reason
      from (${openingsOn(sql.fragment`select day from days`)}) as opening group by 1
    )
    select days.day, coalesce(trainings, 0) as trainings, coalesce(cancelled, 0) as cancelled, coalesce(registered, 0) as registered,
      coalesce(bookings, 0) as bookings, coalesce(away, 0) as away, coalesce(is_closed, false) as is_closed,
      case when is_closed then reason end as closed_for
    from days left join held using (day) left join booked using (day) left join gone using (day) left join closed using (day)
    order by day`);
