-- Trainings made, moved and taken back by hand.
create table training_series (
  id integer generated always as identity primary key,
  weekdays smallint[] not null check (cardinality(weekdays) between 1 and 7),
  start_time time not null check (start_time < '24:00'),
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  made_by text not null,
  made_at timestamptz not null default now()
);
comment on table training_series is 'single trainings that were made together; what became of each, real_trainings say';

alter table real_trainings
  add column version integer not null default 1,
  add column kind text not null default 'group' constraint real_trainings_kind_is_known check (kind in ('group', 'personal', 'trial')),
  add column notes text constraint real_trainings_notes_are_short check (char_length(notes) <= 2000),
  add column series_id integer references training_series,
  add column free_until_start boolean not null default false;
create index real_trainings_of_series on real_trainings (series_id, training_date) where series_id is not null;
comment on column real_trainings.version is 'grows with every change that people see; who changes it says which one they saw';
comment on column real_trainings.free_until_start is 'it was moved less than 24 hours before a start it had: cancelling is free until it begins (R12)';
alter table bookings add column version integer not null default 1;

create function versions_grow() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
-- What the fleet notes for itself (processed_at, completed_at, cancellation, held_until, moves) changes nothing that somebody saw.
create trigger versions_grow before update on real_trainings for each row
  when ((old.training_type_id, old.trainer_id, old.room_id, old.training_date, old.start_time, old.starts_at, old.ends_at,
      old.max_participants, old.price_minor, old.status, old.kind, old.notes, old.free_until_start)
    is distinct from (new.training_type_id, new.trainer_id, new.room_id, new.training_date, new.start_time, new.starts_at, new.ends_at,
      new.max_participants, new.price_minor, new.status, new.kind, new.notes, new.free_until_start))
  execute function versions_grow();
create trigger versions_grow before update on bookings for each row
  when ((old.status, old.client_id, old.payer_id, old.specialist_id, old.service_id, old.location_id, old.room_id, old.starts_at,
      old.duration_minutes, old.break_minutes, old.service_price_minor, old.price_minor, old.pay_from, old.moved_late)
    is distinct from (new.status, new.client_id, new.payer_id, new.specialist_id, new.service_id, new.location_id, new.room_id, new.starts_at,
      new.duration_minutes, new.break_minutes, new.service_price_minor, new.price_minor, new.pay_from, new.moved_late))
  execute function versions_grow();

-- D49: for some seconds a change can be taken back with all that it did. Until then nobody is told of it, and what follows from it waits.
create table undos (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('training_changed', 'trainings_created', 'trainings_cancelled', 'booking_moved', 'booking_cancelled')),
  subject_id integer not null,
  training_ids integer[] not null default '{}',
  actor text not null,
  before jsonb not null default '{}',
  after jsonb not null default '{}',
  settle_payer_ids integer[] not null default '{}',
  freed_training_ids integer[] not null default '{}',
  made_at timestamptz not null default clock_timestamp(),
  until timestamptz not null,
  undone_at timestamptz,
  followed_at timestamptz
);
comment on column undos.before is 'the rows as they were';
comment on column undos.after is 'what is compared before they are restored: whatever differs was built on the change';
comment on column undos.settle_payer_ids is 'whose wallets got something back: what they owe is settled from it once nobody can take the change back';
comment on column undos.freed_training_ids is 'where seats became free: they are offered once nobody can take the change back';
create index undos_to_follow on undos (until) where followed_at is null and undone_at is null;
create index on undos (made_at);

-- A message that is written while a change can be taken back belongs to it and waits for it, whichever statement writes it: the
-- transaction says so by two settings of its own (sql/undo/undos.ts).
alter table notifications
  add column undo_id bigint default nullif(current_setting('studio.undo', true), '')::bigint,
  add column held_until timestamptz default nullif(current_setting('studio.undo_until', true), '')::timestamptz,
  alter column send_after set default coalesce(nullif(current_setting('studio.undo_until', true), '')::timestamptz, now());
comment on column notifications.undo_id is 'the change it tells of, while that can be taken back; no reference: the message may outlive it';
comment on column notifications.held_until is 'it is not sent before, whatever else is told of the same subject';
create index notifications_of_undo on notifications (undo_id) where undo_id is not null;
create index notifications_held on notifications (user_id) where held_until is not null and status = 'pending';
