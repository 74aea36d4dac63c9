import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const calendarRules = ['two_places', 'room_twice', 'calendar_differs'] as const;

const finding = z.object({ rule: z.enum(calendarRules), id: z.int(), detail: z.string() });

/**
 * Reads anew, from the tables that are the truth, where everybody is when. Finds people and rooms in two places at once (absences
 * may be entered over what exists), what met already before the database refused it included; and people and rooms whose
 * occupancies are not what those tables say.
 */
export const auditCalendar = (db: Sql) =>
  db.any(sql.type(finding)`
    with places as materialized (
      select *, case when booking_id is null then format('training %s', real_training_id) else format('booking %s', booking_id) end as what,
        row_number() over (order by lower(during), real_training_id, booking_id) as n
      from whereabouts
    ), crowded as materialized (
      select distinct person_id, room_id from (
        select person_id, room_id, lower(during) < max(upper(during)) over (
          partition by person_id, room_id order by lower(during), n rows between unbounded preceding and 1 preceding) as meets
        from places where capacity <> 'absence'
      ) as in_order where meets
    ), meeting as (
      select places.* from places join crowded
        on crowded.person_id is not distinct from places.person_id and crowded.room_id is not distinct from places.room_id
      where capacity <> 'absence'
    ), differing as (
      (
        (select person_id, room_id, capacity, during, real_training_id, booking_id, absence_id from places
          except all select person_id, room_id, capacity, during, real_training_id, booking_id, absence_id from occupancies)
        union all
        (select person_id, room_id, capacity, during, real_training_id, booking_id, absence_id from occupancies
          except all select person_id, room_id, capacity, during, real_training_id, booking_id, absence_id from places)
      )
    )
    select case when one.room_id is null then 'two_places' else 'room_twice' end as rule, coalesce(one.person_id, one.room_id) as id,
      format('%s as %s and %s as %s', one.what, one.capacity, other.what, other.capacity) as detail
    from meeting one join meeting other on one.n < other.n and one.during && other.during
      and (one.person_id = other.person_id or one.room_id = other.room_id)
    union all
    select 'calendar_differs', coalesce(person_id, room_id), format('as %s in training %s, booking %s, absence %s', capacity,
      coalesce(real_training_id::text, 'none'), coalesce(booking_id::text, 'none'), coalesce(absence_id::text, 'none'))
    from differing
    order by rule, id, detail`);
