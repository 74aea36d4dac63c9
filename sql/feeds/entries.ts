import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import type { FeedReader } from './links.ts';

const content = z.object({
  starts_at: z.coerce.date(),
  title: z.string(),
  /** With whom: of a training or booking one goes to, who gives it; of a booking one takes, the client. */
  person: z.string().nullable(),
  /** The child it is for; null: the reader. */
  child: z.string().nullable(),
  place: z.string().nullable(),
  status: z.enum(['CONFIRMED', 'TENTATIVE', 'CANCELLED']),
});
const entry = z.object({
  uid: z.string(),
  sequence: z.int(),
  content,
  ends_at: z.iso.datetime(),
  changed_at: z.iso.datetime(),
});
export type FeedEntry = z.output<typeof entry>;

/**
 * Brings what a feed says up to date and returns it, by time. An entry keeps its uid; its sequence grows when what it says has changed
 * since it was last read; one that is no more is cancelled. What ended before `from` is forgotten. Participation that was cancelled, a
 * late one included (D17), is cancelled; a place on the waitlist is tentative. A visitor's hold, which stands in the specialist's own name, is nobody's visit.
 */
export async function readFeed(transaction: Sql, reader: FeedReader, from: Date, until: Date): Promise<readonly FeedEntry[]> {
  const { user_id: user, students } = reader;
  const [begin, end] = [from.toISOString(), until.toISOString()];
  // Two readings of one feed at a time would count a change twice.
  await transaction.query(
    sql.unsafe`select from calendar_links where user_id = any(who_were(${user})) order by user_id for update`,
  );
  await transaction.query(sql.unsafe`delete from calendar_entries where user_id = ${user} and ends_at < ${begin}::timestamptz`);
  await transaction.query(sql.unsafe`
    with trainings as (
      select training.*, type.name as title, concat_ws(', ', locations.name, rooms.name, locations.address) as place
      from real_trainings training join training_types type on type.id = training_type_id
      left join rooms on rooms.id = room_id left join locations on locations.id = location_id
      where training.starts_at >= ${begin}::timestamptz - interval '1 day' and training.ends_at >= ${begin}::timestamptz
        and training.starts_at < ${end}::timestamptz
        and (training.trainer_id = ${user} or training.id in (
          select real_training_id from real_training_students where student_id = any(${sql.array([...students], 'int4')})))
    ), current as (
      select 'training:' || training.id || ':' || place.student_id as occasion, training.ends_at, training.starts_at, title,
        given.first_name as person, case when place.student_id <> ${user} then student.first_name end as child, training.place,
        case when training.status = 'cancelled' or place.status = 'CANCELLED_SAFE' or place.cancelled_at is not null then 'CANCELLED'
          when place.status = 'WAITLIST' then 'TENTATIVE' else 'CONFIRMED' end as status
      from trainings training join real_training_students place on place.real_training_id = training.id
        and place.student_id = any(${sql.array([...students], 'int4')})
      join users student on student.id = place.student_id join users given on given.id = training.trainer_id
      union all
      select 'given:' || id, ends_at, starts_at, title, null, null, place,
        case when status = 'cancelled' then 'CANCELLED' else 'CONFIRMED' end
      from trainings where trainer_id = ${user}
      union all
      select 'booking:' || booking.id, booking.ends_at, booking.starts_at, services.name,
        case when booking.client_id = any(${sql.array([...students], 'int4')}) then given.first_name else client.first_name end,
        case when booking.client_id <> ${user} and booking.client_id = any(${sql.array([...students], 'int4')}) then client.first_name end,
        concat_ws(', ', locations.name, rooms.name, locations.address),
        case booking.status when 'CANCELLED' then 'CANCELLED' when 'PENDING' then 'TENTATIVE' else 'CONFIRMED' end
      from bookings booking join services on services.id = service_id
      join users client on client.id = booking.client_id join users given on given.id = booking.specialist_id
      left join rooms on rooms.id = booking.room_id left join locations on locations.id = booking.location_id
      where booking.starts_at >= ${begin}::timestamptz - interval '1 day' and booking.ends_at >= ${begin}::timestamptz
        and booking.starts_at < ${end}::timestamptz and booking.client_id <> booking.specialist_id
        and (booking.specialist_id = ${user} or booking.client_id = any(${sql.array([...students], 'int4')}))
    ), said as (
      select occasion, ends_at, jsonb_build_object('starts_at', starts_at, 'title', title, 'person', person, 'child', child,
        'place', nullif(place, ''), 'status', status) as content
      from current
    ), gone as (
      update calendar_entries entry set content = entry.content || '{"status": "CANCELLED"}', sequence = sequence + 1, changed_at = now()
      where user_id = ${user} and entry.content ->> 'status' <> 'CANCELLED' and occasion not in (select occasion from said)
    )
    insert into calendar_entries as entry (user_id, occasion, content, ends_at) select ${user}, occasion, content, ends_at from said
    on conflict (user_id, occasion) do update
    set content = excluded.content, ends_at = excluded.ends_at, sequence = entry.sequence + 1, changed_at = now()
    where (entry.content, entry.ends_at) is distinct from (excluded.content, excluded.ends_at)`);
  return transaction.any(sql.type(entry)`
    select uid, sequence, content, ends_at, changed_at from calendar_entries where user_id = ${user}
    order by content ->> 'starts_at', occasion`);
}
