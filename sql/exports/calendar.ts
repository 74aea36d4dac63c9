import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

const event = z.object({
  uid: z.string(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  title: z.string(),
  trainer: z.string(),
  /** Who comes to a booking; of trainings nobody is named. */
  client: z.string().nullable(),
  place: z.string().nullable(),
  status: z.enum(['CONFIRMED', 'TENTATIVE', 'CANCELLED']),
});
export type CalendarEvent = z.output<typeof event>;

/** Instants, `to` not among them; null: of any location, of any trainer. */
export type CalendarSpan = { from: string; to: string; locationId: number | null; trainerId: number | null; limit: number };

const name = (alias: string) =>
  sql.fragment`concat_ws(' ', ${sql.identifier([alias, 'first_name'])}, nullif(${sql.identifier([alias, 'last_name'])}, ''))`;

/**
 * The studio's trainings and bookings that begin in a span, cancelled ones too, by time. A visitor's hold, which stands in the
 * specialist's own name, is nobody's visit.
 */
export const calendarToExport = (db: Sql, { from, to, locationId, trainerId, limit }: CalendarSpan, whose: Whose) =>
  db.any(sql.type(event)`
    select 'training-' || training.id || '@studio-fleet' as uid, training.starts_at, training.ends_at, type.name as title, ${name('given')} as trainer,
      null as client, nullif(concat_ws(', ', locations.name, rooms.name, locations.address), '') as place,
      case training.status when 'cancelled' then 'CANCELLED' else 'CONFIRMED' end as status
    from real_trainings training join training_types type on type.id = training_type_id join users given on given.id = training.trainer_id
    left join rooms on rooms.id = room_id left join locations on locations.id = rooms.location_id
    where training.starts_at >= ${from}::timestamptz and training.starts_at < ${to}::timestamptz
      and (${locationId}::int is null or rooms.location_id = ${locationId}) and (${trainerId}::int is null or training.trainer_id = ${trainerId})
      and ${isAmong(whose, 'training', 'training')}
    union all
    select 'booking-' || booking.id || '@studio-fleet', booking.starts_at, booking.ends_at, services.name, ${name('given')}, ${name('client')},
      nullif(concat_ws(', ', locations.name, rooms.name, locations.address), ''),
      case booking.status when 'CANCELLED' then 'CANCELLED' when 'PENDING' then 'TENTATIVE' else 'CONFIRMED' end
    from bookings booking join services on services.id = service_id join users given on given.id = booking.specialist_id
    join users client on client.id = booking.client_id
    left join rooms on rooms.id = booking.room_id left join locations on locations.id = coalesce(booking.location_id, rooms.location_id)
    where booking.starts_at >= ${from}::timestamptz and booking.starts_at < ${to}::timestamptz and booking.client_id <> booking.specialist_id
      and (${locationId}::int is null or locations.id = ${locationId}) and (${trainerId}::int is null or booking.specialist_id = ${trainerId})
      and ${isAmong(whose, 'booking', 'booking')}
    order by starts_at, uid limit ${limit}`);

const part = z.object({ of: z.enum(['location', 'trainer']), id: z.int(), year: z.int() });

/** Of which location and which trainer there is anything in which year, studio time. */
export const calendarsToExport = (db: Sql, zone: string) =>
  db.any(sql.type(part)`
    with given as (
      select trainer_id, location_id, extract(year from starts_at at time zone ${zone})::int as year
      from real_trainings left join rooms on rooms.id = room_id
      union
      select specialist_id, coalesce(booking.location_id, rooms.location_id), extract(year from starts_at at time zone ${zone})::int
      from bookings booking left join rooms on rooms.id = room_id where client_id <> specialist_id
    )
    select 'location' as of, location_id as id, year from given where location_id is not null
    union
    select 'trainer', trainer_id, year from given
    order by 1, 2, 3`);
