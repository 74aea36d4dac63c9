import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { placeColumns } from './trainings.ts';

const training = z.object({ ...placeColumns, real_training_id: z.int(), trainer_id: z.int(), starts_at: z.iso.datetime() });
const columns = sql.fragment`training.id as real_training_id, trainer_id, training_date, start_time, starts_at, type.name as training_type`;

/** Trainings still to come that generations made which ended between two instants; `students`: places taken in them. */
export const newTrainings = (db: Sql, from: Date, to: Date) =>
  db.any(sql.type(training.extend({ run_id: z.int(), students: z.int() }))`
    select ${columns}, training.run_id,
      (select count(*)::int from real_training_students seat where seat.real_training_id = training.id and status = 'REGISTERED') as students
    from real_trainings training
    join training_types type on type.id = training_type_id
    join automated_process_history run on run.id = training.run_id
    where run.process_type = 'generation' and run.status in ('success', 'partial')
      and run.completed_at > ${from.toISOString()}::timestamptz and run.completed_at <= ${to.toISOString()}::timestamptz
      and training.status = 'scheduled' and starts_at > ${to.toISOString()}::timestamptz
    order by starts_at, training.id`);

/**
 * Takes the trainings that begin between two instants of which more or fewer places are taken than their trainer was told, in the
 * transaction that tells it. `was`: as the trainer knows it, at first those it was made with. What can still be taken back (D49)
 * counts the next time, if it has happened.
 */
export const takeSeatChanges = (transaction: Sql, after: Date, until: Date) =>
  transaction.any(sql.type(training.extend({ was: z.int(), seated: z.int(), places: z.int() }))`
    with seats as materialized (
      select training.id, count(seat.id) filter (where seat.status in ('REGISTERED', 'PRESENT'))::int as seated,
        coalesce(told.seated, count(seat.id) filter (where seat.created_at = training.created_at))::int as was
      from real_trainings training
      left join seats_told told on told.real_training_id = training.id
      left join real_training_students seat on seat.real_training_id = training.id
      where starts_at > ${after.toISOString()}::timestamptz and starts_at <= ${until.toISOString()}::timestamptz
        and training.status = 'scheduled' and training.created_at < now() - interval '10 seconds'
      group by training.id, told.seated
    ), noted as (
      insert into seats_told (real_training_id, seated)
      select id, seated from seats where seated <> was order by id
      on conflict (real_training_id) do update set seated = excluded.seated, told_at = now()
    )
    select ${columns}, was, seated, training.max_participants as places
    from seats join real_trainings training using (id) join training_types type on type.id = training_type_id
    where seated <> was order by starts_at, training.id`);

const item = z.object({
  trainer_id: z.int(),
  kind: z.enum(['training', 'booking']),
  start_time: z.string(),
  what: z.string(),
  /** Of a training; of a booking null. */
  seated: z.int().nullable(),
  places: z.int().nullable(),
  /** Of a booking; of a training null. */
  client: z.string().nullable(),
  room: z.string().nullable(),
  location: z.string().nullable(),
});

/** What each trainer gives on a business day of the studio's zone: trainings with how many have a place, and confirmed bookings. */
export const daysOfTrainers = (db: Sql, day: string, zone: string) =>
  db.any(sql.type(item)`
    select * from (
      select trainer_id, 'training' as kind, start_time::text, type.name as what, training.max_participants as places, null as client,
        (select count(*)::int from real_training_students seat
          where seat.real_training_id = training.id and seat.status in ('REGISTERED', 'PRESENT')) as seated,
        rooms.name as room, locations.name as location
      from real_trainings training
      join training_types type on type.id = training_type_id
      left join rooms on rooms.id = room_id
      left join locations on locations.id = location_id
      where training_date = ${day}::date and training.status = 'scheduled'
      union all
      select specialist_id, 'booking', to_char(starts_at at time zone ${zone}, 'HH24:MI:SS'), service.name, null,
        concat_ws(' ', client.first_name, nullif(client.last_name, '')), null, null, locations.name
      from bookings booking
      join services service on service.id = service_id
      join users client on client.id = client_id
      left join locations on locations.id = location_id
      where booking.status = 'CONFIRMED' and (starts_at at time zone ${zone})::date = ${day}::date
        and starts_at >= (${day}::date - 1)::timestamptz and starts_at < (${day}::date + 2)::timestamptz
    ) own
    order by trainer_id, start_time, kind, what`);
