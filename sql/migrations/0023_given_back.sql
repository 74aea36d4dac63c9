-- D22: what is kept of a price when so many of its units were used. workers/packages/policy.ts says the same.
create function kept_minor(price_minor bigint, units bigint, used bigint) returns bigint language sql immutable as $$
  select case when units <= 0 then price_minor
    else least(greatest(used, 0), units) * (price_minor / units) + least(least(greatest(used, 0), units), price_minor % units) end
$$;

-- D47: what comes back to something that is over leaves it at once, as its share of the price.
alter table session_entries
  drop constraint session_entries_reason_check,
  add constraint session_entries_reason_check check (reason in
    ('granted', 'training', 'returned', 'carried_out', 'carried_in', 'expired', 'cancelled', 'refunded', 'adjustment'));
alter table package_entries
  drop constraint package_entries_reason_check,
  add constraint package_entries_reason_check check (reason in ('granted', 'booking', 'returned', 'cancelled', 'refunded', 'adjustment'));
