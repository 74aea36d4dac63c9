-- Who may command the bot (D46): an admin, from the one Telegram account that somebody with the right to has granted it to. An admin
-- whose Telegram becomes another one, by a link or otherwise, does not command from there by that alone.
create table bot_commanders (
  user_id integer primary key references users on delete cascade,
  telegram_id bigint not null check (telegram_id > 0),
  granted_by text not null,
  granted_at timestamptz not null default now()
);
insert into bot_commanders (user_id, telegram_id, granted_by)
select users.id, telegram_id, 'before there were rights' from users
where telegram_id is not null and exists (select from user_roles where user_id = users.id and role = 'admin');

-- What the admins, and the chat it was about, are to be notified of.
create table rights_changes (
  id bigint generated always as identity primary key,
  user_id integer not null,
  name text not null,
  change text not null check (change in ('granted', 'revoked', 'telegram', 'confirmed', 'withdrawn')),
  was bigint,
  now_is bigint,
  changed_at timestamptz not null default now(),
  told_at timestamptz
);
create index on rights_changes (id) where told_at is null;
create index on rights_changes (changed_at);

create function is_admin_role(role text) returns boolean language sql immutable as $$ select role in ('admin', 'owner') $$;

-- Whoever becomes an admin commands from the Telegram they have at that moment, and whoever is none any more does not.
create function rights_follow_roles() returns trigger language plpgsql as $$
declare
  person users;
begin
  if tg_op in ('DELETE', 'UPDATE') and is_admin_role(old.role) then
    select * into person from users where id = old.user_id;
    if found and not exists (select from user_roles where user_id = old.user_id and is_admin_role(role)) then
      delete from bot_commanders where user_id = old.user_id;
      insert into rights_changes (user_id, name, change, was, now_is)
      values (person.id, concat_ws(' ', person.first_name, nullif(person.last_name, '')), 'revoked', person.telegram_id, person.telegram_id);
    end if;
  end if;
  if tg_op in ('INSERT', 'UPDATE') and is_admin_role(new.role) then
    select * into person from users where id = new.user_id;
    if not exists (select from user_roles where user_id = new.user_id and is_admin_role(role) and role <> new.role) then
      insert into bot_commanders (user_id, telegram_id, granted_by) select person.id, person.telegram_id, 'role'
      where person.telegram_id is not null
      on conflict (user_id) do update set telegram_id = excluded.telegram_id, granted_by = excluded.granted_by, granted_at = now();
      insert into rights_changes (user_id, name, change, was, now_is)
      values (person.id, concat_ws(' ', person.first_name, nullif(person.last_name, '')), 'granted', person.telegram_id, person.telegram_id);
    end if;
  end if;
  return null;
end $$;
create trigger rights_follow_roles after insert or update or delete on user_roles
  for each row execute function rights_follow_roles();

create function admins_telegram_is_noted() returns trigger language plpgsql as $$
begin
  if exists (select from user_roles where user_id = new.id and is_admin_role(role)) then
    insert into rights_changes (user_id, name, change, was, now_is)
    values (new.id, concat_ws(' ', new.first_name, nullif(new.last_name, '')), 'telegram', old.telegram_id, new.telegram_id);
  end if;
  return null;
end $$;
create trigger admins_telegram_is_noted after update of telegram_id on users
  for each row when (old.telegram_id is distinct from new.telegram_id) execute function admins_telegram_is_noted();
