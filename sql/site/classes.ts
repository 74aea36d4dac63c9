import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { placeOfRoom } from './where.ts';

export const siteClass = z.object({
  id: z.int(),
  name: z.string(),
  trainer: z.string(),
  room: z.string().nullable(),
  place: z.string().nullable().meta({ description: 'the location of the room, its address, and the room' }),
  training_date: z.iso.date(),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  price_minor: z.int(),
  is_subscription_only: z.boolean(),
  max_participants: z.int(),
  free_places: z.int(),
});

const classes = sql.fragment`
  select training.id, type.name, concat_ws(' ', first_name, nullif(last_name, '')) as trainer, rooms.name as room, ${placeOfRoom}, training_date,
    starts_at, ends_at, training.price_minor, is_subscription_only, training.max_participants,
    greatest(0, training.max_participants - (select count(*)::int from real_training_students seat
      where seat.real_training_id = training.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT'))) as free_places
  from real_trainings training
  join training_types type on type.id = training_type_id
  join users on users.id = trainer_id
  left join rooms on rooms.id = room_id left join locations location on location.id = rooms.location_id
  where training.kind = 'group' and training.status = 'scheduled'`;

/** Classes of inclusive business days that begin after an instant, in order. */
export const listClasses = (db: Sql, of: { from: string; to: string; after: Date; limit: number }) =>
  db.any(sql.type(siteClass)`
    ${classes} and training_date between ${of.from}::date and ${of.to}::date and starts_at > ${of.after.toISOString()}::timestamptz
    order by starts_at, training.id limit ${of.limit}`);

export const findClass = (db: Sql, id: number, after: Date) =>
  db.maybeOne(sql.type(siteClass)`${classes} and training.id = ${id} and starts_at > ${after.toISOString()}::timestamptz`);

/** How somebody stands in each of some classes; in those that are not named they have no place. */
export const standingIn = (db: Sql, studentId: number, classIds: readonly number[]) =>
  db.any(sql.type(z.object({ id: z.int(), status: z.enum(['REGISTERED', 'WAITLIST']) }))`
    select real_training_id as id, status from real_training_students
    where student_id = ${studentId} and real_training_id = any(${sql.array([...classIds], 'int4')}) and status in ('REGISTERED', 'WAITLIST')`);
