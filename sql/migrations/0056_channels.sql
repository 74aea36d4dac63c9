-- By which channel a message goes, which ones have refused it, and who is to be called because none is left.
alter table notifications
  add channel text default 'telegram' check (channel in ('telegram', 'push', 'email', 'sms', 'call')),
  add tried text[] not null default '{}';
comment on column notifications.channel is 'null: the notifier chooses the first one the person has; call: there was none';
comment on column notifications.tried is 'channels that refused this message for good';
comment on column notifications.chat_id is 'of a person: where they are now, kept by the trigger people_are_followed; null where it does not go by Telegram';
create index notifications_by_other_channels on notifications (priority desc, id)
  where status = 'pending' and user_id is not null and chat_id is null;
create index notifications_told_together on notifications (user_id, created_at) where user_id is not null;

-- Addresses that refused us for good: nothing is sent there until the address is another one, or a month has passed.
create table refused_addresses (
  channel text not null check (channel in ('push', 'email', 'sms')),
  address text not null,
  refused_at timestamptz not null default now(),
  error text not null,
  primary key (channel, address)
);

-- What waits for a person goes to where they are when it is sent; without Telegram, by another channel.
create or replace function people_are_followed() returns trigger language plpgsql as $$
declare
  is_blocked boolean := exists (select from telegram_chats where chat_id = new.telegram_id and blocked_at is not null);
  is_reached boolean := new.telegram_id is not null and not is_blocked;
begin
  update notifications note set
    chat_id = case when is_reached then new.telegram_id end,
    channel = case when is_reached then 'telegram' end,
    tried = case when is_blocked then array_append(array_remove(tried, 'telegram'), 'telegram') else array_remove(tried, 'telegram') end,
    parts_sent = 0
  where note.user_id = new.id and note.status = 'pending' and (note.channel is null or note.channel = 'telegram');
  return null;
end $$;

-- One open task a person holds everything they are to be called about.
alter table admin_tasks add user_id integer references users on delete cascade;
comment on column admin_tasks.user_id is 'whom to call; null for tasks about nobody in particular';
create unique index one_open_call_a_person on admin_tasks (user_id) where kind = 'call' and done_at is null;
create index on admin_tasks (user_id) where user_id is not null;
