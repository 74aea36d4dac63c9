import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';

export const subscriptionRules = [
  'renewed_twice',
  'renewal_overlaps',
  'carried_over',
  'granted_twice',
  'sessions_vanished',
] as const;

const finding = z.object({ rule: z.enum(subscriptionRules), id: z.int(), detail: z.string() });

/**
 * Recomputes what subscriptions hold and pass on. Finds one that has two live renewals, or a renewal that begins within its term
 * (D24); sessions that one lost by carrying over and the next did not get; one that was granted its sessions twice; and one whose
 * sessions granted, carried and returned are not those used, left, carried on, expired and cancelled.
 */
export const auditSubscriptions = (db: Sql) =>
  db.any(sql.type(finding)`
    with entered as materialized (
      select student_subscription_id as id, coalesce(sum(delta) filter (where reason = 'granted'), 0) as granted,
        count(*) filter (where reason = 'granted') as grants, coalesce(sum(delta) filter (where reason = 'adjustment'), 0) as adjusted,
        coalesce(-sum(delta) filter (where reason in ('training', 'returned')), 0) as used,
        coalesce(sum(delta) filter (where reason = 'carried_in'), 0) as carried_in,
        coalesce(-sum(delta) filter (where reason = 'carried_out'), 0) as carried_out,
        coalesce(-sum(delta) filter (where reason in ('expired', 'cancelled')), 0) as ended
      from session_entries group by student_subscription_id
    ), renewal as materialized (
      select held.id, held.renewed_from_id, held.status, held.start_date, held.transferred_sessions, old.end_date,
        coalesce(got.carried_in, 0) as carried_in, coalesce(gave.carried_out, 0) as carried_out
      from student_subscriptions held
      join student_subscriptions old on old.id = held.renewed_from_id
      left join entered got on got.id = held.id
      left join entered gave on gave.id = old.id
    )
    select 'renewed_twice' as rule, renewed_from_id as id, format('%s live renewals', count(*)) as detail
    from renewal where status <> 'cancelled' group by renewed_from_id having count(*) > 1
    union all
    select 'renewal_overlaps', id, format('begins %s, the one before ends %s', start_date, end_date) from renewal where start_date <= end_date
    union all
    select 'carried_over', id, format('%s came, %s went from the one before, %s noted', carried_in, carried_out, transferred_sessions)
    from renewal where carried_in <> carried_out or carried_in <> transferred_sessions
    union all
    select 'carried_over', entered.id, format('%s went or came without a renewal', carried_out + carried_in) from entered
    where carried_out <> 0 and not exists (select from student_subscriptions next where next.renewed_from_id = entered.id)
      or carried_in <> 0 and not exists (
        select from student_subscriptions held where held.id = entered.id and held.renewed_from_id is not null)
    union all
    select 'granted_twice', id, format('%s entries', grants) from entered where grants > 1
    union all
    select 'sessions_vanished', held.id, format('granted %s + carried in %s + adjusted %s, used %s, left %s, carried out %s, ended %s',
      granted, carried_in, adjusted, used, sessions_left, carried_out, ended)
    from student_subscriptions held join entered using (id)
    where sessions_left is not null and granted + carried_in + adjusted <> used + sessions_left + carried_out + ended
    order by rule, id`);
