import { sql } from '../database/database.ts';

/** The week to build: its Monday, the zone its wall times are in, and how long an unpaid renewal counts after its due date. */
export type Week = { start: string; zone: string; graceDays: number };

/** The given templates as trainings to be, with their instants in the studio's zone. */
export const planned = (week: Week, templateIds: readonly number[]) => sql.fragment`
  select template.id as training_template_id, template.training_type_id, template.trainer_id, template.room_id,
    template.day_number, template.start_time, training_date, starts_at,
    starts_at + make_interval(mins => type.duration_minutes) as ends_at, type.name as training_type,
    type.max_participants, type.price_minor, type.is_subscription_only
  from training_templates template
  join training_types type on type.id = template.training_type_id
  cross join lateral (select ${week.start}::date + (template.day_number - 1) as training_date) as day
  cross join lateral (select studio_instant(training_date, template.start_time, ${week.zone}) as starts_at) as instant
  where template.id = any(${sql.array([...templateIds], 'int4')})`;
