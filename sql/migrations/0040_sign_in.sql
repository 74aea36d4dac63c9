-- People sign in. Roles are called as the studio calls them: who was a specialist is a trainer.
alter table user_roles drop constraint user_roles_role_check;
update user_roles set role = 'trainer' where role = 'specialist';
alter table user_roles add constraint user_roles_role_check check (role in ('owner', 'admin', 'trainer', 'client', 'vending_owner'));

-- The version before still writes the old name while an update rolls on.
create function specialists_are_trainers() returns trigger language plpgsql as $$
begin
  new.role := 'trainer';
  return new;
end $$;
create trigger specialists_are_trainers before insert or update on user_roles
  for each row when (new.role = 'specialist') execute function specialists_are_trainers();

alter table users add column login text constraint users_login_is_taken unique check (login ~ '^[a-z][a-z0-9._-]{2,49}$');
create index on users (lower(email)) where email is not null;

-- What a trainer must know of somebody's health.
alter table students add column health_note text check (char_length(health_note) <= 2000);

create table passwords (
  user_id integer primary key references users on delete cascade,
  hash text not null check (hash ~ '^\$(argon2id|2[abxy])\$'),
  set_at timestamptz not null default now()
);

-- A session is found by the hash of its token; ended ones are deleted.
create table sessions (
  id bigint generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  opened_by text not null check (opened_by in ('password', 'telegram', 'telegram-app', 'link', 'code')),
  -- Must set up a second factor before anything else.
  is_limited boolean not null default false,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  agent text not null default '' check (char_length(agent) <= 300),
  address text not null default ''
);
create index on sessions (user_id);
create index on sessions (expires_at);

-- Failures in a row, of an account (by the hash of what was typed) and a device; '' stands for all that never signed in.
create table sign_in_failures (
  login_hash bytea not null check (octet_length(login_hash) = 32),
  device text not null,
  failures integer not null check (failures > 0),
  last_at timestamptz not null,
  primary key (login_hash, device)
);
create index on sign_in_failures (last_at);

-- One-time links: an invitation (with a role, for somebody who may not be known yet), the first owner's, a new password.
create table sign_in_links (
  id bigint generated always as identity primary key,
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  purpose text not null check (purpose in ('invitation', 'first owner', 'password')),
  user_id integer references users on delete cascade,
  login text,
  first_name text,
  last_name text,
  role text check (role in ('owner', 'admin', 'trainer', 'client')),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((purpose = 'password') = (role is null)),
  check (purpose <> 'password' or user_id is not null)
);
create index on sign_in_links (user_id);
create index on sign_in_links (expires_at);

-- What the processes sign with: made by whoever needs it first.
create table signing_secrets (name text primary key, value bytea not null check (octet_length(value) = 32));

-- Who looks after whom. A guardian's rights end when the student is 18, unless allowed longer.
create table guardians (
  guardian_id integer not null references users on delete cascade,
  student_id integer not null references students on delete cascade,
  allowed_after_18 boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (guardian_id, student_id),
  constraint guardians_are_somebody_else check (guardian_id <> student_id)
);
create index on guardians (student_id);

-- Whoever pays for somebody is a guardian from then on.
create function payers_are_guardians() returns trigger language plpgsql as $$
begin
  insert into guardians (guardian_id, student_id) values (new.payer_id, new.id) on conflict do nothing;
  return null;
end $$;
create trigger payers_are_guardians after insert or update of payer_id on students
  for each row when (new.payer_id <> new.id) execute function payers_are_guardians();
insert into guardians (guardian_id, student_id) select payer_id, id from students where payer_id <> id;

create function is_guarded(birth_date date, allowed_after_18 boolean, today date) returns boolean language sql immutable as $$
  select allowed_after_18 or birth_date is null or birth_date > today - interval '18 years'
$$;

-- A session ends with a role of its person, and with the person's being active.
create function sessions_end_with_roles() returns trigger language plpgsql as $$
begin
  delete from sessions where user_id = old.user_id;
  return null;
end $$;
create trigger sessions_end_with_roles after delete or update on user_roles
  for each row execute function sessions_end_with_roles();
create function sessions_end_with_people() returns trigger language plpgsql as $$
begin
  delete from sessions where user_id = new.id;
  return null;
end $$;
create trigger sessions_end_with_people after update of is_active on users
  for each row when (old.is_active and not new.is_active) execute function sessions_end_with_people();
