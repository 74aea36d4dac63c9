import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { placeColumns } from './trainings.ts';

const change = z.object({
  ...placeColumns,
  id: z.int(),
  real_training_id: z.int(),
  change: z.enum(['created', 'cancelled', 'moved', 'room', 'trainer', 'places']),
  was: z.object({
    training_date: z.iso.date().optional(),
    start_time: z.string().optional(),
    max_participants: z.int().optional(),
    trainer_id: z.int().optional(),
  }),
  location: z.string().nullable(),
  starts_at: z.iso.datetime(),
  room: z.string().nullable(),
  trainer: z.string(),
  max_participants: z.int(),
});
export type Change = z.output<typeof change>;

const described = sql.fragment`taken.id, real_training_id, change, was, training_date, start_time, starts_at, type.name as training_type,
    rooms.name as room, locations.name as location, training.max_participants,
    concat_ws(' ', trainer.first_name, nullif(trainer.last_name, '')) as trainer
  from taken
  join real_trainings training on training.id = real_training_id
  join training_types type on type.id = training_type_id
  join users trainer on trainer.id = trainer_id
  left join rooms on rooms.id = training.room_id
  left join locations on locations.id = taken.location_id`;

/** Takes the changes that the admins have not been told of, at most `limit`, in the transaction that tells them. */
export const takeChangesForAdmins = (transaction: Sql, limit: number) =>
  transaction.any(sql.type(change)`
    with taken as (
      update schedule_changes set told_at = now()
      where id in (select id from schedule_changes where told_at is null order by id limit ${limit} for update skip locked)
      returning id, real_training_id, location_id, change, was
    )
    select ${described} order by location, starts_at, taken.id`);

const changeForPeople = change.extend({
  students: z.array(z.object({ id: z.int(), payer_id: z.int(), name: z.string() })),
  trainer_id: z.int(),
  status: z.string(),
});
export type ChangeForPeople = z.output<typeof changeForPeople>;

/**
 * Takes the changes that those who take part have not been told of, in the transaction that tells them. What changed twice
 * comes once, as it was before the first change.
 */
export const takeChanges = (transaction: Sql) =>
  transaction.any(sql.type(changeForPeople)`
    with noted as (
      update schedule_changes set people_told_at = now()
      where id in (
        select id from schedule_changes
        where people_told_at is null and change in ('moved', 'room', 'trainer') order by id limit 1000 for update skip locked)
      returning id, real_training_id, location_id, change, was
    ), taken as (
      select distinct on (real_training_id, change) * from noted order by real_training_id, change, id
    )
    select training.status, trainer_id, coalesce((
      select json_agg(json_build_object('id', student_id, 'payer_id', payer_id,
        'name', concat_ws(' ', person.first_name, nullif(person.last_name, ''))) order by student_id)
      from real_training_students seat
      join students on students.id = student_id
      join users person on person.id = student_id
      where seat.real_training_id = training.id and seat.status = 'REGISTERED'), '[]') as students, ${described}
    order by taken.id`);
