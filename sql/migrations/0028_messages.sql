-- What a message is about, so that about one subject messages leave in order and outdated ones are not sent.
alter table notifications add subjects text[] not null default '{}';
comment on column notifications.subjects is 'such as booking:17; of one reader and subject, messages leave in the order of their ids';
comment on column notifications.chat_id is 'of a person: where they are now, kept by the trigger people_are_followed';
create index notifications_of_person on notifications (user_id, id) where status = 'pending' and user_id is not null;

-- Ids of people are greater than 0: what is not is a group.
update users set telegram_id = null where telegram_id <= 0;
alter table users add constraint users_telegram_id_is_a_person check (telegram_id > 0);

-- What waits for a person goes to where they are when it is sent.
create function people_are_followed() returns trigger language plpgsql as $$
begin
  update notifications note set
    chat_id = new.telegram_id,
    status = case when new.telegram_id is null then 'skipped' when blocked.chat_id is not null then 'undeliverable' else 'pending' end,
    error = case when new.telegram_id is null then 'no Telegram id' when blocked.chat_id is not null then 'blocked the bot' end,
    parts_sent = 0
  from (values (new.telegram_id)) as now_at (chat_id)
  left join telegram_chats blocked on blocked.chat_id = now_at.chat_id and blocked.blocked_at is not null
  where note.user_id = new.id and note.status = 'pending';
  return null;
end $$;
create trigger people_are_followed after update of telegram_id on users
  for each row when (old.telegram_id is distinct from new.telegram_id) execute function people_are_followed();

-- A group that becomes a supergroup gets another id.
create table telegram_moved_chats (
  old_id bigint primary key,
  new_id bigint not null check (new_id <> old_id),
  moved_at timestamptz not null default now()
);
create index on telegram_moved_chats (new_id);

-- Whether what admins must hear reaches them.
alter table telegram_chats add refused_at timestamptz;
comment on column telegram_chats.refused_at is 'the latest message to it did not arrive and never will; null once one does, or somebody writes there';

alter table telegram_gate add closed_since timestamptz;
comment on column telegram_gate.closed_since is 'when it was closed; closings less than a minute apart are one';

-- Nobody is believed to want to be left alone for longer than an hour.
update telegram_gate set closed_until = least(closed_until, now() + interval '1 hour');
update telegram_chats set free_at = least(free_at, now() + interval '1 hour');
update notifications set send_after = least(send_after, now() + interval '1 hour') where status = 'pending' and in_line;
