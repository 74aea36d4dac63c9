-- A unit or a session that is kept for a booking called off too late is earned on the day it was called off, no longer when the package or
-- the subscription is over (R22). The next night writes anew what was earned since the first of them.
insert into daily_figures_due (day)
select generate_series(greatest(min(figures.day), first.day, '2000-01-01'), current_date - 1, interval '1 day')::date
from daily_figures figures cross join (
  select (min(cancelled_at) at time zone 'UTC')::date - 1 as day from bookings
  where status = 'CANCELLED' and (
    exists (
      select from package_entries taken where taken.booking_id = bookings.id
        and not exists (select from package_entries back where back.reverses_id = taken.id))
    or exists (
      select from session_entries taken where taken.booking_id = bookings.id and taken.reason = 'booking'
        and not exists (select from session_entries back where back.reverses_id = taken.id)))
) as first
where first.day is not null group by first.day;
