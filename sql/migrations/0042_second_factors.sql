-- Second factors: the secret of an authenticator app, encrypted, in force once a code of it was shown.
create table totp_secrets (
  user_id integer primary key references users on delete cascade,
  secret bytea not null,
  made_at timestamptz not null default now(),
  confirmed_at timestamptz,
  -- The time step of the last code that was used: each is used once.
  last_step bigint
);
create table recovery_codes (
  user_id integer not null references totp_secrets on delete cascade,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  used_at timestamptz,
  primary key (user_id, code_hash)
);

create table sign_in_rules (
  is_only boolean primary key default true check (is_only),
  staff_totp text not null default 'optional' check (staff_totp in ('optional', 'required')),
  changed_by text,
  changed_at timestamptz
);
comment on table sign_in_rules is 'one row: what the studio demands of those who sign in';
insert into sign_in_rules default values;

-- Whoever gets a role that commands: links that were made for somebody who did not command end (D46).
create function links_end_with_command() returns trigger language plpgsql as $$
begin
  delete from sign_in_links where user_id = new.user_id and used_at is null;
  return null;
end $$;
create trigger links_end_with_command after insert on user_roles
  for each row when (is_admin_role(new.role)) execute function links_end_with_command();

-- Sessions of whoever begins to work here are as short as those of staff from then on.
create function sessions_shrink_with_roles() returns trigger language plpgsql as $$
begin
  update sessions set expires_at = least(expires_at, now() + interval '12 hours') where user_id = new.user_id;
  return null;
end $$;
create trigger sessions_shrink_with_roles after insert on user_roles
  for each row when (new.role <> 'client') execute function sessions_shrink_with_roles();
