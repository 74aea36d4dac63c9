import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { standings } from '../sessions/shares.ts';

export const subscriptionRules = [
  'renewed_twice',
  'renewal_overlaps',
  'carried_over',
  'granted_twice',
  'sessions_vanished',
  'dead_sessions',
  'share_forgotten',
  'carried_lost',
  'returned_to_renewed',
] as const;

const finding = z.object({ rule: z.enum(subscriptionRules), id: z.int(), detail: z.string() });

/**
 * Recomputes what subscriptions hold and pass on. Finds one that has two live renewals, or a renewal that begins within its term
 * (D24); sessions that one lost by carrying over and the next did not get; one that was granted its sessions twice; one whose sessions
 * granted, carried and returned are not those used, left, carried on, expired, cancelled and refunded; one that is over and has sessions;
 * one that was called off and is billed for less than the share that was used or carried on (D22), unless it was waived; a renewal that
 * was called off while the one before lasted, and took carried sessions with it; and a session that was given back to one that had
 * been renewed, where it was not carried on (D47).
 */
export const auditSubscriptions = (db: Sql) =>
  db.any(sql.type(finding)`
    with entered as materialized (
      select student_subscription_id as id, coalesce(sum(delta) filter (where reason = 'granted'), 0) as granted,
        count(*) filter (where reason = 'granted') as grants, coalesce(sum(delta) filter (where reason = 'adjustment'), 0) as adjusted,
        coalesce(-sum(delta) filter (where reason in ('training', 'booking', 'returned')), 0) as used,
        coalesce(sum(delta) filter (where reason = 'carried_in'), 0) as carried_in,
        coalesce(-sum(delta) filter (where reason = 'carried_out'), 0) as carried_out,
        coalesce(-sum(delta) filter (where reason in ('expired', 'cancelled', 'refunded')), 0) as ended,
        coalesce(-sum(delta) filter (where reason = 'cancelled'), 0) as cancelled
      from session_entries group by student_subscription_id
    ), renewal as materialized (
      select held.id, held.renewed_from_id, held.status, held.start_date, held.transferred_sessions, old.end_date,
        coalesce(held.cancelled_on, ((held.cancelled_at + interval '14 hours') at time zone 'UTC')::date) as cancelled_on,
        coalesce(got.carried_in, 0) as carried_in, coalesce(gave.carried_out, 0) as carried_out,
        coalesce(got.used, 0) as used, coalesce(got.cancelled, 0) as cancelled
      from student_subscriptions held
      join student_subscriptions old on old.id = held.renewed_from_id
      left join entered got on got.id = held.id
      left join entered gave on gave.id = old.id
    ), ended as materialized (${standings(
      sql.fragment`array(select id from student_subscriptions where cancelled_at is not null)`,
      sql.fragment`coalesce(held.cancelled_on, (held.cancelled_at at time zone 'UTC')::date)`,
    )}
    ), billed as materialized (
      select ended.*, kept_minor(price_minor, units, used_units) as kept_minor, coalesce((
          select sum(amount_minor) from invoices bill where bill.student_subscription_id = ended.id and bill.status <> 'CANCELLED'
        ), 0) as live_minor
      from ended join student_subscriptions held using (id)
      where price_minor > 0 and (ended.sessions_left is not null or held.cancelled_on is not null) and not exists (
        select from invoices waived where waived.student_subscription_id = ended.id and waived.status = 'CANCELLED'
          and waived.cancelled_at <> held.cancelled_at and not exists (
            select from invoices instead where instead.student_subscription_id = ended.id and instead.created_at = waived.cancelled_at))
    )
    select 'renewed_twice' as rule, renewed_from_id as id, format('%s live renewals', count(*)) as detail
    from renewal where status <> 'cancelled' group by renewed_from_id having count(*) > 1
    union all
    select 'renewal_overlaps', id, format('begins %s, the one before ends %s', start_date, end_date) from renewal
    where status <> 'cancelled' and start_date <= end_date
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
    union all
    select 'dead_sessions', id, format('%s, %s left', status, sessions_left) from student_subscriptions
    where status in ('expired', 'cancelled') and sessions_left > 0
    union all
    select 'share_forgotten', id, format('%s of %s used, %s of %s to be kept, %s billed', used_units, units, kept_minor, price_minor, live_minor)
    from billed where live_minor < kept_minor
    union all
    select 'carried_lost', id, format('%s came from the one before, %s used, %s cancelled', carried_in, used, cancelled)
    from renewal where status = 'cancelled' and cancelled_on <= end_date and cancelled > 0 and carried_in > greatest(used, 0)
    union all
    select 'returned_to_renewed', origin.id, format('by entry %s, renewed as %s', back.id, heir.id)
    from session_entries back
    join student_subscriptions origin on origin.id = back.student_subscription_id
    join student_subscriptions heir on heir.renewed_from_id = origin.id and heir.sessions_left is not null
      and heir.created_at < back.created_at and (heir.cancelled_at is null or heir.cancelled_at > back.created_at)
    where back.reason = 'returned' and back.delta > 0 and not exists (
      select from session_entries went where went.student_subscription_id = origin.id and went.created_at = back.created_at
        and went.reason in ('carried_out', 'refunded'))
    order by rule, id`);
