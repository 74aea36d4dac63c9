import { sql } from '../database.ts';

/** Packages whose units are not the sum of their entries. */
export const unitsNotSquare = sql.fragment`
  select client_package_id as id, format('service %s: units_left %s, entries %s', service_id, coalesce(units_left, 0), coalesce(sum, 0)) as detail
  from client_package_units
  full join (
    select client_package_id, service_id, sum(delta) as sum from package_entries group by client_package_id, service_id
  ) entered using (client_package_id, service_id)
  where coalesce(units_left, 0) <> coalesce(sum, 0)`;

/**
 * Bookings that are not paid for exactly once: what was confirmed has an invoice (also a waived one) or a unit, never both; what was
 * only held has neither; what was cancelled in time has nothing that is still charged.
 */
export const bookingsNotSquare = sql.fragment`
  select id, format('%s, paid from %s: %s invoices, %s live, %s units, %s not returned', status, pay_from, bills, live_bills, units, live_units) as detail
  from (
    select booking.id, booking.status, pay_from, price_minor, confirmed_at, booking.cancellation->>'outcome' as outcome,
      (select count(*) from invoices where booking_id = booking.id) as bills,
      (select count(*) from invoices where booking_id = booking.id and invoices.status <> 'CANCELLED') as live_bills,
      (select count(*) from package_entries where booking_id = booking.id) as units,
      (select count(*) from package_entries entry where booking_id = booking.id
        and not exists (select from package_entries back where back.reverses_id = entry.id)) as live_units
    from bookings booking
  ) as counted
  where bills <> (confirmed_at is not null and pay_from <> 'package' and price_minor > 0)::int
    or units <> (confirmed_at is not null and pay_from = 'package')::int
    or (outcome = 'safe' and live_bills + live_units > 0)
    or (coalesce(outcome, '') <> 'safe' and units <> live_units)`;
