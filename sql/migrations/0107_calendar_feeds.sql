-- A calendar program reads somebody's days by a link that is known by its hash; a new link makes the one before void.
create table calendar_links (
  user_id integer primary key references users on delete cascade,
  token_hash bytea not null constraint calendar_link_is_known_once unique check (octet_length(token_hash) = 32),
  created_at timestamptz not null default now()
);

-- What a feed has said: the uid stays, and the sequence grows with each change that is read (RFC 5545). What is gone is said to be cancelled.
create table calendar_entries (
  user_id integer not null references users on delete cascade,
  occasion text not null,
  uid uuid not null default gen_random_uuid(),
  sequence integer not null default 0,
  content jsonb not null,
  ends_at timestamptz not null,
  changed_at timestamptz not null default now(),
  primary key (user_id, occasion)
);
comment on column calendar_entries.occasion is 'training:17:5 (of the student 5), given:17 (by the trainer), booking:12';
