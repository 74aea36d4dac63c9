import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { isToCome, type Week } from './planned.ts';

/**
 * The first calendar override that leaves no time for a training: of the location it is at (its room's, or without a room its
 * trainer's), or of its trainer. Weekly work schedules say nothing here: templates are weekly themselves, and many studios keep none.
 * @param training the name of rows with trainer_id, room_id, starts_at and ends_at
 */
export const closingOverride = (training: string, { zone }: Pick<Week, 'zone'>) => {
  const its = (column: string) => sql.identifier([training, column]);
  return sql.fragment`
    select override.id, case when override.location_id is null then 'trainer_off' else 'closed' end as reason
    from (select ${its('starts_at')} at time zone ${zone}::text as since, ${its('ends_at')} at time zone ${zone}::text as until) as wall
    join calendar_overrides override on override.day between since::date and until::date
      and (override.specialist_id = ${its('trainer_id')} or override.location_id = coalesce(
        (select location_id from rooms where rooms.id = ${its('room_id')}),
        (select location_id from specialists where specialists.id = ${its('trainer_id')})))
    where not lies_open(override, since, until)
    order by override.location_id is null, override.day limit 1`;
};

const closedTraining = z.object({
  reason: z.enum(['closed', 'trainer_off']),
  training_template_id: z.int().nullable(),
  /** It was made before the override, and stands until somebody moves or cancels it. */
  real_training_id: z.int(),
  override_id: z.int(),
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
});
export type ClosedTraining = z.output<typeof closedTraining>;

/** The week's trainings to come that an override has left no time for since they were made. */
export const closedTrainings = (db: Sql, week: Week) =>
  db.any(sql.type(closedTraining)`
    select closing.reason, training_template_id, made.id as real_training_id, closing.id as override_id, training_date, start_time,
      type.name as training_type
    from real_trainings made
    join training_types type on type.id = training_type_id
    cross join lateral (${closingOverride('made', week)}) closing
    where training_date between ${week.start}::date and ${week.start}::date + 6 and status <> 'cancelled' and ${isToCome(week)}
    order by training_date, start_time, made.id`);
