import { z } from 'zod';
import { type Sql, sql } from '../database/database.ts';
import { dayOfInstant } from './periods.ts';

/** What of something sold is earned at the end of a studio day, and what it is sold for then; minor units. */
const earnedRow = z.object({
  day: z.iso.date(),
  kind: z.enum(['training', 'subscription', 'booking', 'package', 'other']),
  id: z.int(),
  person_id: z.int(),
  /** The live invoices, less what its sessions carried on and with what came with sessions carried in. */
  worth_minor: z.int(),
  earned_minor: z.int(),
});

/**
 * What is earned of everything sold at the end of studio days (R22), as it was known then: an invoice that was cancelled later still
 * stands, and a session that was returned later is still taken, so that a correction counts on its own day.
 * - An invoice of a training is earned when the training is held, one of a booking when it is over.
 * - A subscription's price is split over its sessions (D22), the first ones first, at each one taken in a training that was held. Sessions
 *   carried on take the last shares with them and are taken first where they came to. The rest is earned when it is over: expired, or
 *   called off with less than all given back. An unlimited one is earned by the day, frozen days being none.
 * - Packages are split over their units alike.
 */
const earned = (days: readonly string[], zone: string) => sql.fragment`
  with recursive asked as materialized (
    select day from unnest(${sql.array([...days], 'date')}) as day
  ), bill as materialized (
    select day, invoices.*, amount_minor as live from asked
    join invoices on ${dayOfInstant('invoices.created_at', zone)} <= day
      and (cancelled_at is null or ${dayOfInstant('cancelled_at', zone)} > day)
  ), priced as materialized (
    select asked.day, student_subscription_id as id, coalesce(sum(live), 0)::int8 as live, min(bill.payer_id) as payer_id
    from asked join bill using (day) where student_subscription_id is not null group by 1, 2
  ), entry as materialized (
    -- What a session paid for is looked up once, however many days are asked for.
    select entry.student_subscription_id as id, entry.reason, entry.delta,
      greatest(${dayOfInstant('entry.created_at', zone)}, training_date, ${dayOfInstant('booking.starts_at', zone)}) as counts_on
    from session_entries entry
    left join session_entries source on source.id = entry.reverses_id
    left join real_training_students seat on seat.id = coalesce(source.real_training_student_id, entry.real_training_student_id)
      and coalesce(source.reason, entry.reason) = 'training'
    left join real_trainings training on training.id = seat.real_training_id
    left join bookings booking on booking.id = coalesce(source.booking_id, entry.booking_id) and coalesce(source.reason, entry.reason) = 'booking'
    where case coalesce(source.reason, entry.reason)
      when 'training' then training.status = 'completed' when 'booking' then booking.status in ('COMPLETED', 'NO_SHOW') else true end
  ), moved as materialized (
    select day, id,
      coalesce(sum(delta) filter (where reason in ('granted', 'adjustment')), 0)::int as granted,
      coalesce(sum(delta) filter (where reason = 'carried_in'), 0)::int as carried_in,
      coalesce(-sum(delta) filter (where reason = 'carried_out'), 0)::int as carried_out,
      coalesce(-sum(delta) filter (where reason = 'expired'), 0)::int as expired,
      coalesce(-sum(delta) filter (where reason in ('training', 'booking', 'returned')), 0)::int as taken
    from asked join entry on counts_on <= day
    group by day, id
  ), first_bill as materialized (
    select distinct on (student_subscription_id) student_subscription_id as id, amount_minor, ${dayOfInstant('created_at', zone)} as written_on
    from invoices where student_subscription_id is not null order by student_subscription_id, invoices.id
  ), held as materialized (
    select asked.day, sub.id, sub.student_id, renewed_from_id, sub.sessions_left is null as is_unlimited, term_days,
      coalesce(granted, 0) as granted, coalesce(carried_in, 0) as carried_in, coalesce(carried_out, 0) as carried_out, coalesce(taken, 0) as taken,
      coalesce(live, 0) as live,
      case when written_on <= asked.day then amount_minor else 0 end::int8 as price,
      least(asked.day, sub.end_date) - sub.start_date + 1 - coalesce((
        select sum(greatest(0, least(frozen.last_day, asked.day, sub.end_date) - greatest(frozen.first_day, sub.start_date) + 1))
        from subscription_freezes frozen where frozen.student_subscription_id = sub.id), 0)::int as elapsed,
      (sub.status = 'cancelled' and coalesce(cancelled_on, ${dayOfInstant('sub.cancelled_at', zone)}) <= asked.day)
        or coalesce(expired, 0) > 0 or (sub.status = 'expired' and sub.sessions_left is null and sub.end_date <= asked.day) as is_over
    from asked join student_subscriptions sub on ${dayOfInstant('sub.created_at', zone)} <= asked.day
    left join moved on moved.day = asked.day and moved.id = sub.id
    left join priced on priced.day = asked.day and priced.id = sub.id
    left join first_bill on first_bill.id = sub.id
  ), chain as (
    select held.*, 0::int8 as value_in, carried_value(price, granted, 0, 0, carried_out) as value_out
    from held where carried_in = 0 or not exists (select from held before where before.day = held.day and before.id = held.renewed_from_id)
    union all
    select held.*, chain.value_out, carried_value(held.price, held.granted, chain.value_out, held.carried_in, held.carried_out)
    from chain join held on held.renewed_from_id = chain.id and held.day = chain.day and held.carried_in > 0
  ), sold as (
    select day, 'subscription' as kind, id, student_id as person_id, live + value_in - value_out as worth,
      case when is_over then live + value_in - value_out
        else least(live + value_in - value_out, case
          when is_unlimited then kept_minor(price, term_days, greatest(0, elapsed))
          else kept_minor(value_in, carried_in, least(taken, carried_in)) * (carried_in > 0)::int
            + kept_minor(price, granted, taken - carried_in) end)
      end as earned
    from chain where live <> 0 or value_in <> 0 or value_out <> 0
    union all
    select day, 'training', bill.id, coalesce(bill.student_id, bill.payer_id), live,
      case when training.status = 'completed' and training_date <= day then live else 0 end
    from bill join real_training_students seat on seat.id = bill.real_training_student_id
    join real_trainings training on training.id = seat.real_training_id where student_subscription_id is null
    union all
    select day, 'booking', bill.id, bill.payer_id, live, case
        when booking.status in ('COMPLETED', 'NO_SHOW') and ${dayOfInstant('booking.starts_at', zone)} <= day then live
        when booking.status = 'CANCELLED' and ${dayOfInstant('booking.cancelled_at', zone)} <= day then live else 0 end
    from bill join bookings booking on booking.id = bill.booking_id where real_training_student_id is null and student_subscription_id is null
    union all
    select day, 'package', bill.id, bill.payer_id, live, case
        when owned.end_date < day or (owned.status = 'cancelled' and ${dayOfInstant('owned.cancelled_at', zone)} <= day) then live
        else least(live, kept_minor(price_minor, (
            select sum(units) from jsonb_to_recordset(composition) as part (units integer)), coalesce((
            select count(*) from package_entries entry join bookings booking on booking.id = entry.booking_id
            where entry.client_package_id = owned.id and entry.reason = 'booking' and booking.status in ('COMPLETED', 'NO_SHOW')
              and ${dayOfInstant('booking.starts_at', zone)} <= day), 0)::int)) end
    from bill join client_packages owned on owned.id = bill.client_package_id
    union all
    select day, 'other', id, payer_id, live, live from bill
    where num_nonnulls(real_training_student_id, student_subscription_id, booking_id, client_package_id) = 0
  )
  select day, kind, id, person_id, worth::int8 as worth_minor, earned::int8 as earned_minor from sold`;

const total = z.object({
  day: z.iso.date(),
  earned_minor: z.int(),
  earned_training_minor: z.int(),
  earned_subscription_minor: z.int(),
  earned_booking_minor: z.int(),
  earned_package_minor: z.int(),
  earned_other_minor: z.int(),
  deferred_minor: z.int(),
});

/** All that is earned by the end of days, by what was sold, and what is sold and not earned yet. */
export const earnedBy = (db: Sql, days: readonly string[], zone: string) =>
  db.any(sql.type(total)`
    select asked.day, coalesce(sum(earned_minor), 0)::int8 as earned_minor,
      coalesce(sum(earned_minor) filter (where kind = 'training'), 0)::int8 as earned_training_minor,
      coalesce(sum(earned_minor) filter (where kind = 'subscription'), 0)::int8 as earned_subscription_minor,
      coalesce(sum(earned_minor) filter (where kind = 'booking'), 0)::int8 as earned_booking_minor,
      coalesce(sum(earned_minor) filter (where kind = 'package'), 0)::int8 as earned_package_minor,
      coalesce(sum(earned_minor) filter (where kind = 'other'), 0)::int8 as earned_other_minor,
      coalesce(sum(worth_minor - earned_minor), 0)::int8 as deferred_minor
    from unnest(${sql.array([...days], 'date')}) as asked (day) left join (${earned(days, zone)}) as sold using (day)
    group by asked.day order by asked.day`);

const delta = earnedRow.omit({ day: true, worth_minor: true, earned_minor: true }).extend({ value: z.int() });

/** What was earned between the ends of two days, by what it was sold as: the rows behind the figure. */
export const earnedBetween = (db: Sql, days: { before: string; last: string }, zone: string, limit: number) =>
  db.any(sql.type(delta)`
    select kind, id, min(person_id) as person_id, sum(case day when ${days.last}::date then earned_minor else -earned_minor end)::int8 as value
    from (${earned([days.before, days.last], zone)}) as sold group by kind, id
    having sum(case day when ${days.last}::date then earned_minor else -earned_minor end) <> 0 order by kind, id limit ${limit}`);
