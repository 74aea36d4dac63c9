import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { dayOfInstant } from './periods.ts';

type Days = { from: string; to: string; zone: string };

const busy = z.object({
  specialist_id: z.int(),
  room_id: z.int().nullable(),
  room: z.string().nullable(),
  day: z.iso.date(),
  minutes: z.int(),
});

/**
 * What keeps specialists and rooms busy, by the business day it begins on, without breaks: bookings, which hold, and trainings, which were
 * not cancelled. What is only held while it is paid is nothing yet.
 */
export const busyMinutesAhead = (db: Sql, { from, to, zone }: Days) =>
  db.any(sql.type(busy)`
    select specialist_id, room_id, (select name from rooms where id = room_id) as room, day, sum(minutes)::int as minutes from (
      select specialist_id, room_id, ${dayOfInstant('starts_at', zone)} as day, duration_minutes as minutes
      from bookings where is_live and status <> 'PENDING'
        and starts_at >= ${from}::date::timestamp at time zone ${zone} and starts_at < (${to}::date + 1)::timestamp at time zone ${zone}
      union all
      select trainer_id, room_id, training_date, (extract(epoch from ends_at - starts_at) / 60)::int
      from real_trainings where status <> 'cancelled' and training_date between ${from} and ${to}
    ) as taking
    group by specialist_id, room_id, day order by specialist_id, room_id, day`);

const giver = z.object({ id: z.int(), name: z.string(), is_active: z.boolean() });

/** Every specialist, with whether one can be booked. */
export const listGivers = (db: Sql) =>
  db.any(sql.type(giver)`
    select specialists.id, concat_ws(' ', first_name, nullif(last_name, '')) as name, is_active
    from specialists join users on users.id = specialists.id order by name, id`);

const habits = z.object({
  /** Null: of all of them. */
  specialist_id: z.int().nullable(),
  bookings: z.int(),
  no_shows: z.int(),
  cancelled: z.int(),
  lead_days: z.array(z.number()).nullable(),
});

/**
 * What became of the bookings that were for some days, by specialist and in all: how many there were, how many nobody came to, how many
 * were cancelled, and the quartiles of the days from booking to start; null where that is known of none. A hold that became no booking
 * is none.
 */
export const bookingHabits = (db: Sql, { from, to, zone }: Days) =>
  db.any(sql.type(habits)`
    select specialist_id, count(*)::int as bookings, (count(*) filter (where status = 'NO_SHOW'))::int as no_shows,
      (count(*) filter (where status = 'CANCELLED'))::int as cancelled,
      percentile_cont(array[0.25, 0.5, 0.75]) within group (order by ${dayOfInstant('starts_at', zone)} - ${dayOfInstant('created_at', zone)})
        filter (where created_at <= starts_at) as lead_days
    from bookings
    where status <> 'PENDING' and (status <> 'CANCELLED' or confirmed_at is not null)
      and starts_at >= ${from}::date::timestamp at time zone ${zone} and starts_at < (${to}::date + 1)::timestamp at time zone ${zone}
    group by grouping sets ((specialist_id), ()) order by specialist_id`);
