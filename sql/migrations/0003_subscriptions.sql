create table subscriptions (
  id integer generated always as identity primary key,
  name text not null constraint subscriptions_name_is_taken unique check (char_length(name) between 1 and 100),
  price_minor bigint not null check (price_minor between 0 and 1000000000000),
  number_of_sessions integer check (number_of_sessions > 0),
  validity_days integer not null check (validity_days between 1 and 3660),
  is_active boolean not null default true
);
comment on column subscriptions.number_of_sessions is 'null: unlimited';

create table student_subscriptions (
  id integer generated always as identity primary key,
  student_id integer not null references students,
  subscription_id integer not null references subscriptions,
  start_date date not null,
  end_date date not null,
  sessions_left integer check (sessions_left >= 0),
  transferred_sessions integer not null default 0 check (transferred_sessions >= 0),
  is_auto_renew boolean not null default false,
  freeze_start_date date,
  freeze_end_date date,
  status text not null default 'active' check (status in ('active', 'frozen', 'expired', 'cancelled')),
  renewed_from_id integer constraint renewed_already unique references student_subscriptions,
  created_at timestamptz not null default now(),
  check (end_date >= start_date),
  check ((freeze_start_date is null) = (freeze_end_date is null)),
  check (freeze_end_date >= freeze_start_date)
);
comment on column student_subscriptions.sessions_left is 'null: unlimited';
create index on student_subscriptions (student_id, end_date);
