-- What the studio's admins are to look at. A done task is hidden from the lists some day, never deleted.
create table admin_tasks (
  id integer generated always as identity primary key,
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
  title text not null check (char_length(title) between 1 and 500),
  details jsonb not null default '{}',
  dedupe_key text constraint task_is_written_already unique check (char_length(dedupe_key) between 1 and 255),
  created_by text not null default 'system',
  created_at timestamptz not null default now(),
  done_at timestamptz,
  done_by text,
  hidden_at timestamptz,
  check ((done_at is null) = (done_by is null)),
  check (hidden_at is null or done_at is not null)
);
comment on column admin_tasks.dedupe_key is 'what is written under a key is written once, also after it was done';
create index admin_tasks_shown on admin_tasks (id) where hidden_at is null;
create index admin_tasks_to_hide on admin_tasks (done_at) where hidden_at is null;

alter table real_trainings add overlooked_at timestamptz;
comment on column real_trainings.overlooked_at is 'when it was found to be past and still scheduled: nobody had completed it';
create index real_trainings_open on real_trainings (training_date) where status = 'scheduled';

-- Runs that have left the history, by the month (of the studio) they were asked for in.
create table process_history_monthly (
  month date not null check (extract(day from month) = 1),
  process_type text not null,
  runs integer not null,
  success integer not null,
  partial integer not null,
  error integer not null,
  timed_runs integer not null,
  seconds numeric not null,
  longest_seconds numeric,
  trainings_processed bigint not null,
  students_processed bigint not null,
  students_added bigint not null,
  sessions_deducted bigint not null,
  invoices_created bigint not null,
  errors_count bigint not null,
  last_success_at timestamptz,
  primary key (process_type, month)
);
comment on column process_history_monthly.timed_runs is 'runs that were started and have ended; seconds is their sum, in microseconds exact';

-- What a run has made outlives its row in the history: with a reference, one deleted row would rewrite all it made.
alter table real_trainings drop constraint real_trainings_run_id_fkey;
alter table real_training_students drop constraint real_training_students_run_id_fkey;
alter table invoices drop constraint invoices_run_id_fkey;
comment on column real_trainings.run_id is 'no reference: the training outlives the history row';
comment on column real_training_students.run_id is 'no reference: the registration outlives the history row';
comment on column invoices.run_id is 'no reference: the invoice outlives the history row';
-- The references that stay are looked up for every deleted row.
create index schedule_ticks_by_run on schedule_ticks (run_id) where run_id is not null;
create index history_by_predecessor on automated_process_history (after_run_id) where after_run_id is not null;

-- Where each retention starts.
create index history_by_end on automated_process_history (completed_at) where completed_at is not null;
create index notifications_over on notifications (created_at) where status <> 'pending';
create index finance_requests_decided on finance_requests (decided_at) where status <> 'open';
create index subscriptions_not_over on student_subscriptions (end_date) where status in ('active', 'frozen');
