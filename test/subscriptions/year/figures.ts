import { z } from 'zod';
import { type Database, sql } from '../../../sql/database/database.ts';

const wrong = z.object({ rule: z.string(), id: z.int() });

/**
 * What may never be, beside what the audit looks for: two live renewals of one subscription, sessions that were granted by nobody,
 * carried to nowhere, or that left twice, a term without its days, somebody told twice.
 */
export const impossible = (db: Database) =>
  db.any(sql.type(wrong)`
    with entries as materialized (
      select student_subscription_id as id,
        sum(delta) filter (where reason = 'granted') as granted,
        coalesce(sum(delta) filter (where reason = 'carried_in'), 0) as carried_in,
        coalesce(-sum(delta) filter (where reason = 'carried_out'), 0) as carried_out,
        coalesce(-sum(delta) filter (where reason in ('training', 'returned')), 0) as used,
        coalesce(-sum(delta) filter (where reason in ('expired', 'cancelled', 'refunded')), 0) as gone
      from session_entries group by student_subscription_id
    )
    select 'renewed twice' as rule, renewed_from_id as id from student_subscriptions
    where renewed_from_id is not null and status <> 'cancelled' group by renewed_from_id having count(*) > 1
    union all
    select 'sessions appeared or vanished', held.id
    from student_subscriptions held join subscriptions type on type.id = subscription_id left join entries on entries.id = held.id
    where coalesce(sessions_left, 0) <> coalesce(granted + carried_in - carried_out - used - gone, 0)
      or coalesce(granted, 0) <> coalesce(type.number_of_sessions, 0)
    union all
    select 'carried otherwise than it left', heir.id
    from student_subscriptions heir join entries came on came.id = heir.id left join entries went on went.id = heir.renewed_from_id
    where came.carried_in <> coalesce(went.carried_out, 0) or came.carried_in <> heir.transferred_sessions
      or came.carried_in > 3 + (select count(*) from session_entries back
        where back.student_subscription_id = heir.renewed_from_id and back.reason = 'returned')
    union all
    select 'over, but with sessions', id from student_subscriptions where status in ('expired', 'cancelled') and sessions_left > 0`);

/** The year in figures. */
export async function figuresOf(db: Database) {
  const row = await db.one(sql.type(z.object({ figures: z.record(z.string(), z.unknown()) }))`
    select json_build_object(
      'trainings', (select json_object_agg(status, count) from (
        select status, count(*) from real_trainings group by status order by status) by_status),
      'registrations', (select json_object_agg(status, count) from (
        select status, count(*) from real_training_students group by status order by status) by_status),
      'subscriptions', (select json_object_agg(status, count) from (
        select status, count(*) from student_subscriptions group by status order by status) by_status),
      'renewals', (select count(*) from student_subscriptions where renewed_from_id is not null),
      'sessions', (select json_object_agg(reason, sum) from (
        select reason, sum(delta) from session_entries group by reason order by reason) by_reason),
      'invoices', (select json_object_agg(type || ' ' || status, count) from (
        select type, status, count(*) from invoices group by type, status order by type, status) by_kind),
      'money', (select json_object_agg(kind, sum) from (
        select kind, sum(amount_minor)::int8 from wallet_transactions group by kind order by kind) by_kind),
      'wallets', (select sum(balance_minor)::int8 from wallets),
      'told', (select json_object_agg(template, count) from (
        select template, count(*) from notifications group by template order by template) by_template)
    ) as figures`);
  return row.figures;
}
