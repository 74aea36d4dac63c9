-- D51: a template's training belongs to the day it was made for, wherever it was moved since.
alter table real_trainings add template_date date;
comment on column real_trainings.template_date is 'the day of its template it was made for; training_date is the day it is given';
update real_trainings set template_date = training_date where training_template_id is not null;

create function trainings_know_their_day() returns trigger language plpgsql as $$
begin
  new.template_date := new.training_date;
  return new;
end $$;
create trigger trainings_know_their_day before insert on real_trainings for each row
  when (new.training_template_id is not null and new.template_date is null)
  execute function trainings_know_their_day();

alter table real_trainings
  add constraint template_date_is_a_templates check ((training_template_id is null) = (template_date is null)),
  drop constraint one_training_per_template_and_date,
  add constraint one_training_per_template_date unique (training_template_id, template_date);
create index real_trainings_by_template_date on real_trainings (template_date) where status <> 'cancelled';

-- What an override leaves open on its day, in quarters of an hour since midnight; intervals round inwards and 23:59:59 is 24:00, as for
-- slots (D30). What nobody can read means closed.
create function open_quarters(intervals jsonb) returns int4multirange language plpgsql immutable as $$
begin
  if exists (
    select from jsonb_array_elements(intervals) as pair
    where jsonb_typeof(pair) <> 'array' or jsonb_array_length(pair) <> 2
      or pair ->> 0 !~ '^([01]\d|2[0-4]):[0-5]\d(:[0-5]\d)?$' or pair ->> 1 !~ '^([01]\d|2[0-4]):[0-5]\d(:[0-5]\d)?$'
  ) then
    return '{}';
  end if;
  return (
    select coalesce(range_agg(int4range(first, last)), '{}')
    from jsonb_array_elements(intervals) as pair
    cross join lateral (select
      ceil(extract(epoch from (pair ->> 0)::time) / 900)::int as first,
      case when pair ->> 1 = '23:59:59' then 96 else floor(extract(epoch from (pair ->> 1)::time) / 900)::int end as last
    ) as quarters
    where first < last);
exception when data_exception then
  return '{}';
end $$;

-- Whether a span of wall time lies in what an override leaves open of its day; what is not on that day is outside nothing.
create function lies_open(override calendar_overrides, since timestamp, until timestamp) returns boolean language sql immutable as $$
  select span is null or open_quarters(override.intervals) @> span
  from (
    select case when first < last then int4range(first, last) end as span
    from (select
      greatest(0, floor(extract(epoch from since - override.day) / 900))::int as first,
      least(96, ceil(extract(epoch from until - override.day) / 900))::int as last
    ) as quarters
  ) as touched
$$;

-- Whoever fills seats and makes trainings holds the roster's lock: an override waits for the trainings that are just being made, so
-- that its answer names them.
create function overrides_wait_for_the_roster() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('roster'));
  return null;
end $$;
create trigger overrides_wait_for_the_roster before insert or update on calendar_overrides
  for each statement execute function overrides_wait_for_the_roster();
