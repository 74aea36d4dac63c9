-- Delivery: what goes first, what it is about, how much of it has arrived.
alter table notifications
  add priority smallint not null default 1 check (priority between 0 and 2),
  add occasion_at timestamptz,
  add parts_sent smallint not null default 0,
  add in_line boolean not null default false;
comment on column notifications.priority is '2 urgent, 1 normal, 0 digest: the higher one leaves first';
comment on column notifications.occasion_at is 'when what it is about begins';
comment on column notifications.parts_sent is 'how many parts of a long text have arrived';
comment on column notifications.in_line is 'send_after is nothing but its place behind the others of its chat';
create index notifications_front on notifications (priority, send_after, id) where status = 'pending' and chat_id is not null;
create index notifications_of_chat on notifications (chat_id, priority desc, id) where status = 'pending';

-- The limits of the whole fleet (D37). Thirty permits: whoever sends holds one, and it rests a second after the answer. So
-- no second sees more than thirty messages, however late one of them arrives.
create table telegram_permits (
  no smallint primary key,
  free_at timestamptz not null default now(),
  holder uuid
);
insert into telegram_permits (no) select generate_series(1, 30);

-- One message at a time to a chat, a second's rest after it; of a group the latest twenty.
create table telegram_chats (
  chat_id bigint primary key,
  free_at timestamptz not null default now(),
  holder uuid,
  held_until timestamptz,
  recent timestamptz[] not null default '{}',
  flooded_at timestamptz,
  blocked_at timestamptz
);
create index on telegram_chats (free_at);
create index on telegram_chats (held_until) where held_until is not null;
comment on column telegram_chats.recent is 'the latest messages, newest first; one in flight stands as the end of its claim';
comment on column telegram_chats.blocked_at is 'it refused us (403); until it writes again nothing is sent to it';

-- Telegram refused the bot as a whole: nothing leaves before that.
create table telegram_gate (
  id boolean primary key default true check (id),
  closed_until timestamptz not null default '-infinity'
);
insert into telegram_gate default values;

-- When people want to be left alone, and of what they do not want to hear.
alter table users
  add quiet_from time check (quiet_from < '24:00'),
  add quiet_until time check (quiet_until < '24:00'),
  add constraint quiet_hours_are_a_pair check ((quiet_from is null) = (quiet_until is null));
comment on column users.quiet_from is 'null: the studio''s quiet hours; the same as quiet_until: none';
create table notification_preferences (
  user_id integer not null references users on delete cascade,
  kind text not null,
  is_on boolean not null,
  primary key (user_id, kind)
);
create table notification_switches (
  kind text primary key,
  is_on boolean not null
);

-- Trouble is told once, then counted, then told to be over.
create table alerts (
  fingerprint text primary key,
  template text not null,
  params jsonb not null default '{}',
  first_at timestamptz not null,
  last_at timestamptz not null,
  count integer not null default 1,
  episode integer not null default 1,
  told_at timestamptz not null,
  told_count integer not null default 1,
  recovered_at timestamptz,
  muted_until timestamptz
);
comment on column alerts.count is 'how often it happened in this episode, which began at first_at';

-- What the owners are told of the schedule, and what they have been.
create table schedule_changes (
  id bigint generated always as identity primary key,
  changed_at timestamptz not null default now(),
  location_id integer,
  real_training_id integer not null references real_trainings on delete cascade,
  change text not null check (change in ('created', 'cancelled', 'moved', 'room', 'trainer', 'places')),
  was jsonb not null default '{}',
  told_at timestamptz,
  people_told_at timestamptz
);
comment on column schedule_changes.told_at is 'when it went into the admins'' digest; people_told_at: when those it concerns were told';
create index schedule_changes_untold on schedule_changes (id) where told_at is null;
create index schedule_changes_people_untold on schedule_changes (id)
  where people_told_at is null and change in ('moved', 'room', 'trainer');

create function schedule_changes_are_noted() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into schedule_changes (location_id, real_training_id, change)
    select location_id, made.id, 'created' from made left join rooms on rooms.id = made.room_id;
    return null;
  end if;
  insert into schedule_changes (location_id, real_training_id, change, was)
  select location_id, after.id, change,
    jsonb_build_object('training_date', before.training_date, 'start_time', before.start_time, 'trainer_id', before.trainer_id,
      'room_id', before.room_id, 'max_participants', before.max_participants)
  from after
  join before using (id)
  left join rooms on rooms.id = after.room_id
  cross join lateral (values
    ('cancelled', after.status = 'cancelled' and before.status <> 'cancelled'),
    ('moved', after.starts_at <> before.starts_at),
    ('room', after.room_id is distinct from before.room_id),
    ('trainer', after.trainer_id <> before.trainer_id),
    ('places', after.max_participants <> before.max_participants)
  ) as seen (change, happened)
  where happened;
  return null;
end $$;
create trigger created_is_noted after insert on real_trainings
  referencing new table as made for each statement execute function schedule_changes_are_noted();
create trigger change_is_noted after update on real_trainings
  referencing old table as before new table as after for each statement execute function schedule_changes_are_noted();

-- An exam for a belt, as far as telling of it needs.
create table belt_exams (
  id integer generated always as identity primary key,
  student_id integer not null references students on delete cascade,
  belt text not null check (char_length(belt) between 1 and 60),
  exam_at timestamptz not null,
  location_id integer references locations,
  created_at timestamptz not null default now()
);
create index on belt_exams (exam_at);

-- Services outside and whether they work for us (D40).
create table outside_services (
  name text primary key,
  status text not null default 'active' check (status in ('active', 'payment_required')),
  since timestamptz not null default now(),
  error text
);

create index invoices_past_due on invoices (due_date) where status = 'UNPAID' and due_date is not null;
create index registrations_missed on real_training_students (student_id) where status = 'ABSENT';
