import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const scheduledRow = z.object({
  training_template_id: z.int(),
  training_type: z.string(),
  day_number: z.int(),
  start_time: z.string(),
});

/** The templates in which a subscription has a standing place, in the order of the week (R11). */
export const scheduleOf = (db: Sql, heldId: number) =>
  db.any(sql.type(scheduledRow)`
    select training_template_id, type.name as training_type, day_number, start_time
    from subscription_schedules
    join training_templates template on template.id = training_template_id
    join training_types type on type.id = training_type_id
    where student_subscription_id = ${heldId} order by day_number, start_time, training_template_id`);

/** Makes these the templates of a subscription's schedule. */
export async function setSchedule(transaction: Sql, heldId: number, templateIds: readonly number[]) {
  const ids = sql.array([...templateIds], 'int4');
  await transaction.query(sql.unsafe`
    delete from subscription_schedules where student_subscription_id = ${heldId} and training_template_id <> all(${ids})`);
  await transaction.query(sql.unsafe`
    insert into subscription_schedules (student_subscription_id, training_template_id)
    select ${heldId}::int, id from unnest(${ids}) as template (id) order by id on conflict do nothing`);
}
