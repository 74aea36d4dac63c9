-- What changed, for pages that are open: topics such as day:2026-11-25, client:17, training:5, tasks, runs. The rows are written in the
-- transaction of their cause and say nothing but where to look again; an hour later nobody needs them.
create table changes (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  topic text not null check (char_length(topic) <= 100),
  from_at timestamptz,
  to_at timestamptz,
  actor text default nullif(current_setting('studio.actor', true), ''),
  at timestamptz not null default clock_timestamp(),
  check ((topic = 'days') = (from_at is not null) and (topic = 'days') = (to_at is not null))
);
comment on column changes.xid is 'ids do not follow the order of commits: readers compare xid with their snapshot';
comment on column changes.topic is 'a kind with a star: so many of the kind that they were not counted; days: see from_at';
comment on column changes.from_at is 'of days, a span of time, its end exclusive; which days these are depends on the studio''s time zone';
create index on changes (xid);

-- Everything up to this transaction may have been deleted. One row.
create table changes_forgotten (
  is_only boolean primary key default true check (is_only),
  upto xid8 not null
);
insert into changes_forgotten (upto) values ('0');

-- One row a topic. More than a hundred of a kind are one row for all of that kind.
create function note_changes(kind text, ids text[]) returns void language plpgsql as $$
begin
  if cardinality(ids) > 100 then
    insert into changes (topic) values (kind || ':*');
  elsif cardinality(ids) > 0 then
    insert into changes (topic) select kind || ':' || id from unnest(ids) as id;
  end if;
end $$;

-- Triggers see the rows after the change, or those deleted, as `touched`, and the rows before an update as `before`.

create function changes_of_trainings() returns trigger language plpgsql as $$
declare
  trainings integer[] := array(select id from touched);
begin
  if cardinality(trainings) = 0 then return null; end if;
  perform note_changes('training', trainings::text[]);
  if tg_op <> 'UPDATE' then
    perform note_changes('day', array(select distinct to_char(training_date, 'YYYY-MM-DD') from touched));
    return null;
  end if;
  perform note_changes('day', array(
    select to_char(training_date, 'YYYY-MM-DD') from touched union select to_char(training_date, 'YYYY-MM-DD') from before));
  -- Whose trainings so many are is not looked up.
  perform note_changes('client', case when cardinality(trainings) > 20 then array_fill('*'::text, array[101]) else array(
    select distinct student_id::text from real_training_students where real_training_id = any(trainings)) end);
  return null;
end $$;
create trigger changes_of_new_trainings after insert on real_trainings
  referencing new table as touched for each statement execute function changes_of_trainings();
create trigger changes_of_trainings after update on real_trainings
  referencing old table as before new table as touched for each statement execute function changes_of_trainings();
create trigger changes_of_deleted_trainings after delete on real_trainings
  referencing old table as touched for each statement execute function changes_of_trainings();

-- A night registers and charges ten thousands of people in one statement: what is told of are days and trainings.
create function changes_of_registrations() returns trigger language plpgsql as $$
declare
  trainings integer[] := array(select distinct real_training_id from touched);
begin
  if cardinality(trainings) = 0 then return null; end if;
  perform note_changes('training', trainings::text[]);
  perform note_changes('day', array(
    select distinct to_char(training_date, 'YYYY-MM-DD') from real_trainings where id = any(trainings)));
  perform note_changes('client', array(select distinct student_id::text from touched limit 101));
  return null;
end $$;
create trigger changes_of_new_registrations after insert on real_training_students
  referencing new table as touched for each statement execute function changes_of_registrations();
create trigger changes_of_registrations after update on real_training_students
  referencing new table as touched for each statement execute function changes_of_registrations();
create trigger changes_of_deleted_registrations after delete on real_training_students
  referencing old table as touched for each statement execute function changes_of_registrations();

create function note_changed_days(from_ats timestamptz[], to_ats timestamptz[]) returns void language plpgsql as $$
begin
  if cardinality(from_ats) > 100 then
    insert into changes (topic) values ('day:*');
  else
    insert into changes (topic, from_at, to_at)
    select distinct 'days', from_at, to_at from unnest(from_ats, to_ats) as span (from_at, to_at);
  end if;
end $$;

create function changes_of_bookings() returns trigger language plpgsql as $$
declare
  clients text[] := array(select distinct client_id::text from touched limit 101);
begin
  if cardinality(clients) = 0 then return null; end if;
  perform note_changes('client', clients);
  if tg_op = 'UPDATE' then
    perform note_changed_days(array_agg(starts_at), array_agg(busy_until)) from (
      select starts_at, busy_until from touched union select starts_at, busy_until from before) as span;
  else
    perform note_changed_days(array_agg(starts_at), array_agg(busy_until)) from touched;
  end if;
  return null;
end $$;
create trigger changes_of_new_bookings after insert on bookings
  referencing new table as touched for each statement execute function changes_of_bookings();
create trigger changes_of_bookings after update on bookings
  referencing old table as before new table as touched for each statement execute function changes_of_bookings();
create trigger changes_of_deleted_bookings after delete on bookings
  referencing old table as touched for each statement execute function changes_of_bookings();

create function changes_of_absences() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    perform note_changed_days(array_agg(from_at), array_agg(to_at)) from (
      select from_at, to_at from touched union select from_at, to_at from before) as span;
  else
    perform note_changed_days(array_agg(from_at), array_agg(to_at)) from touched;
  end if;
  return null;
end $$;
create trigger changes_of_new_absences after insert on specialist_absences
  referencing new table as touched for each statement execute function changes_of_absences();
create trigger changes_of_absences after update on specialist_absences
  referencing old table as before new table as touched for each statement execute function changes_of_absences();
create trigger changes_of_deleted_absences after delete on specialist_absences
  referencing old table as touched for each statement execute function changes_of_absences();

-- People, and what stands on their cards. The argument names the column that says whose it is.
create function changes_of_people() returns trigger language plpgsql as $$
declare
  people text[];
begin
  case tg_argv[0]
    when 'id' then people := array(select id::text from touched limit 101);
    when 'user_id' then people := array(select distinct user_id::text from touched limit 101);
    when 'student_id' then people := array(select distinct student_id::text from touched limit 101);
    when 'client_id' then people := array(select distinct client_id::text from touched limit 101);
    when 'payer_id' then people := array(select payer_id::text from touched union select student_id::text from touched
      where student_id is not null limit 101);
  end case;
  perform note_changes('client', people);
  return null;
end $$;

create function changes_at_all() returns trigger language plpgsql as $$
begin
  if exists (select from touched) then insert into changes (topic) values (tg_argv[0]); end if;
  return null;
end $$;

do $$
declare
  told record;
begin
  for told in values
    ('users', 'changes_of_people', 'id'),
    ('students', 'changes_of_people', 'id'),
    ('wallets', 'changes_of_people', 'user_id'),
    ('student_subscriptions', 'changes_of_people', 'student_id'),
    ('client_packages', 'changes_of_people', 'client_id'),
    ('invoices', 'changes_of_people', 'payer_id'),
    ('admin_tasks', 'changes_at_all', 'tasks'),
    ('automated_process_history', 'changes_at_all', 'runs')
  loop
    execute format('create trigger changes_of_new_rows after insert on %I referencing new table as touched
      for each statement execute function %I(%L)', told.column1, told.column2, told.column3);
    execute format('create trigger changes_of_rows after update on %I referencing new table as touched
      for each statement execute function %I(%L)', told.column1, told.column2, told.column3);
    execute format('create trigger changes_of_deleted_rows after delete on %I referencing old table as touched
      for each statement execute function %I(%L)', told.column1, told.column2, told.column3);
  end loop;
end $$;
