-- Alarms that arrive: who has taken note of an alert, and what left about it by other ways than Telegram.
alter table alerts
  add id integer generated always as identity,
  add acknowledged_at timestamptz,
  add acknowledged_by text,
  add constraint alerts_have_one_id unique (id),
  add constraint acknowledged_by_somebody check ((acknowledged_at is null) = (acknowledged_by is null));

create table alarm_letters (
  id bigint generated always as identity primary key,
  fingerprint text not null references alerts on delete cascade,
  episode integer not null,
  step text not null check (step in ('raised', 'unanswered', 'over')),
  channel text not null check (channel in ('email', 'sms')),
  address text not null,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed', 'skipped')),
  attempts integer not null default 0,
  send_after timestamptz not null,
  sent_at timestamptz,
  error text,
  constraint one_letter_of_an_alarm unique (fingerprint, episode, step, channel, address)
);
comment on column alarm_letters.step is 'it began; nobody has taken note of it for 15 minutes; it is over';
create index alarm_letters_pending on alarm_letters (send_after) where status = 'pending';
create index alarm_letters_short on alarm_letters (address, sent_at) where channel = 'sms' and status = 'sent';

-- Whether a channel answers when nothing is to be sent, looked at by the notifier.
create table channel_checks (
  channel text primary key check (channel in ('telegram', 'email')),
  failures integer not null check (failures >= 0),
  error text,
  checked_at timestamptz not null
);
comment on column channel_checks.failures is 'in a row; 0: the last check went well';

alter table worker_beats add skew_ms integer;
comment on column worker_beats.skew_ms is 'the database''s clock less the host''s, when the worker was last heard of';
