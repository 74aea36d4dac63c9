import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { isToCome, type Week } from './planned.ts';

/**
 * The first calendar override or day off (R17) that leaves no time for a training: of the location it is at (its room's, or without a
 * room its trainer's), of its trainer, or of everybody where it is at no location. `day_off` names a day off. Weekly work schedules say nothing here: templates are weekly themselves, and many studios keep none.
 * @param training the name of rows with trainer_id, room_id, starts_at and ends_at
 */
export const closingOverride = (training: string, { zone }: Pick<Week, 'zone'>) => {
  const its = (column: string) => sql.identifier([training, column]);
  return sql.fragment`
    select closing.id, closing.day_off, case when closing.location_id is null and day_off is null then 'trainer_off' else 'closed' end as reason
    from (select ${its('starts_at')} at time zone ${zone}::text as since, ${its('ends_at')} at time zone ${zone}::text as until, coalesce(
        (select location_id from rooms where rooms.id = ${its('room_id')}),
        (select location_id from specialists where specialists.id = ${its('trainer_id')})) as place_id) as wall
    join day_closings closing on closing.day between since::date and until::date
      and (closing.location_id = place_id or (closing.specialist_id = ${its('trainer_id')} and (day_off is null or place_id is null)))
    where not lies_open(row(closing.id, closing.specialist_id, closing.location_id, closing.day, closing.intervals, closing.reason, null)::calendar_overrides,
      since, until)
    order by closing.location_id is null, closing.day, closing.id limit 1`;
};

const closedTraining = z.object({
  reason: z.enum(['closed', 'trainer_off']),
  training_template_id: z.int().nullable(),
  /** It was made before the override, and stands until somebody moves or cancels it. */
  real_training_id: z.int(),
  override_id: z.int().nullable(),
  /** The name of the day off, if it is one. */
  day_off: z.string().nullable(),
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
});
export type ClosedTraining = z.output<typeof closedTraining>;

/** The week's trainings to come that an override has left no time for since they were made. */
export const closedTrainings = (db: Sql, week: Week) =>
  db.any(sql.type(closedTraining)`
    select closing.reason, training_template_id, made.id as real_training_id, closing.id as override_id, closing.day_off, training_date, start_time,
      type.name as training_type
    from real_trainings made
    join training_types type on type.id = training_type_id
    cross join lateral (${closingOverride('made', week)}) closing
    where training_date between ${week.start}::date and ${week.start}::date + 6 and status <> 'cancelled' and ${isToCome(week)}
    order by training_date, start_time, made.id`);
