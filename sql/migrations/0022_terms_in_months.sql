-- D48: a term is days or months.
alter table subscriptions
  alter validity_days drop not null,
  add validity_months integer check (validity_months between 1 and 120),
  add constraint term_is_days_or_months check (num_nonnulls(validity_days, validity_months) = 1);
alter table service_packages
  alter validity_days drop not null,
  alter validity_days drop default,
  add validity_months integer check (validity_months between 1 and 120),
  add constraint term_is_days_or_months check (num_nonnulls(validity_days, validity_months) = 1);

-- A package that is offered without a term is valid for a year.
create function packages_last_a_year() returns trigger language plpgsql as $$
begin
  new.validity_days := 365;
  return new;
end $$;
create trigger packages_last_a_year before insert or update of validity_days, validity_months on service_packages
  for each row when (new.validity_days is null and new.validity_months is null) execute function packages_last_a_year();

-- The same day of the month in another month, or that month's last day where it has no such day.
create function day_of_month(month date, anchor integer) returns date language sql immutable as $$
  select first_day + least(anchor, (first_day + interval '1 month')::date - first_day) - 1
  from (select date_trunc('month', month::timestamp)::date as first_day) as months
$$;

-- The anchor of a term that begins on a day: the one before it hands on, as long as its terms begin on it; else the day itself.
-- sql/subscriptions/term.ts says the same.
create function term_anchor(first_day date, inherited integer) returns integer language sql immutable as $$
  select case when day_of_month(first_day, inherited) = first_day then inherited else extract(day from first_day)::int end
$$;

-- The last day, inclusive, of a term of days or of months (D4, D48).
create function term_end(first_day date, days integer, months integer, anchor integer) returns date language sql immutable as $$
  select case when months is null then first_day + days - 1
    else day_of_month((date_trunc('month', first_day::timestamp) + make_interval(months => months))::date, anchor) - 1 end
$$;

alter table student_subscriptions
  add anchor_day smallint check (anchor_day between 1 and 31),
  add term_days integer check (term_days > 0),
  add pushed_days integer not null default 0 check (pushed_days >= 0),
  add cancelled_on date;
comment on column student_subscriptions.anchor_day is 'the day of the month on which terms of months begin; renewals inherit it';
comment on column student_subscriptions.term_days is 'days that were sold; what freezes add to them is not counted';
comment on column student_subscriptions.pushed_days is 'how far a freeze of the one before has moved its first day';
comment on column student_subscriptions.cancelled_on is 'the business day on which it was called off; null before there was this column';

update student_subscriptions held
set anchor_day = extract(day from start_date), term_days = least(end_date - start_date + 1, validity_days)
from subscriptions type where type.id = held.subscription_id;
alter table student_subscriptions alter anchor_day set not null, alter term_days set not null;

create function terms_are_noted() returns trigger language plpgsql as $$
begin
  new.anchor_day := coalesce(new.anchor_day, extract(day from new.start_date));
  new.term_days := coalesce(new.term_days, new.end_date - new.start_date + 1);
  return new;
end $$;
create trigger terms_are_noted before insert on student_subscriptions
  for each row when (new.anchor_day is null or new.term_days is null) execute function terms_are_noted();
