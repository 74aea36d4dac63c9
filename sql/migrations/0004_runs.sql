-- The book: one row for each execution of a process for a date, from the moment it is asked for.
create table automated_process_history (
  id integer generated always as identity primary key,
  process_type text not null,
  run_key text not null,
  attempt integer not null default 1 check (attempt >= 1),
  process_date date not null,
  scheduled_for timestamptz,
  requested_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz,
  status text not null default 'queued' check (status in ('queued', 'running', 'success', 'partial', 'error')),
  trainings_processed integer not null default 0,
  students_processed integer not null default 0,
  students_added integer not null default 0,
  sessions_deducted integer not null default 0,
  invoices_created integer not null default 0,
  errors_count integer not null default 0,
  params jsonb not null default '{}',
  progress jsonb,
  details jsonb not null default '{}',
  result json,
  error_message text,
  created_by text not null default 'system',
  api_key_used text,
  request_id text,
  job_id text,
  rings integer not null default 0,
  rung_at timestamptz,
  interruptions integer not null default 0,
  constraint one_attempt unique (process_type, run_key, attempt),
  check ((status in ('success', 'partial', 'error')) = (completed_at is not null))
);
comment on column automated_process_history.result is 'json, not jsonb: the answer keeps the order of its fields';
comment on column automated_process_history.rings is 'how often a queue job was asked to look at this run';
comment on column automated_process_history.interruptions is 'how often its runner vanished in the middle';
create unique index one_live_run on automated_process_history (process_type, run_key) where status in ('queued', 'running');
create index on automated_process_history (process_date, id);
create index on automated_process_history (process_type, completed_at);

alter table real_trainings add foreign key (run_id) references automated_process_history on delete set null;
alter table real_training_students add foreign key (run_id) references automated_process_history on delete set null;

create table schedules (
  name text primary key,
  known_since timestamptz not null,
  paused_at timestamptz,
  paused_by text
);

-- The ledger of the timetable: what became of every nominal tick.
create table schedule_ticks (
  schedule text not null,
  nominal_at timestamptz not null,
  outcome text not null check (outcome in ('enqueued', 'caught_up', 'skipped')),
  reason text,
  run_id integer references automated_process_history on delete set null,
  decided_at timestamptz not null default now(),
  deadline_at timestamptz,
  alarmed_at timestamptz,
  primary key (schedule, nominal_at),
  check (outcome <> 'skipped' or reason is not null)
);
create index schedule_ticks_by_time on schedule_ticks (nominal_at);
create index schedule_ticks_watched on schedule_ticks (deadline_at) where alarmed_at is null and deadline_at is not null;

-- Who may act as the scheduler until when, by the database's clock.
create table leases (
  name text primary key,
  holder text not null,
  expires_at timestamptz not null
);

-- The last canary each worker consumed from its own queue.
create table worker_beats (
  worker text not null,
  host text not null,
  pid integer not null,
  seen_at timestamptz not null default now(),
  primary key (worker, host)
);
