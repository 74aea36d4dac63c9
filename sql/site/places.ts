import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { placeOfRoom } from './where.ts';

export const placeInClass = z.object({
  training_id: z.int(),
  name: z.string(),
  trainer: z.string(),
  room: z.string().nullable(),
  place: z.string().nullable().meta({ description: 'the location of the room, its address, and the room' }),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  price_minor: z.int(),
  training_status: z.enum(['scheduled', 'completed', 'cancelled']),
  status: z.enum(['REGISTERED', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE', 'WAITLIST']),
  free_until_start: z.boolean(),
  promoted_at: z.iso.datetime().nullable(),
  is_charged: z.boolean(),
  is_cancelled: z.boolean(),
});
export type PlaceInClass = z.output<typeof placeInClass>;

/** A student's place in a training, with what its cancellation goes by; null where there is none. */
export const findPlace = (db: Sql, trainingId: number, studentId: number): Promise<PlaceInClass | null> =>
  db.maybeOne(sql.type(placeInClass)`
    select training.id as training_id, type.name, concat_ws(' ', first_name, nullif(last_name, '')) as trainer, rooms.name as room, ${placeOfRoom},
      training.starts_at, training.ends_at, training.price_minor, training.status as training_status, seat.status, free_until_start,
      promoted_at, charged_at is not null as is_charged, seat.cancelled_at is not null as is_cancelled
    from real_training_students seat
    join real_trainings training on training.id = seat.real_training_id
    join training_types type on type.id = training_type_id
    join users on users.id = trainer_id
    left join rooms on rooms.id = room_id left join locations location on location.id = rooms.location_id
    where training.id = ${trainingId} and seat.student_id = ${studentId}`);
