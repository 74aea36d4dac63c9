-- Groups of students (R10): a template that names one seats its members on the date as it seats those with a standing place.
create table groups (
  id integer generated always as identity primary key,
  name text not null constraint groups_name_is_taken unique check (char_length(name) between 1 and 100),
  trainer_id integer not null references specialists,
  is_active boolean not null default true
);
create index on groups (trainer_id);

create table group_members (
  id integer generated always as identity primary key,
  group_id integer not null references groups,
  student_id integer not null references students on delete cascade,
  from_date date not null default current_date,
  to_date date,
  check (to_date >= from_date),
  constraint student_is_a_member_already exclude using gist (group_id with =, student_id with =, daterange(from_date, to_date, '[]') with &&)
);
comment on column group_members.to_date is 'the last day, inclusive; null: for good';
create index on group_members (student_id);

alter table training_templates add group_id integer references groups;
create index on training_templates (group_id);

-- A subscription may carry a schedule (R11): its holder has a standing place in these templates from its first to its last day.
create table subscription_schedules (
  id integer generated always as identity primary key,
  student_subscription_id integer not null references student_subscriptions on delete cascade,
  training_template_id integer not null references training_templates on delete cascade,
  constraint template_is_in_the_schedule_already unique (student_subscription_id, training_template_id)
);
create index on subscription_schedules (training_template_id);

-- What renews a subscription inherits its schedule, whichever way it is made.
create function schedules_are_inherited() returns trigger language plpgsql as $$
begin
  insert into subscription_schedules (student_subscription_id, training_template_id)
  select made.id, training_template_id from made join subscription_schedules on student_subscription_id = made.renewed_from_id
  on conflict do nothing;
  return null;
end $$;
create trigger schedules_are_inherited after insert on student_subscriptions referencing new table as made
  for each statement execute function schedules_are_inherited();

-- Who has a standing place in which template from which day to which, and why.
create view standing_places as
  select training_template_id, student_id, start_date, null::date as end_date, id as place_id, 'link' as kind,
    null::integer as student_subscription_id
  from training_student_templates where not is_frozen
  union all
  select template.id, member.student_id, member.from_date, member.to_date, member.id, 'group', null
  from group_members member
  join groups on groups.id = member.group_id and groups.is_active
  join training_templates template on template.group_id = member.group_id
  union all
  select schedule.training_template_id, held.student_id, held.start_date, held.end_date, schedule.id, 'subscription', held.id
  from subscription_schedules schedule
  join student_subscriptions held on held.id = schedule.student_subscription_id and held.status in ('active', 'frozen');
