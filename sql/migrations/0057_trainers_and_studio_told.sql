-- How many places of a training its trainer knows to be taken.
create table seats_told (
  real_training_id integer primary key references real_trainings on delete cascade,
  seated integer not null,
  told_at timestamptz not null default now()
);

-- What the studio is to be told of its clients, a few at a time.
create table studio_news (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('last_session', 'subscription_ended', 'unreached')),
  user_id integer not null references users on delete cascade,
  params jsonb not null default '{}',
  dedupe_key text not null constraint news_is_noted_already unique,
  is_urgent boolean not null default false,
  happened_at timestamptz not null default now(),
  told_at timestamptz
);
create index studio_news_untold on studio_news (id) where told_at is null;
create index on studio_news (user_id);
create index studio_news_told on studio_news (told_at) where told_at is not null;
