create table training_types (
  id integer generated always as identity primary key,
  name text not null constraint training_types_name_is_taken unique check (char_length(name) between 1 and 100),
  max_participants integer not null check (max_participants between 0 and 10000),
  price_minor bigint not null default 0 check (price_minor between 0 and 1000000000000),
  duration_minutes integer not null check (duration_minutes between 1 and 1440),
  is_subscription_only boolean not null default false
);

create table training_templates (
  id integer generated always as identity primary key,
  day_number smallint not null check (day_number between 1 and 7),
  start_time time not null check (start_time < '24:00'),
  training_type_id integer not null references training_types,
  trainer_id integer not null references specialists,
  room_id integer references rooms,
  is_active boolean not null default true
);
create index on training_templates (day_number, start_time, id) where is_active;

create table training_student_templates (
  id integer generated always as identity primary key,
  training_template_id integer not null references training_templates on delete cascade,
  student_id integer not null references students on delete cascade,
  start_date date not null default current_date,
  is_frozen boolean not null default false,
  constraint student_is_linked_already unique (training_template_id, student_id)
);
create index on training_student_templates (student_id);

create table real_trainings (
  id integer generated always as identity primary key,
  training_template_id integer references training_templates,
  training_type_id integer not null references training_types,
  trainer_id integer not null references specialists,
  room_id integer references rooms,
  training_date date not null,
  start_time time not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  max_participants integer not null check (max_participants >= 0),
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  status text not null default 'scheduled' check (status in ('scheduled', 'completed', 'cancelled')),
  processed_at timestamptz,
  cancelled_at timestamptz,
  cancellation_reason text check (char_length(cancellation_reason) <= 500),
  run_id integer,
  created_at timestamptz not null default now(),
  -- No training lasts longer than a day, so whatever overlaps one starts less than a day before it.
  check (ends_at > starts_at and ends_at <= starts_at + interval '1 day'),
  check ((status = 'cancelled') = (cancelled_at is not null)),
  constraint one_training_per_template_and_date unique (training_template_id, training_date),
  -- D8: the authority against two trainings at once for one trainer, or in one room.
  constraint trainer_is_busy exclude using gist (trainer_id with =, tstzrange(starts_at, ends_at) with &&)
    where (status <> 'cancelled'),
  constraint room_is_busy exclude using gist (room_id with =, tstzrange(starts_at, ends_at) with &&)
    where (status <> 'cancelled' and room_id is not null)
);
create index on real_trainings (training_date, starts_at, id);
create index on real_trainings (starts_at, ends_at);
create index on real_trainings (run_id);

create table real_training_students (
  id integer generated always as identity primary key,
  real_training_id integer not null references real_trainings,
  student_id integer not null references students,
  status text not null default 'REGISTERED'
    check (status in ('REGISTERED', 'PRESENT', 'ABSENT', 'CANCELLED_SAFE', 'WAITLIST')),
  attendance_marked_at timestamptz,
  cancelled_at timestamptz,
  cancellation_reason text check (char_length(cancellation_reason) <= 500),
  run_id integer,
  created_at timestamptz not null default now(),
  constraint student_is_registered_already unique (real_training_id, student_id)
);
create index on real_training_students (student_id);
create index on real_training_students (run_id);
