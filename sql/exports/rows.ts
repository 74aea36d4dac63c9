import { z } from 'zod';
import { isAmong, type Whose } from '../auth/whose.ts';
import { type Sql, sql } from '../database/database.ts';

const cells = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
export type ExportCells = z.output<typeof cells>;
/** `limit` is one more than may be exported: whoever gets so many asks for less. */
export type ExportSpan = { from: string; to: string; zone: string; today: string; limit: number };

const name = (alias: string) =>
  sql.fragment`concat_ws(' ', ${sql.identifier([alias, 'first_name'])}, nullif(${sql.identifier([alias, 'last_name'])}, ''))`;

/** Students under the headers that an import knows, so that nothing changes when they come back (R29). The erased ones are nobody. */
export const studentsToExport = (db: Sql, { today, limit }: ExportSpan) =>
  db.any(sql.type(cells)`
    select users.id, first_name, last_name, phone, email, birth_date::text as birth_date, gender, current_belt as belt,
      registration_date::text as registration_date, nullif(payer_id, users.id) as payer_id,
      (select string_agg(distinct groups.name, ', ') from group_members member join groups on groups.id = group_id
        where student_id = users.id and groups.is_active and groups.name !~ '[,;]' and coalesce(to_date >= ${today}::date, true)) as "group",
      health_note, users.notes
    from students join users using (id)
    where merged_into is null and not exists (select from erasures where user_id = users.id) order by users.id limit ${limit}`);

/** What a trainer sees of theirs (R32): no contacts, and an age instead of a birth. */
export const rosterToExport = (db: Sql, { today, limit }: ExportSpan, whose: Whose) =>
  db.any(sql.type(cells)`
    select users.id, first_name, last_name, extract(year from age(${today}::date, birth_date))::int as age, current_belt as belt, health_note
    from students join users using (id)
    where ${isAmong(whose, 'student', 'users')} and merged_into is null and not exists (select from erasures where user_id = users.id) order by users.id limit ${limit}`);

/** Payments by the day that reports count them on; amounts in minor units. */
export const paymentsToExport = (db: Sql, { from, to, zone, limit }: ExportSpan) =>
  db.any(sql.type(cells)`
    select id, day::text, payer_id, payer, phone, amount_minor::int8, refunded_minor::int8, method, description, taken_by, cancelled_on::text
    from (
      select pay.id, coalesce(payment_date, (pay.created_at at time zone ${zone})::date) as day, payer_id, ${name('payer')} as payer, payer.phone,
        amount_minor, method, description, ${name('taker')} as taken_by, (cancelled_at at time zone ${zone})::date as cancelled_on,
        coalesce((select sum(amount_minor) from payment_refunds where payment_id = pay.id), 0) as refunded_minor
      from payments pay join users payer on payer.id = payer_id left join users taker on taker.id = person_id
    ) as line where day between ${from}::date and ${to}::date order by day, id limit ${limit}`);

/** Places in trainings of these days and what became of them. */
export const attendanceToExport = (db: Sql, { from, to, limit }: ExportSpan, whose: Whose) =>
  db.any(sql.type(cells)`
    select training.training_date::text as day, to_char(start_time, 'HH24:MI') as time, type.name as training, ${name('trainer')} as trainer,
      student_id, ${name('student')} as student, case when training.status = 'cancelled' then 'TRAINING_CANCELLED' else seat.status end as status,
      mark_notes as notes
    from real_training_students seat
    join real_trainings training on training.id = real_training_id
    join training_types type on type.id = training_type_id
    join users trainer on trainer.id = training.trainer_id
    join users student on student.id = student_id
    where training_date between ${from}::date and ${to}::date
      and ${whose.everything ? sql.fragment`true` : sql.fragment`${whose.trainer}::int in (training.trainer_id, regular_trainer_id)`}
    order by training_date, start_time, training.id, seat.id limit ${limit}`);

/**
 * Subscriptions that were valid on any of these days, under the headers that an import knows: `id` is the student's, as everywhere in an
 * import, and a row with the subscription's own number gives nobody another one (R29).
 */
export const subscriptionsToExport = (db: Sql, { from, to, limit }: ExportSpan) =>
  db.any(sql.type(cells)`
    select student.id, student.first_name, student.last_name, student.phone, held.id as subscription_id, kind.name as subscription, held.start_date::text as subscription_start,
      held.end_date::text as subscription_end, sessions_left, held.status, freeze_start_date::text as frozen_from, freeze_end_date::text as frozen_to,
      is_auto_renew::text as auto_renew
    from student_subscriptions held join subscriptions kind on kind.id = subscription_id join users holder on holder.id = student_id
    join users student on student.id = coalesce(holder.merged_into, holder.id)
    where held.start_date <= ${to}::date and held.end_date >= ${from}::date order by held.id limit ${limit}`);

/** Notes in the log of changes that something was taken out (R29). */
export const noteExport = (db: Sql, { actor, cause, what }: { actor: string; cause: string; what: object }) =>
  db.query(sql.unsafe`
    insert into changes_log (actor, cause, record, record_id, action, after)
    values (${actor}, ${cause}, 'export', 0, 'created', ${sql.jsonb(what as never)})`);
