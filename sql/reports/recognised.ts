import type { FragmentSqlToken } from 'slonik';
import { sql } from '../database/database.ts';
import { dayOfInstant, isNear } from './periods.ts';

/** Studio days after `before`, until `last`. */
export type MoneySpan = { before: string; last: string; zone: string };

/**
 * What is sold and what is earned of it (R22), as it changes on studio days: a row `day, kind, id, person_id, worth, earned` for each day on
 * which something sold came to be worth, or to have earned, more or less. It is as it was known on each day: an invoice that was cancelled
 * later stood until then, and a session that was returned later was taken, so that a correction counts on its own day.
 * - An invoice of a training is earned when the training is held, one of a booking when it is over: on its day, or, called off too late to
 *   be given back, on the day it was called off.
 * - A subscription's price is split over its sessions (D22), the first ones first, at each one taken in a training that was held or a
 *   booking that is over. Sessions carried on take the last shares with them and are taken first where they came to. The rest is earned
 *   when it is over: expired, or called off with less than all given back. An unlimited one is earned by the day, frozen days being none.
 * - Packages are split over their units alike.
 *
 * Only what something happens to within the span is read, with its own past: one pass, however many days are asked for.
 */
export const recognised = (span: MoneySpan) => {
  const { before, last, zone } = span;
  const near = (column: string) => isNear(column, before, last);
  const within = (day: FragmentSqlToken) => sql.fragment`${day} > ${before}::date and ${day} <= ${last}::date`;
  const carries = sql.fragment`exists (select from session_entries where student_subscription_id = sub.id and reason = 'carried_in')`;
  const overOn = sql.fragment`case when booking.status in ('COMPLETED', 'NO_SHOW') then ${dayOfInstant('booking.starts_at', zone)}
    when booking.status = 'CANCELLED' then ${dayOfInstant('booking.cancelled_at', zone)} end`;
  // A look-up for each: a planner that thinks there are many more would read all there ever were.
  const origin = (id: FragmentSqlToken) => sql.fragment`
    select id, case when ${carries} then renewed_from_id end as from_id from student_subscriptions sub where id = ${id} offset 0`;
  return sql.fragment`
  with recursive seat as materialized (
    select place.id from real_trainings training cross join lateral (
      select id from real_training_students where real_training_id = training.id offset 0) as place
    where training.status = 'completed' and ${within(sql.fragment`training_date`)}
  ), touched as materialized (
    select student_subscription_id as id from session_entries where ${near('created_at')}
    union
    select taken.id from seat cross join lateral (
      select student_subscription_id as id from session_entries where real_training_student_id = seat.id offset 0) as taken
    union
    select entry.student_subscription_id from bookings join session_entries entry on entry.booking_id = bookings.id and entry.reason = 'booking'
    where ${near('starts_at')}
    union
    select entry.student_subscription_id from bookings join session_entries entry on entry.booking_id = bookings.id and entry.reason = 'booking'
    where ${near('bookings.cancelled_at')}
    union
    select student_subscription_id from invoices where student_subscription_id is not null and ${near('created_at')}
    union
    select student_subscription_id from invoices where student_subscription_id is not null and ${near('cancelled_at')}
    union
    select id from student_subscriptions where ${near('created_at')}
    union
    select id from student_subscriptions where status = 'cancelled'
      and coalesce(cancelled_on, (cancelled_at at time zone 'UTC')::date) between ${before}::date - 1 and ${last}::date + 1
    union
    select id from student_subscriptions where sessions_left is null and end_date > ${before}::date and start_date <= ${last}::date
  ), line as (
    -- What came with sessions that were carried in is known from where they came from.
    select sub.* from touched cross join lateral (${origin(sql.fragment`touched.id`)}) as sub
    union
    select sub.* from line cross join lateral (${origin(sql.fragment`line.from_id`)}) as sub
  ), family as (
    select id, id as root, null::int as from_id from line where from_id is null
    union
    select heir.id, root, family.id from family cross join lateral (
      select id from student_subscriptions sub where renewed_from_id = family.id and ${carries} offset 0) as heir
  ), kin as materialized (
    select family.id, root, from_id, sub.* from family cross join lateral (
      select student_id, start_date, end_date, term_days, sessions_left is null as is_unlimited, ${dayOfInstant('created_at', zone)} as made_on,
        case when status = 'cancelled' then coalesce(cancelled_on, ${dayOfInstant('cancelled_at', zone)})
          when status = 'expired' and sessions_left is null then end_date end as over_on
      from student_subscriptions where id = family.id offset 0) as sub
  ), entry as materialized (
    select kin.id, own.* from kin cross join lateral (
      select reason, delta, greatest(${dayOfInstant('created_at', zone)}, day) as day
      from (
        select reason, delta, entry.created_at, case kind
          when 'training' then (select training_date from real_training_students place join real_trainings training on training.id = real_training_id
            where place.id = seat_id and training.status = 'completed')
          when 'booking' then (select ${overOn} from bookings booking where id = booked_id)
          else '-infinity' end as day
        from session_entries entry cross join lateral (
          select reason as kind, real_training_student_id as seat_id, booking_id as booked_id where entry.reverses_id is null
          union all
          select reason, real_training_student_id, booking_id from session_entries where id = entry.reverses_id and entry.reverses_id is not null) as source
        where student_subscription_id = kin.id offset 0
      ) as entry where day is not null
      offset 0) as own
  ), charge as materialized (
    select kin.id, own.* from kin cross join lateral (
      select amount_minor, ${dayOfInstant('created_at', zone)} as written_on, ${dayOfInstant('cancelled_at', zone)} as cancelled_on,
        row_number() over (order by id) = 1 as is_first
      from invoices where student_subscription_id = kin.id offset 0) as own
  ), change as materialized (
    select id, day, case when reason in ('granted', 'adjustment') then delta else 0 end as granted, case reason when 'carried_in' then delta else 0 end as carried_in,
      case reason when 'carried_out' then -delta else 0 end as carried_out, case reason when 'expired' then -delta else 0 end as expired,
      case when reason in ('training', 'booking', 'returned') then -delta else 0 end as taken, 0::int8 as live, 0::int8 as price
    from entry
    union all
    select id, written_on, 0, 0, 0, 0, 0, case when cancelled_on <= written_on then 0 else amount_minor end, case when is_first then amount_minor else 0 end
    from charge
    union all
    select id, cancelled_on, 0, 0, 0, 0, 0, -amount_minor, 0 from charge where cancelled_on > written_on
  ), point as materialized (
    -- The days on which anything changes for one of them; and how all stood before.
    select root, greatest(day, ${before}::date) as day from kin join change using (id) where day <= ${last}::date
    union
    select root, greatest(day, ${before}::date) from kin cross join lateral (values (made_on), (over_on), (${before}::date)) as moment (day)
    where day <= ${last}::date
    union
    select root, day::date from kin cross join lateral generate_series(
      greatest(start_date, ${before}::date + 1)::timestamp, least(end_date, ${last}::date)::timestamp, interval '1 day') as day
    where is_unlimited
  ), step as (
    select id, greatest(day, ${before}::date) as day, granted, carried_in, carried_out, expired, taken, live, price from change where day <= ${last}::date
    union all
    select kin.id, point.day, 0, 0, 0, 0, 0, 0, 0 from kin join point using (root)
  ), stand as materialized (
    select kin.id, root, from_id, student_id, day, is_unlimited, term_days, made_on <= day as is_made, coalesce(over_on <= day, false) or expired > 0 as is_over,
      case when is_unlimited then least(day, end_date) - start_date + 1 - coalesce((
        select sum(greatest(0, least(frozen.last_day, day, end_date) - greatest(frozen.first_day, start_date) + 1))
        from subscription_freezes frozen where frozen.student_subscription_id = kin.id), 0)::int end as elapsed,
      granted, carried_in, carried_out, taken, live, price
    from (
      select id, day, (sum(sum(granted)) over past)::int as granted, (sum(sum(carried_in)) over past)::int as carried_in,
        (sum(sum(carried_out)) over past)::int as carried_out, sum(sum(expired)) over past as expired, (sum(sum(taken)) over past)::int as taken,
        (sum(sum(live)) over past)::int8 as live, (sum(sum(price)) over past)::int8 as price
      from step group by id, day window past as (partition by id order by day)
    ) as summed join kin using (id)
  ), heir as materialized (
    select * from stand where from_id is not null
  ), chain as (
    select stand.*, 0::int8 as value_in, carried_value(price, granted, 0, 0, carried_out) as value_out from stand where from_id is null
    union all
    select heir.*, brought, carried_value(heir.price, heir.granted, brought, heir.carried_in, heir.carried_out)
    from chain join heir on heir.from_id = chain.id and heir.day = chain.day
    cross join lateral (select case when heir.carried_in > 0 and chain.is_made then chain.value_out else 0 end as brought) as came
  ), valued as (
    select day, id, student_id, is_made::int * (live + value_in - value_out) as worth,
      is_made::int * case when is_over then live + value_in - value_out
        else least(live + value_in - value_out, case
          when is_unlimited then kept_minor(price, term_days, greatest(0, elapsed))
          else kept_minor(value_in, carried_in, least(taken, carried_in)) * (carried_in > 0)::int
            + kept_minor(price, granted, taken - carried_in) end)
      end as earned
    from chain
  ), bill as materialized (
    select invoices.id, payer_id, student_id, amount_minor as amount, real_training_student_id, booking_id, client_package_id,
      ${dayOfInstant('created_at', zone)} as written_on, coalesce(${dayOfInstant('cancelled_at', zone)}, 'infinity') as cancelled_on
    from invoices where student_subscription_id is null and id in (
      select id from invoices where ${near('created_at')}
      union
      select id from invoices where ${near('cancelled_at')}
      union
      select written.id from seat cross join lateral (select id from invoices where real_training_student_id = seat.id offset 0) as written
      union
      select invoices.id from bookings join invoices on booking_id = bookings.id where ${near('starts_at')}
      union
      select invoices.id from bookings join invoices on booking_id = bookings.id where ${near('bookings.cancelled_at')}
      union
      select invoices.id from bookings join package_entries entry on entry.booking_id = bookings.id
      join invoices on invoices.client_package_id = entry.client_package_id where ${near('starts_at')}
      union
      select invoices.id from bookings join package_entries entry on entry.booking_id = bookings.id
      join invoices on invoices.client_package_id = entry.client_package_id where ${near('bookings.cancelled_at')}
      union
      select invoices.id from client_packages owned join invoices on client_package_id = owned.id
      where end_date between ${before}::date and ${last}::date or ${near('owned.cancelled_at')})
  ), single as (
    select 'training' as kind, bill.*, case when training.status = 'completed' then training_date end as earned_on
    from bill join real_training_students seat on seat.id = bill.real_training_student_id join real_trainings training on training.id = seat.real_training_id
    union all
    select 'booking', bill.*, ${overOn} from bill join bookings booking on booking.id = bill.booking_id
    union all
    select 'other', bill.*, written_on from bill where num_nonnulls(real_training_student_id, booking_id, client_package_id) = 0
  ), package as (
    select bill.*, price_minor, units, least(end_date + 1, case owned.status when 'cancelled' then ${dayOfInstant('owned.cancelled_at', zone)} end) as over_on,
      array(select ${overOn} from package_entries entry join bookings booking on booking.id = entry.booking_id
        where entry.client_package_id = owned.id and entry.reason = 'booking' and booking.status in ('COMPLETED', 'NO_SHOW', 'CANCELLED')
          and not exists (select from package_entries back where back.reverses_id = entry.id)) as used_on
    from bill join client_packages owned on owned.id = bill.client_package_id
    cross join lateral (select sum(units) as units from jsonb_to_recordset(composition) as part (units integer)) as parts
  ), opened as (
    select id, payer_id, day, is_live * amount as worth, is_live * case when over_on <= day then amount
        else least(amount, kept_minor(price_minor, units, (select count(*) from unnest(used_on) as used where used <= day))) end as earned
    from package cross join lateral (
      select day, (written_on <= day and cancelled_on > day)::int as is_live
      from (select written_on as day union select cancelled_on union select over_on union select unnest(used_on) union select ${before}::date) as days
      where day between ${before}::date and ${last}::date) as moment
  )
  select day, 'subscription' as kind, id, person_id, worth, earned from (
    select day, id, student_id as person_id, worth - lag(worth) over past as worth, earned - lag(earned) over past as earned
    from valued window past as (partition by id order by day)
  ) as moved where day > ${before}::date and (worth <> 0 or earned <> 0)
  union all
  select day, kind, id, case kind when 'training' then coalesce(student_id, payer_id) else payer_id end, worth, earned
  from single cross join lateral (values
    (written_on, amount, 0), (cancelled_on, -amount, 0), (greatest(written_on, earned_on), 0, amount), (cancelled_on, 0, -amount)
  ) as moment (day, worth, earned)
  where ${within(sql.fragment`day`)} and case when earned = 0 then cancelled_on > written_on
    else earned_on is not null and cancelled_on > greatest(written_on, earned_on) end
  union all
  select day, 'package', id, payer_id, worth, earned from (
    select day, id, payer_id, worth - lag(worth) over past as worth, earned - lag(earned) over past as earned
    from opened window past as (partition by id order by day)
  ) as moved where day > ${before}::date and (worth <> 0 or earned <> 0)`;
};
