-- A row where the studio is the demo: nobody's real data, so whoever starts it may look around as anybody.
create table demo_studio (
  is_demo boolean primary key default true check (is_demo),
  loaded_at timestamptz not null default now()
);

-- A link of the demo studio signs in once, without a password.
create table demo_links (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  user_id integer not null references users on delete cascade,
  expires_at timestamptz not null
);
create index on demo_links (user_id);
