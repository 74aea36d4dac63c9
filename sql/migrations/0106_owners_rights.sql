-- Which role a change of rights is about: whoever reads of an owner must not read of an admin. What an owner is given or loses beside being
-- an admin is a change of its own: an owner may change the rights of others.
alter table rights_changes add role text not null default 'admin' check (role in ('admin', 'owner'));

create or replace function rights_follow_roles() returns trigger language plpgsql as $$
declare
  person users;
  is_still_admin boolean;
  was_admin boolean;
begin
  if tg_op in ('DELETE', 'UPDATE') and is_admin_role(old.role) then
    select * into person from users where id = old.user_id;
    is_still_admin := exists (select from user_roles where user_id = old.user_id and is_admin_role(role));
    if not is_still_admin then
      delete from bot_commanders where user_id = old.user_id;
    end if;
    if person.id is not null and (not is_still_admin or (old.role = 'owner' and not (tg_op = 'UPDATE' and new.role = 'owner'))) then
      insert into rights_changes (user_id, name, change, role, was, now_is)
      values (person.id, concat_ws(' ', person.first_name, nullif(person.last_name, '')), 'revoked', old.role, person.telegram_id, person.telegram_id);
    end if;
  end if;
  if tg_op in ('INSERT', 'UPDATE') and is_admin_role(new.role) then
    select * into person from users where id = new.user_id;
    was_admin := exists (select from user_roles where user_id = new.user_id and is_admin_role(role) and role <> new.role);
    if not was_admin then
      insert into bot_commanders (user_id, telegram_id, granted_by) select person.id, person.telegram_id, 'role'
      where person.telegram_id is not null
      on conflict (user_id) do update set telegram_id = excluded.telegram_id, granted_by = excluded.granted_by, granted_at = now();
    end if;
    if not was_admin or new.role = 'owner' then
      insert into rights_changes (user_id, name, change, role, was, now_is)
      values (person.id, concat_ws(' ', person.first_name, nullif(person.last_name, '')), 'granted', new.role, person.telegram_id, person.telegram_id);
    end if;
  end if;
  return null;
end $$;

create or replace function admins_telegram_is_noted() returns trigger language plpgsql as $$
begin
  if exists (select from user_roles where user_id = new.id and is_admin_role(role)) then
    insert into rights_changes (user_id, name, change, role, was, now_is)
    values (new.id, concat_ws(' ', new.first_name, nullif(new.last_name, '')), 'telegram',
      (select max(role) from user_roles where user_id = new.id and is_admin_role(role)), old.telegram_id, new.telegram_id);
  end if;
  return null;
end $$;
