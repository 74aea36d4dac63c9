create table api_keys (
  id integer generated always as identity primary key,
  name text not null check (name ~ '^[[:alnum:]_-]{1,60}$'),
  key_hash bytea not null check (octet_length(key_hash) = 32),
  scopes text[] not null check (cardinality(scopes) > 0),
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create unique index api_keys_name_is_taken on api_keys (name) where revoked_at is null;
create unique index api_keys_secret_is_taken on api_keys (key_hash) where revoked_at is null;

create table idempotency_keys (
  api_key text not null,
  key text not null check (char_length(key) between 1 and 255),
  request_hash bytea not null,
  status smallint not null,
  headers jsonb not null,
  body json,
  created_at timestamptz not null default now(),
  primary key (api_key, key)
);
create index on idempotency_keys (created_at);

-- The outbox: a message is a row, written in the transaction of its cause (D36).
create table notifications (
  id integer generated always as identity primary key,
  user_id integer references users on delete cascade,
  chat_id bigint,
  template text not null,
  params jsonb not null default '{}',
  locale text check (locale in ('ru', 'uk', 'en')),
  dedupe_key text not null constraint told_already unique,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed', 'undeliverable', 'skipped')),
  attempts integer not null default 0,
  send_after timestamptz not null default now(),
  sent_at timestamptz,
  error text,
  created_at timestamptz not null default now()
);
comment on column notifications.send_after is 'not before; while a notifier holds the message, the end of its claim';
create index notifications_due on notifications (send_after, id) where status = 'pending';
