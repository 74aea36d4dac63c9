import { sql } from '../database/database.ts';

/** Packages whose units are not the sum of their entries. */
export const unitsNotSquare = sql.fragment`
  select client_package_id as id, format('service %s: units_left %s, entries %s', service_id, coalesce(units_left, 0), coalesce(sum, 0)) as detail
  from client_package_units
  full join (
    select client_package_id, service_id, sum(delta) as sum from package_entries group by client_package_id, service_id
  ) entered using (client_package_id, service_id)
  where coalesce(units_left, 0) <> coalesce(sum, 0)`;

/**
 * Packages that are not invoiced for exactly what they cost. One that stands was invoiced once, at its price, also if that was
 * waived since. One that was taken back has no unit left, and if its invoice was live then, the share of the used units is kept and
 * invoiced (D22). What came back to one that was over has left it, and its share is invoiced no more (D47).
 */
export const packagesNotSquare = sql.fragment`
  select id, format('%s, price %s, %s of %s units used, %s ended, kept %s: invoices %s, live %s', status, price_minor, used,
    granted, ended, kept, bills, live) as detail
  from (
    select bought.id, status, price_minor, cancellation->>'invoice_id' is not null as was_owed, granted, used, ended, refunded, bills, live,
      (cancellation->'units'->>'used')::int as used_then,
      case when status = 'active' then price_minor else (cancellation->>'kept_minor')::int8 end as kept
    from client_packages bought
    join (
      select client_package_id, coalesce(sum(delta) filter (where reason in ('granted', 'adjustment')), 0) as granted,
        coalesce(-sum(delta) filter (where reason in ('booking', 'returned')), 0) as used,
        coalesce(-sum(delta) filter (where reason in ('cancelled', 'refunded')), 0) as ended,
        coalesce(-sum(delta) filter (where reason = 'refunded'), 0) as refunded
      from package_entries group by client_package_id
    ) entered on entered.client_package_id = bought.id
    left join (
      select client_package_id, array_agg(amount_minor order by id) as bills,
        sum(amount_minor) filter (where status <> 'CANCELLED') as live
      from invoices where client_package_id is not null group by client_package_id
    ) invoiced on invoiced.client_package_id = bought.id
  ) as counted
  where (refunded = 0 and bills is distinct from
      case when price_minor > 0 then array[price_minor] || case when kept not in (0, price_minor) then array[kept] end end)
    or live <> case when refunded = 0 then kept when status = 'cancelled' then kept_minor(price_minor, granted, used)
      else price_minor - kept_minor(price_minor, granted, used + refunded) + kept_minor(price_minor, granted, used) end
    or (status = 'active' and ended <> refunded)
    or (status = 'cancelled' and used + ended <> granted)
    or (status = 'cancelled' and kept is distinct from
      case when was_owed then kept_minor(price_minor, granted, coalesce(used_then, used)) else 0 end)`;

/**
 * Packages that are over and have units: any, where one was taken back; where its last day had passed, those that were given back since
 * and have not left it (D47). Days are UTC's here, with one to spare.
 */
export const deadUnits = sql.fragment`
  select bought.id, format('taken back, %s units left', sum(units_left)) as detail
  from client_packages bought join client_package_units held on held.client_package_id = bought.id
  where status = 'cancelled' group by bought.id having sum(units_left) > 0
  union all
  select distinct bought.id, format('a unit given back after its last day, %s', end_date)
  from client_packages bought join package_entries back on back.client_package_id = bought.id and back.reason = 'returned'
  where status = 'active' and (back.created_at at time zone 'UTC')::date > end_date + 1 and not exists (
    select from package_entries went where went.client_package_id = bought.id and went.reason = 'refunded' and went.created_at = back.created_at)`;

/**
 * Bookings that are not paid for exactly once: what was confirmed has an invoice (also a waived one), a unit or a session, and one of them only; what was
 * only held has neither; what was cancelled in time has nothing that is still charged.
 */
export const bookingsNotSquare = sql.fragment`
  select id, format('%s, paid from %s: %s invoices, %s live, %s units and sessions, %s not returned', status, pay_from, bills, live_bills,
    units + sessions, live_units + live_sessions) as detail
  from (
    select booking.id, booking.status, pay_from, price_minor, confirmed_at, booking.cancellation->>'outcome' as outcome,
      (select count(*) from invoices where booking_id = booking.id) as bills,
      (select count(*) from invoices where booking_id = booking.id and invoices.status <> 'CANCELLED') as live_bills,
      (select count(*) from package_entries where booking_id = booking.id) as units,
      (select count(*) from package_entries entry where booking_id = booking.id
        and not exists (select from package_entries back where back.reverses_id = entry.id)) as live_units,
      (select count(*) from session_entries where booking_id = booking.id and reason = 'booking') as sessions,
      (select count(*) from session_entries entry where booking_id = booking.id and reason = 'booking'
        and not exists (select from session_entries back where back.reverses_id = entry.id)) as live_sessions
    from bookings booking
  ) as counted
  where bills <> (confirmed_at is not null and pay_from not in ('package', 'subscription') and price_minor > 0)::int
    or units <> (confirmed_at is not null and pay_from = 'package')::int
    or sessions <> (confirmed_at is not null and pay_from = 'subscription')::int
    or (outcome = 'safe' and live_bills + live_units + live_sessions > 0)
    or (coalesce(outcome, '') <> 'safe' and (units <> live_units or sessions <> live_sessions))`;
