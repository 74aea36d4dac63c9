import { z } from 'zod';
import { type Database, sql } from '../../sql/database/database.ts';

const id = sql.type(z.object({ id: z.int() }));

/** Puts people and things of a studio in a test's database; each returns the new id. */
export function studio(db: Database) {
  let count = 0;
  const next = () => {
    count += 1;
    return count;
  };
  const user = (name: string, role: string, isActive = true) =>
    db.oneFirst(id`
      with person as (insert into users (first_name, last_name, is_active) values (${name}, 'Тестов', ${isActive}) returning id),
        role as (insert into user_roles (user_id, role) select id, ${role} from person)
      select id from person`);
  const make = {
    user,
    async trainer({ isActive = true } = {}) {
      const userId = await user(`Тренер ${next()}`, 'specialist', isActive);
      await db.query(sql.unsafe`insert into specialists (id) values (${userId})`);
      return userId;
    },
    async room() {
      return db.oneFirst(id`
        with place as (insert into locations (name) values (${`Зал ${next()}`}) returning id)
        insert into rooms (location_id, name) select id, 'Комната' from place returning id`);
    },
    type({ places = 10, price = 50_000, minutes = 60, subscriptionOnly = false } = {}) {
      return db.oneFirst(id`
        insert into training_types (name, max_participants, price_minor, duration_minutes, is_subscription_only)
        values (${`Тип ${next()}`}, ${places}, ${price}, ${minutes}, ${subscriptionOnly}) returning id`);
    },
    template(fields: { type: number; trainer: number; day?: number; time?: string; room?: number | null; isActive?: boolean }) {
      return db.oneFirst(id`
        insert into training_templates (day_number, start_time, training_type_id, trainer_id, room_id, is_active)
        values (${fields.day ?? 1}, ${fields.time ?? '10:00'}::time, ${fields.type}, ${fields.trainer}, ${fields.room ?? null}, ${fields.isActive ?? true})
        returning id`);
    },
    async student({ isActive = true } = {}) {
      const userId = await user(`Ученик ${next()}`, 'client', isActive);
      await db.query(sql.unsafe`insert into students (id) values (${userId})`);
      return userId;
    },
    link(template: number, student: number, { since = '2026-01-01', isFrozen = false } = {}) {
      return db.oneFirst(id`
        insert into training_student_templates (training_template_id, student_id, start_date, is_frozen)
        values (${template}, ${student}, ${since}::date, ${isFrozen}) returning id`);
    },
    async subscription(fields: {
      student: number;
      from: string;
      to: string;
      left?: number | null;
      autoRenew?: boolean;
      frozen?: [string, string];
      status?: string;
    }) {
      const kind = await db.oneFirst(id`
        insert into subscriptions (name, price_minor, number_of_sessions, validity_days)
        values (${`Абонемент ${next()}`}, 400000, 8, 30) returning id`);
      return db.oneFirst(id`
        insert into student_subscriptions
          (student_id, subscription_id, start_date, end_date, sessions_left, is_auto_renew, freeze_start_date, freeze_end_date, status)
        values (${fields.student}, ${kind}, ${fields.from}::date, ${fields.to}::date, ${fields.left === undefined ? 8 : fields.left}, ${fields.autoRenew ?? false},
          ${fields.frozen?.[0] ?? null}::date, ${fields.frozen?.[1] ?? null}::date, ${fields.status ?? 'active'}) returning id`);
    },
    /** A training that was held, on the day and at the time the studio's clock shows, in Moscow, and who was marked in it how. */
    async held(
      startsAt: string,
      marks: readonly (readonly [student: number, status: string])[],
      more: { trainer?: number; regular?: number; room?: number; minutes?: number } = {},
    ) {
      const training = await db.oneFirst(id`
        insert into real_trainings (training_type_id, trainer_id, regular_trainer_id, room_id, training_date, start_time, starts_at, ends_at, max_participants,
          price_minor, status)
        select ${await make.type()}::int, ${more.trainer ?? (await make.trainer())}::int, ${more.regular ?? null}::int, ${more.room ?? null}::int, wall::date,
          wall::time, at, at + make_interval(mins => ${more.minutes ?? 90}), 10, 0, 'completed'
        from (select ${startsAt}::timestamptz as at) as given, lateral (select at at time zone 'Europe/Moscow' as wall) as studio returning id`);
      for (const [student, status] of marks)
        await db.query(sql.unsafe`
          insert into real_training_students (real_training_id, student_id, status, attendance_marked_at)
          values (${training}, ${student}, ${status}, ${startsAt}::timestamptz + interval '40 minutes')`);
      return training;
    },
  };
  return make;
}

/** Everyone registered, as `training date, template, student, status`, in a fixed order. */
export const registrations = (db: Database) =>
  db.any(sql.type(z.object({ training_date: z.string(), template: z.int(), student: z.int(), status: z.string() }))`
    select training_date, training_template_id as template, student_id as student, seat.status
    from real_training_students seat join real_trainings training on training.id = real_training_id
    order by training_date, training_template_id, student_id`);
