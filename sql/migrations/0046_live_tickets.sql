-- A ticket opens one socket for a session, within a minute. It ends with its session.
create table live_tickets (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  session_id bigint not null references sessions on delete cascade,
  expires_at timestamptz not null
);
create index on live_tickets (session_id);
