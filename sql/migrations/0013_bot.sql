-- What Telegram brought, whichever way: each update once, and what it was answered. Effects, answers and the mark that it
-- is decided are one transaction.
create table bot_updates (
  update_id bigint primary key,
  chat_id bigint,
  payload jsonb,
  received_at timestamptz not null default now(),
  tries integer not null default 0,
  decided_at timestamptz,
  answers jsonb not null default '[]',
  answered integer not null default 0,
  send_after timestamptz not null default now(),
  done_at timestamptz,
  error text,
  check (done_at is null or payload is null)
);
comment on column bot_updates.payload is 'null once decided: what people write, and the tokens in it, are not kept';
comment on column bot_updates.answered is 'how many of the answers have been given';
create index bot_updates_open on bot_updates (update_id) where done_at is null;
create index on bot_updates (received_at);

-- Strangers are told one line, and not more than once a minute.
create table bot_strangers (
  chat_id bigint primary key,
  told_at timestamptz not null default now()
);

-- "Shall I?" with a button. The run and its day are fixed when it is asked; it is used once.
create table bot_confirmations (
  id integer generated always as identity primary key,
  run text not null,
  body jsonb not null,
  day date not null,
  again boolean not null,
  asked_by text not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by text,
  run_id integer references automated_process_history on delete set null,
  check ((used_at is null) = (used_by is null))
);

-- Who wants to hear how a run ends.
create table bot_watches (
  run_id integer not null references automated_process_history on delete cascade,
  chat_id bigint not null,
  locale text not null check (locale in ('ru', 'uk', 'en')),
  primary key (run_id, chat_id)
);

-- A personal link, by its hash: whoever opens it in Telegram is that person.
create table telegram_links (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  token_hash bytea not null constraint telegram_links_token_is_taken unique check (octet_length(token_hash) = 32),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by bigint,
  revoked_at timestamptz,
  check ((used_at is null) = (used_by is null))
);
create unique index one_open_telegram_link on telegram_links (user_id) where used_at is null and revoked_at is null;

-- Which bot the token belongs to, as Telegram says.
create table bot_profile (
  bot_id bigint primary key,
  username text not null,
  seen_at timestamptz not null default now()
);
