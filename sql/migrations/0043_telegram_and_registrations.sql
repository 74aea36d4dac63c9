-- Telegram's signed words of who opened a Mini App: each is taken once.
create table used_init_data (
  hash bytea primary key check (octet_length(hash) = 32),
  used_at timestamptz not null default now()
);
create index on used_init_data (used_at);

-- What people have agreed to, one document each (R30).
create table consents (
  id bigint generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  kind text not null,
  text_version text not null check (char_length(text_version) between 1 and 100),
  given_at timestamptz not null default now(),
  given_by text not null,
  withdrawn_at timestamptz check (withdrawn_at >= given_at)
);
create unique index consents_are_given_once on consents (user_id, kind, text_version) where withdrawn_at is null;

-- Who wants to become a client: nobody yet, until a code that came by e-mail or Telegram is shown.
create table registrations (
  id bigint generated always as identity primary key,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  -- Of the bot's link; null: by e-mail.
  start_hash bytea unique check (octet_length(start_hash) = 32),
  -- Of the code together with what only the browser knows; null: not sent yet.
  code_hash bytea check (octet_length(code_hash) = 32),
  tries integer not null default 0,
  first_name text not null,
  last_name text not null,
  phone text,
  email text,
  locale text check (locale in ('ru', 'uk', 'en')),
  text_version text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  user_id integer references users on delete cascade,
  check (start_hash is not null or email is not null)
);
create index on registrations (expires_at);
create index on registrations (user_id);

-- A link that was sent has done its work where it lies: nobody reads it out of the record of messages.
create function secrets_leave_with_messages() returns trigger language plpgsql as $$
begin
  new.params := jsonb_set(new.params, '{url}', '""');
  return new;
end $$;
create trigger secrets_leave_with_messages before update of status on notifications
  for each row when (new.template = 'password_link' and new.status <> 'pending')
  execute function secrets_leave_with_messages();
