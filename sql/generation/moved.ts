import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { isToCome, madeForWeek, planned, type Week } from './planned.ts';

const movedTraining = z.object({
  reason: z.literal('moved_template'),
  training_template_id: z.int(),
  real_training_id: z.int(),
  training_date: z.iso.date(),
  start_time: z.string(),
  training_type: z.string(),
  students: z.int(),
  /** What is not as the template has it now. */
  differs: z.array(z.enum(['inactive', 'day', 'time', 'room', 'trainer', 'type', 'duration'])),
  /** Where the template would have it this week. */
  template_day: z.iso.date(),
  template_time: z.string(),
  /**
   * What somebody has to decide. `move`: make it what the template says. `cancel`: call it off; where the template has another day, the next
   * run makes that day's. `keep`: leave it as it is. `keep_both`: name it in `keep_both`, and that day's is made beside it.
   */
  to_do: z.array(z.enum(['move', 'cancel', 'keep', 'keep_both'])),
});
export type MovedTraining = z.output<typeof movedTraining>;

/**
 * The trainings made for this week that are not what their template says now (D51). They stand; nothing is made in their place. One that
 * has begun is listed while it keeps that of the template's new day from being made.
 */
export const movedTrainings = (db: Sql, week: Week, templateIds: readonly number[]) =>
  db.any(sql.type(movedTraining)`
    select 'moved_template' as reason, made.training_template_id, made.id as real_training_id, made.training_date, made.start_time,
      type.name as training_type, planned.training_date as template_day, planned.start_time as template_time, differs,
      (select count(*)::int from real_training_students seat
        where seat.real_training_id = made.id and seat.status in ('REGISTERED', 'PRESENT', 'ABSENT')) as students,
      case
        when not template.is_active then array['cancel', 'keep']
        when made.template_date = planned.training_date then array['move', 'keep']
        when has_begun then array['keep_both']
        else array['move', 'cancel', 'keep_both']
      end as to_do
    from (${planned(week, templateIds)}) planned
    join training_templates template on template.id = planned.training_template_id
    join real_trainings made on made.training_template_id = template.id
    join training_types type on type.id = made.training_type_id
    cross join lateral (select not (made.${isToCome(week)}) as has_begun) as clock
    cross join lateral (
      select array_remove(array[
        case when not template.is_active then 'inactive' end,
        case when made.training_date <> planned.training_date then 'day' end,
        case when made.start_time <> planned.start_time then 'time' end,
        case when made.room_id is distinct from planned.room_id then 'room' end,
        case when made.trainer_id <> planned.trainer_id then 'trainer' end,
        case when made.training_type_id <> planned.training_type_id then 'type' end,
        case when made.ends_at - made.starts_at <> planned.ends_at - planned.starts_at then 'duration' end
      ], null) as differs
    ) as compared
    where made.${madeForWeek(week)} and made.status <> 'cancelled' and differs <> '{}'
      and (not has_begun or (template.is_active and made.template_date <> planned.training_date and planned.${isToCome(week)}))
    order by made.training_date, made.start_time, made.id`);

/** Templates that are not active any more and have a training of this week that stands. */
export const leftTemplates = (db: Sql, week: Week) =>
  db.anyFirst(sql.type(z.object({ id: z.int() }))`
    select distinct template.id from training_templates template
    join real_trainings made on made.training_template_id = template.id and made.${madeForWeek(week)} and made.status <> 'cancelled'
    where not template.is_active`);
