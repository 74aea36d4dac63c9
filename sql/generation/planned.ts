import { sql } from '../database/database.ts';

/** The week to build: its Monday, the zone its wall times are in, and what its trainings are judged by. */
export type Week = {
  start: string;
  zone: string;
  /** How long an unpaid renewal counts after its due date. */
  graceDays: number;
  /** What has begun by then is neither made nor filled. */
  now: Date;
  /** Trainings that stand on a day their template has left, and that are to stand beside those of its new day (D51). */
  keepBoth?: readonly number[];
};

/**
 * The given templates as trainings to be, with their instants in the studio's zone. `offset 0` has each instant computed once, and not
 * anew wherever a statement compares it.
 */
export const planned = (week: Week, templateIds: readonly number[]) => sql.fragment`
  select template.id as training_template_id, template.training_type_id, template.trainer_id, template.room_id,
    template.day_number, template.start_time, training_date, starts_at,
    starts_at + make_interval(mins => type.duration_minutes) as ends_at, type.name as training_type,
    type.max_participants, type.price_minor, type.is_subscription_only
  from training_templates template
  join training_types type on type.id = template.training_type_id
  cross join lateral (select ${week.start}::date + (template.day_number - 1) as training_date) as day
  cross join lateral (select studio_instant(training_date, template.start_time, ${week.zone}) as starts_at) as instant
  where template.id = any(${sql.array([...templateIds], 'int4')})
  offset 0`;

/** For a row of `planned` or of trainings: it has not begun. */
export const isToCome = ({ now }: Week) => sql.fragment`starts_at > ${now.toISOString()}::timestamptz`;

/** Trainings made for this week, by the day of the template they were made for. */
export const madeForWeek = ({ start }: Week) => sql.fragment`template_date between ${start}::date and ${start}::date + 6`;

/**
 * For a row of `planned`: its template's training of this week stands on the day the template had before. It holds the template's place,
 * so that nobody is in both (D51). One that was called off holds nothing. `offset 0` keeps it a look into the index of a template's days.
 */
export const standsElsewhere = (week: Week) => sql.fragment`
  exists (
    select from real_trainings stands
    where stands.training_template_id = planned.training_template_id and stands.${madeForWeek(week)}
      and stands.template_date <> planned.training_date and stands.status <> 'cancelled'
      and stands.id <> all(${sql.array([...(week.keepBoth ?? [])], 'int4')})
    offset 0)`;
