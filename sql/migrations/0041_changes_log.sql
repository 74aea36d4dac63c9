-- What was before: every change of people, registrations, subscriptions, trainings, prices and rights, with who made it.
create table changes_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  -- A key's name, person:ID, telegram:ID, or system.
  actor text not null,
  -- What asked for it: a request's operation and id, or a run.
  cause text,
  record text not null,
  record_id integer not null,
  action text not null check (action in ('created', 'changed', 'deleted')),
  -- Of a change only the columns that differ.
  before jsonb,
  after jsonb
);
create index on changes_log (record, record_id, id);
create index on changes_log (at);
comment on table changes_log is 'written by triggers, a statement at a time; actor and cause are what the transaction said (studio.actor, studio.cause)';

create function changed_actor() returns text language sql stable as $$
  select coalesce(nullif(current_setting('studio.actor', true), ''), 'system')
$$;
create function changed_cause() returns text language sql stable as $$
  select nullif(current_setting('studio.cause', true), '')
$$;

-- The columns of one row that another has otherwise.
create function what_differs(one jsonb, other jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(one) where value is distinct from other -> key
$$;

-- Arguments: what the record is called, the column that says which, columns that are only bookkeeping.
create function log_created() returns trigger language plpgsql as $$
begin
  insert into changes_log (actor, cause, record, record_id, action, after)
  select changed_actor(), changed_cause(), tg_argv[0], (row ->> tg_argv[1])::integer, 'created', row - string_to_array(tg_argv[2], ',')
  from (select to_jsonb(entered) as row from entered) as rows
  -- What a run makes by the thousand says so itself: its run_id.
  where row ->> 'run_id' is null;
  return null;
end $$;

create function log_changed() returns trigger language plpgsql as $$
begin
  insert into changes_log (actor, cause, record, record_id, action, before, after)
  select changed_actor(), changed_cause(), tg_argv[0], (now_is ->> tg_argv[1])::integer, 'changed',
    what_differs(was, now_is), what_differs(now_is, was)
  from (
    select to_jsonb(leaving) - string_to_array(tg_argv[2], ',') as was, to_jsonb(entered) - string_to_array(tg_argv[2], ',') as now_is
    from leaving join entered using (id)
  ) as rows
  where was is distinct from now_is;
  return null;
end $$;

create function log_deleted() returns trigger language plpgsql as $$
begin
  insert into changes_log (actor, cause, record, record_id, action, before)
  select changed_actor(), changed_cause(), tg_argv[0], (row ->> tg_argv[1])::integer, 'deleted', row - string_to_array(tg_argv[2], ',')
  from (select to_jsonb(leaving) as row from leaving) as rows;
  return null;
end $$;

-- The night marks whole days at once: the registration itself says that it was the night. Only what a person or a cancellation does is kept.
create function log_changed_places() returns trigger language plpgsql as $$
begin
  insert into changes_log (actor, cause, record, record_id, action, before, after)
  select changed_actor(), changed_cause(), 'registration', entered.id, 'changed',
    jsonb_build_object('status', leaving.status, 'excused_at', leaving.excused_at),
    jsonb_build_object('status', entered.status, 'excused_at', entered.excused_at, 'student_id', entered.student_id,
      'real_training_id', entered.real_training_id)
  from leaving join entered using (id)
  where (leaving.status, leaving.excused_at) is distinct from (entered.status, entered.excused_at)
    and not (leaving.status = 'REGISTERED' and entered.status = 'PRESENT' and entered.marked_by = 'automatic');
  return null;
end $$;

do $$
declare
  kept record;
begin
  for kept in
    select * from (values
      ('users', 'person', 'id', 'created_at'),
      ('students', 'student', 'id', ''),
      ('specialists', 'specialist', 'id', ''),
      ('training_types', 'training type', 'id', ''),
      ('training_templates', 'training template', 'id', ''),
      ('training_student_templates', 'standing place', 'id', ''),
      ('real_trainings', 'training', 'id', 'processed_at,cancellation,run_id'),
      ('subscriptions', 'subscription of the catalogue', 'id', ''),
      ('student_subscriptions', 'subscription', 'id', 'sessions_left'),
      ('services', 'service', 'id', ''),
      ('service_packages', 'service package', 'id', ''),
      ('client_discounts', 'client discount', 'id', '')
    ) as list (relation, record, id_column, bookkeeping)
  loop
    execute format('create trigger log_created after insert on %I referencing new table as entered for each statement
      execute function log_created(%L, %L, %L)', kept.relation, kept.record, kept.id_column, kept.bookkeeping);
    execute format('create trigger log_changed after update on %I referencing old table as leaving new table as entered for each statement
      execute function log_changed(%L, %L, %L)', kept.relation, kept.record, kept.id_column, kept.bookkeeping);
    execute format('create trigger log_deleted after delete on %I referencing old table as leaving for each statement
      execute function log_deleted(%L, %L, %L)', kept.relation, kept.record, kept.id_column, kept.bookkeeping);
  end loop;
end $$;

create trigger log_created after insert on real_training_students referencing new table as entered for each statement
  execute function log_created('registration', 'id', 'returns,created_at');
create trigger log_changed after update on real_training_students referencing old table as leaving new table as entered for each statement
  execute function log_changed_places();

-- Rights: who has which role, who looks after whom, and who commands. They have no id of their own: the person's.
create trigger log_created after insert on user_roles referencing new table as entered for each statement
  execute function log_created('role', 'user_id', '');
create trigger log_deleted after delete on user_roles referencing old table as leaving for each statement
  execute function log_deleted('role', 'user_id', '');
create trigger log_created after insert on guardians referencing new table as entered for each statement
  execute function log_created('guardian', 'student_id', 'created_at');
create trigger log_deleted after delete on guardians referencing old table as leaving for each statement
  execute function log_deleted('guardian', 'student_id', 'created_at');
create trigger log_created after insert on bot_commanders referencing new table as entered for each statement
  execute function log_created('command right', 'user_id', '');
create trigger log_deleted after delete on bot_commanders referencing old table as leaving for each statement
  execute function log_deleted('command right', 'user_id', '');
