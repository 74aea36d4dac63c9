-- What is earned on a studio day (R22), and by how much what is deferred, lies in wallets and is owed changed on it: with the figures of the
-- days that are settled a report need not read every session of years.
alter table daily_figures
  add earned_training_minor bigint not null default 0,
  add earned_subscription_minor bigint not null default 0,
  add earned_booking_minor bigint not null default 0,
  add earned_package_minor bigint not null default 0,
  add earned_other_minor bigint not null default 0,
  add deferred_minor bigint not null default 0,
  add wallets_minor bigint not null default 0,
  add owed_minor bigint not null default 0,
  add zone text;
comment on column daily_figures.deferred_minor is 'by how much what is sold and not earned yet changed';
comment on column daily_figures.wallets_minor is 'by how much what lies in wallets changed';
comment on column daily_figures.owed_minor is 'by how much what is invoiced and not paid changed';
comment on column daily_figures.zone is 'where the day began and ended; null: nothing is known of the money that is earned';

-- Ledgers by their time. Rows are written in that order, so a summary of each few pages is enough.
create index session_entries_by_time on session_entries using brin (created_at) with (pages_per_range = 16, autosummarize = on);
create index wallet_transactions_by_time on wallet_transactions using brin (created_at) with (pages_per_range = 16, autosummarize = on);
create index invoices_by_time on invoices using brin (created_at) with (pages_per_range = 16, autosummarize = on);
create index student_subscriptions_by_time on student_subscriptions using brin (created_at) with (pages_per_range = 16, autosummarize = on);
create index invoices_cancelled on invoices (cancelled_at) where cancelled_at is not null;
create index invoices_of_bookings on invoices (booking_id) where booking_id is not null;
create index bookings_cancelled on bookings (cancelled_at) where cancelled_at is not null;
create index client_packages_by_end on client_packages (end_date);
create index payments_by_payment_date on payments (payment_date) where payment_date is not null;
create index payments_cancelled on payments (cancelled_at) where cancelled_at is not null;
create index deposits_of_payments on wallet_transactions (payment_id) where kind = 'deposit';
create index sessions_carried_in on session_entries (student_subscription_id) where reason = 'carried_in';
create index subscriptions_called_off on student_subscriptions (coalesce(cancelled_on, (cancelled_at at time zone 'UTC')::date)) where status = 'cancelled';
create index subscriptions_unlimited on student_subscriptions (end_date) where sessions_left is null;

-- A day is noted from the fourth one after it on, no longer from the thirty-first: with few days that are not settled, a report reads few
-- ledgers. The nights mark and charge hardly any day before yesterday.
create or replace function note_figures(first_day date, last_day date) returns void language sql as $$
  insert into daily_figures_due (day)
  select day::date
  from generate_series(greatest(first_day, '2000-01-01'), least(last_day, current_date - 4), interval '1 day') as day
$$;
create or replace function registrations_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures(training_date, training_date + 30) from real_trainings
  where id = coalesce(new.real_training_id, old.real_training_id) and training_date <= current_date - 4;
  return null;
end $$;
create or replace function money_changes_figures() returns trigger language plpgsql as $$
begin
  perform note_figures((instant at time zone 'UTC')::date - 1, (instant at time zone 'UTC')::date + 1)
  from (values (new.created_at), (new.cancelled_at), (case when tg_op = 'UPDATE' then old.cancelled_at end)) as written (instant)
  where instant is not null;
  return null;
end $$;
drop trigger new_payments_change_figures on payments;
drop trigger payments_change_figures on payments;
drop trigger new_invoices_change_figures on invoices;
drop trigger invoices_change_figures on invoices;
create trigger new_payments_change_figures after insert on payments for each row
  when (least(new.created_at, new.cancelled_at) < now() - interval '2 days') execute function money_changes_figures();
create trigger payments_change_figures after update on payments for each row
  when (least(old.cancelled_at, new.cancelled_at) < now() - interval '2 days' and old.cancelled_at is distinct from new.cancelled_at)
  execute function money_changes_figures();
create trigger new_invoices_change_figures after insert on invoices for each row
  when (least(new.created_at, new.cancelled_at) < now() - interval '2 days') execute function money_changes_figures();
create trigger invoices_change_figures after update on invoices for each row
  when (least(old.cancelled_at, new.cancelled_at) < now() - interval '2 days' and old.cancelled_at is distinct from new.cancelled_at)
  execute function money_changes_figures();

-- Whatever is taken of something earlier may leave less of it for all the days since: they are noted, too.
create function note_figures_since(first_day date) returns void language sql strict as $$
  select note_figures(first_day, current_date)
$$;

create or replace function trainings_change_figures() returns trigger language plpgsql as $$
declare
  first_day date := new.training_date;
begin
  if tg_op = 'UPDATE' then first_day := least(old.training_date, new.training_date); end if;
  if first_day > current_date - 4 then return null; end if;
  if exists (
    select from real_training_students seat where seat.real_training_id = new.id and (
      exists (select from session_entries where real_training_student_id = seat.id)
      or exists (select from invoices where real_training_student_id = seat.id)))
  then
    perform note_figures_since(first_day);
  else
    if tg_op = 'UPDATE' and old.training_date <> new.training_date then
      perform note_figures(old.training_date, old.training_date + 30);
    end if;
    perform note_figures(new.training_date, new.training_date + 30);
  end if;
  return null;
end $$;

create function sold_changes_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since((least(new.created_at, new.cancelled_at) at time zone 'UTC')::date - 1);
  return null;
end $$;
create trigger new_invoices_of_parts_change_figures after insert on invoices for each row
  when (least(new.created_at, new.cancelled_at) < now() - interval '2 days' and num_nonnulls(new.student_subscription_id, new.client_package_id) > 0)
  execute function sold_changes_figures();

create function cancelling_changes_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since((least(old.cancelled_at, new.cancelled_at) at time zone 'UTC')::date - 1);
  return null;
end $$;
create trigger invoices_of_parts_change_figures after update on invoices for each row
  when (least(old.cancelled_at, new.cancelled_at) < now() - interval '2 days' and old.cancelled_at is distinct from new.cancelled_at)
  execute function cancelling_changes_figures();

create function entries_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since((new.created_at at time zone 'UTC')::date - 1);
  return null;
end $$;
create trigger old_entries_change_figures after insert on session_entries for each row
  when (new.created_at < now() - interval '2 days') execute function entries_change_figures();
create trigger old_entries_change_figures after insert on wallet_transactions for each row
  when (new.created_at < now() - interval '2 days') execute function entries_change_figures();
create trigger old_subscriptions_change_figures after insert on student_subscriptions for each row
  when (new.created_at < now() - interval '2 days') execute function entries_change_figures();

create function terms_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since(least(
    case when old.start_date <> new.start_date or old.term_days <> new.term_days then least(old.start_date, new.start_date) end,
    case when old.end_date <> new.end_date then least(old.end_date, new.end_date) end,
    case when old.status <> new.status and new.sessions_left is null then new.end_date end,
    case when old.status = 'cancelled' then coalesce(old.cancelled_on, (old.cancelled_at at time zone 'UTC')::date - 1) end,
    case when new.status = 'cancelled' then coalesce(new.cancelled_on, (new.cancelled_at at time zone 'UTC')::date - 1) end));
  return null;
end $$;
create trigger terms_change_figures after update on student_subscriptions for each row
  when (old.status <> new.status or (new.sessions_left is null and (old.start_date, old.end_date, old.term_days) <> (new.start_date, new.end_date, new.term_days))
    or (old.cancelled_on, old.cancelled_at) is distinct from (new.cancelled_on, new.cancelled_at))
  execute function terms_change_figures();

create function freezes_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since(least(old.first_day, new.first_day));
  return null;
end $$;
create trigger freezes_change_figures after insert or update or delete on subscription_freezes for each row
  execute function freezes_change_figures();

create function bookings_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since((least(old.starts_at, new.starts_at, old.cancelled_at, new.cancelled_at) at time zone 'UTC')::date - 1);
  return null;
end $$;
create trigger new_bookings_change_figures after insert on bookings for each row
  when (new.starts_at < now() - interval '2 days') execute function bookings_change_figures();
create trigger bookings_change_figures after update on bookings for each row
  when ((old.status, old.starts_at, old.cancelled_at) is distinct from (new.status, new.starts_at, new.cancelled_at))
  execute function bookings_change_figures();

create function packages_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since(least(old.end_date, new.end_date, (least(old.cancelled_at, new.cancelled_at) at time zone 'UTC')::date - 1));
  return null;
end $$;
create trigger packages_change_figures after update on client_packages for each row
  when ((old.status, old.end_date, old.cancelled_at) is distinct from (new.status, new.end_date, new.cancelled_at))
  execute function packages_change_figures();
create function units_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures_since((starts_at at time zone 'UTC')::date - 1) from bookings where id = new.booking_id;
  return null;
end $$;
create trigger units_change_figures after insert on package_entries for each row
  when (new.booking_id is not null) execute function units_change_figures();

-- The next night writes what is earned on all the days there are figures of.
insert into daily_figures_due (day)
select generate_series(greatest(min(day), '2000-01-01'), current_date - 1, interval '1 day')::date from daily_figures having min(day) is not null;
