-- Business figures, a row a studio day (R20-R24). What corrects an earlier day's money counts on the day of the correction.
create table daily_figures (
  day date primary key,
  active_students integer not null,
  trainings_held integer not null,
  trainings_cancelled integer not null,
  present integer not null,
  absent integer not null,
  attendance_rate numeric generated always as (round(present::numeric / nullif(present + absent, 0), 4)) stored,
  received_minor bigint not null,
  payments_cancelled_minor bigint not null,
  invoiced_minor bigint not null,
  invoices_cancelled_minor bigint not null,
  new_registrations integer not null,
  written_at timestamptz not null default now()
);
comment on column daily_figures.active_students is 'with a valid subscription that is not frozen that day, or PRESENT on the day or within the 30 before (R23)';
comment on column daily_figures.attendance_rate is 'present / (present + absent), null without either (R24)';
comment on column daily_figures.received_minor is 'payments gross, also those cancelled since (R21)';
comment on column daily_figures.new_registrations is 'students by the day they registered (R23)';

-- Days whose figures are to be written again, each noted by what changed them, in its transaction: so none is missed, however late
-- that commits. A day of the last 30 is not noted: it is written again anyway (35 days are), and the nights write hardly any other.
create table daily_figures_due (
  day date not null,
  written_at timestamptz not null default now()
);
create index on daily_figures_due (day);

create function note_figures(first_day date, last_day date) returns void language sql as $$
  insert into daily_figures_due (day)
  select day::date
  from generate_series(greatest(first_day, '2000-01-01'), least(last_day, current_date - 31), interval '1 day') as day
$$;

-- The last day a subscription is valid on. It is over on the day it is called off.
create function last_valid_day(held student_subscriptions) returns date language sql immutable as $$
  select case
    when held.status = 'cancelled'
      then least(held.end_date, coalesce(held.cancelled_on, (held.cancelled_at at time zone 'UTC')::date, held.start_date) - 1)
    else held.end_date
  end
$$;

-- A subscription forgets a freeze that is over; the past does not.
create table subscription_freezes (
  student_subscription_id integer not null references student_subscriptions on delete cascade,
  first_day date not null,
  last_day date not null,
  primary key (student_subscription_id, first_day),
  check (last_day >= first_day)
);
insert into subscription_freezes
select id, freeze_start_date, freeze_end_date from student_subscriptions where freeze_start_date is not null;

create function freezes_are_kept() returns trigger language plpgsql as $$
declare
  used_until date;
begin
  if tg_op = 'UPDATE' and old.freeze_start_date <= coalesce(new.freeze_end_date, old.freeze_start_date)
    and old.freeze_end_date >= coalesce(new.freeze_start_date, old.freeze_end_date)
  then
    -- Ended before its time, it gave back at the end what was not used of it (D25).
    used_until := coalesce(new.freeze_end_date, old.freeze_end_date - greatest(0, old.end_date - new.end_date));
    delete from subscription_freezes where student_subscription_id = new.id and first_day = old.freeze_start_date;
    insert into subscription_freezes
    select new.id, coalesce(new.freeze_start_date, old.freeze_start_date), used_until
    where used_until >= coalesce(new.freeze_start_date, old.freeze_start_date);
    perform note_figures(least(old.freeze_start_date, new.freeze_start_date), greatest(old.freeze_end_date, new.freeze_end_date));
  else
    insert into subscription_freezes values (new.id, new.freeze_start_date, new.freeze_end_date);
    perform note_figures(new.freeze_start_date, new.freeze_end_date);
  end if;
  return null;
end $$;
create trigger freezes_are_kept after update on student_subscriptions for each row
  when ((old.freeze_start_date, old.freeze_end_date) is distinct from (new.freeze_start_date, new.freeze_end_date))
  execute function freezes_are_kept();
create trigger new_freezes_are_kept after insert on student_subscriptions for each row
  when (new.freeze_start_date is not null) execute function freezes_are_kept();

create function subscriptions_change_figures() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform note_figures(new.start_date, last_valid_day(new));
  else
    perform note_figures(least(old.start_date, new.start_date), greatest(old.start_date, new.start_date) - 1);
    perform note_figures(least(last_valid_day(old), last_valid_day(new)) + 1, greatest(last_valid_day(old), last_valid_day(new)));
  end if;
  return null;
end $$;
create trigger new_subscriptions_change_figures after insert on student_subscriptions for each row
  execute function subscriptions_change_figures();
create trigger subscriptions_change_figures after update on student_subscriptions for each row
  when (old.start_date <> new.start_date or last_valid_day(old) <> last_valid_day(new))
  execute function subscriptions_change_figures();

-- Who was PRESENT is active for 30 days more.
create function trainings_change_figures() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.training_date <> new.training_date then
    perform note_figures(old.training_date, old.training_date + 30);
  end if;
  perform note_figures(new.training_date, new.training_date + 30);
  return null;
end $$;
create trigger new_trainings_change_figures after insert on real_trainings for each row
  when (new.status <> 'scheduled') execute function trainings_change_figures();
create trigger trainings_change_figures after update on real_trainings for each row
  when (old.status <> new.status or old.training_date <> new.training_date)
  execute function trainings_change_figures();

create function registrations_change_figures() returns trigger language plpgsql as $$
begin
  perform note_figures(training_date, training_date + 30) from real_trainings
  where id = coalesce(new.real_training_id, old.real_training_id) and training_date < current_date - 30;
  return null;
end $$;
create trigger new_registrations_change_figures after insert on real_training_students for each row
  when (new.status in ('PRESENT', 'ABSENT')) execute function registrations_change_figures();
create trigger registrations_change_figures after update on real_training_students for each row
  when (old.status <> new.status and (old.status in ('PRESENT', 'ABSENT') or new.status in ('PRESENT', 'ABSENT')))
  execute function registrations_change_figures();
create trigger gone_registrations_change_figures after delete on real_training_students for each row
  when (old.status in ('PRESENT', 'ABSENT')) execute function registrations_change_figures();

create function students_change_figures() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then perform note_figures(old.registration_date, old.registration_date); end if;
  perform note_figures(new.registration_date, new.registration_date);
  return null;
end $$;
create trigger new_students_change_figures after insert on students for each row
  execute function students_change_figures();
create trigger students_change_figures after update on students for each row
  when (old.registration_date <> new.registration_date) execute function students_change_figures();

-- Money is written on its own day, unless it comes from elsewhere. An instant's studio day is its day in UTC, or a neighbour.
create function money_changes_figures() returns trigger language plpgsql as $$
begin
  perform note_figures((instant at time zone 'UTC')::date - 1, (instant at time zone 'UTC')::date + 1)
  from (values (new.created_at), (new.cancelled_at)) as written (instant) where instant is not null;
  return null;
end $$;
create trigger new_payments_change_figures after insert on payments for each row
  when (least(new.created_at, new.cancelled_at) < now() - interval '30 days') execute function money_changes_figures();
create trigger payments_change_figures after update on payments for each row
  when (new.cancelled_at < now() - interval '30 days' and old.cancelled_at is distinct from new.cancelled_at)
  execute function money_changes_figures();
create trigger new_invoices_change_figures after insert on invoices for each row
  when (least(new.created_at, new.cancelled_at) < now() - interval '30 days') execute function money_changes_figures();
create trigger invoices_change_figures after update on invoices for each row
  when (new.cancelled_at < now() - interval '30 days' and old.cancelled_at is distinct from new.cancelled_at)
  execute function money_changes_figures();

-- The first run writes all there has been.
insert into daily_figures_due (day)
select generate_series(greatest(min(day), '2000-01-01'), current_date - 1, interval '1 day')::date
from (
  select current_date - 1 as day
  union all select min(training_date) from real_trainings
  union all select min(start_date) from student_subscriptions
  union all select min(registration_date) from students
  union all select min(created_at)::date - 1 from payments
  union all select min(created_at)::date - 1 from invoices
) as earliest;
