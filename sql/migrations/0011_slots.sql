-- The grid of the default backend: a day of a specialist, ready to be read. Losing it costs nothing, every day can be computed
-- again, so it writes no log of its own.
create unlogged table slots_preview (
  specialist_id integer not null,
  day date not null,
  version bigint not null,
  grid text not null,
  expires_at timestamptz not null,
  primary key (specialist_id, day)
) with (fillfactor = 70);
comment on column slots_preview.version is 'how much the snapshot had seen that the day was computed from: a later one never yields to an earlier one';

-- D35: which days of whom have to be computed again. A row is written by the transaction of its cause and is deleted when its
-- days are stored. Rows are only ever added, so that nobody who changes a calendar waits for somebody else who does.
create table slot_changes (
  id bigint generated always as identity primary key,
  specialist_id integer not null references specialists on delete cascade,
  from_day date,
  to_day date,
  from_at timestamptz,
  to_at timestamptz,
  noted_at timestamptz not null default clock_timestamp(),
  check (num_nonnulls(from_day, to_day) in (0, 2) and num_nonnulls(from_at, to_at) in (0, 2)),
  check (num_nonnulls(from_day, from_at) = 1)
);
comment on column slot_changes.from_day is 'business days, both inclusive; -infinity to infinity: all of them';
comment on column slot_changes.from_at is 'a span of time, its end exclusive; which days these are depends on the studio''s time zone';
create index on slot_changes (specialist_id);

-- Of specialists who are just being deleted nothing is noted.
create function note_slot_days(specialist_ids integer[], from_day date, to_day date) returns void language sql as $$
  insert into slot_changes (specialist_id, from_day, to_day)
  select id, note_slot_days.from_day, note_slot_days.to_day from specialists where id = any(specialist_ids) order by id
$$;

create function specialists_at(place integer) returns integer[] language sql stable as $$
  select array_agg(id) from specialists where location_id = place
$$;

-- A schedule: all days. A specialist who has just come has nothing stored yet.
create function slots_follow_specialists() returns trigger language plpgsql as $$
begin
  perform note_slot_days(array[new.id], '-infinity', 'infinity');
  return null;
end $$;
create trigger slots_follow_specialists after update on specialists for each row
  when ((new.work_schedule, new.location_id) is distinct from (old.work_schedule, old.location_id))
  execute function slots_follow_specialists();

create function slots_follow_locations() returns trigger language plpgsql as $$
begin
  perform note_slot_days(specialists_at(new.id), '-infinity', 'infinity');
  return null;
end $$;
create trigger slots_follow_locations after update on locations for each row
  when (new.work_schedule is distinct from old.work_schedule)
  execute function slots_follow_locations();

-- An override: its day.
create function slots_follow_overrides() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    perform note_slot_days(array[old.specialist_id] || specialists_at(old.location_id), old.day, old.day);
  end if;
  if tg_op <> 'DELETE' then
    perform note_slot_days(array[new.specialist_id] || specialists_at(new.location_id), new.day, new.day);
  end if;
  return null;
end $$;
create trigger slots_follow_overrides after insert or delete on calendar_overrides for each row
  execute function slots_follow_overrides();
create trigger slots_follow_changed_overrides after update on calendar_overrides for each row
  when ((new.specialist_id, new.location_id, new.day, new.intervals)
    is distinct from (old.specialist_id, old.location_id, old.day, old.intervals))
  execute function slots_follow_overrides();

-- Bookings and absences: the days they touch, before and after the change.
create function slots_follow_bookings() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.status <> 'CANCELLED' then
    insert into slot_changes (specialist_id, from_at, to_at) values (old.specialist_id, old.starts_at, old.busy_until);
  end if;
  if tg_op <> 'DELETE' and new.status <> 'CANCELLED' then
    insert into slot_changes (specialist_id, from_at, to_at) values (new.specialist_id, new.starts_at, new.busy_until);
  end if;
  return null;
end $$;
create trigger slots_follow_bookings after insert or delete on bookings for each row
  execute function slots_follow_bookings();
create trigger slots_follow_changed_bookings after update on bookings for each row
  when ((new.specialist_id, new.starts_at, new.busy_until, new.status = 'CANCELLED')
    is distinct from (old.specialist_id, old.starts_at, old.busy_until, old.status = 'CANCELLED'))
  execute function slots_follow_bookings();

create function slots_follow_absences() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    insert into slot_changes (specialist_id, from_at, to_at)
    select old.specialist_id, old.from_at, old.to_at where exists (select from specialists where id = old.specialist_id);
  end if;
  if tg_op <> 'DELETE' then
    insert into slot_changes (specialist_id, from_at, to_at) values (new.specialist_id, new.from_at, new.to_at);
  end if;
  return null;
end $$;
create trigger slots_follow_absences after insert or delete on specialist_absences for each row
  execute function slots_follow_absences();
create trigger slots_follow_changed_absences after update on specialist_absences for each row
  when ((new.specialist_id, new.from_at, new.to_at) is distinct from (old.specialist_id, old.from_at, old.to_at))
  execute function slots_follow_absences();

-- Trainings are made by the thousand in one statement, and marked as completed by the thousand, which changes no calendar.
create function slots_follow_trainings() returns trigger language plpgsql as $$
begin
  insert into slot_changes (specialist_id, from_at, to_at)
  select trainer_id, starts_at, ends_at from concerned where status <> 'cancelled' order by trainer_id, starts_at;
  return null;
end $$;
create trigger slots_follow_new_trainings after insert on real_trainings
  referencing new table as concerned for each statement execute function slots_follow_trainings();
create trigger slots_follow_deleted_trainings after delete on real_trainings
  referencing old table as concerned for each statement execute function slots_follow_trainings();

create function slots_follow_changed_training() returns trigger language plpgsql as $$
begin
  if old.status <> 'cancelled' then
    insert into slot_changes (specialist_id, from_at, to_at) values (old.trainer_id, old.starts_at, old.ends_at);
  end if;
  if new.status <> 'cancelled' then
    insert into slot_changes (specialist_id, from_at, to_at) values (new.trainer_id, new.starts_at, new.ends_at);
  end if;
  return null;
end $$;
create trigger slots_follow_changed_training after update on real_trainings for each row
  when ((new.trainer_id, new.starts_at, new.ends_at, new.status = 'cancelled')
    is distinct from (old.trainer_id, old.starts_at, old.ends_at, old.status = 'cancelled'))
  execute function slots_follow_changed_training();

-- A service, or who offers it: all days of those who do. Its name and price are not in any calendar.
create function slots_follow_services() returns trigger language plpgsql as $$
begin
  perform note_slot_days(
    (select array_agg(specialist_id) from specialist_services where service_id = new.id), '-infinity', 'infinity');
  return null;
end $$;
create trigger slots_follow_services after update on services for each row
  when ((new.duration_minutes, new.break_minutes, new.is_active)
    is distinct from (old.duration_minutes, old.break_minutes, old.is_active))
  execute function slots_follow_services();

create function slots_follow_offers() returns trigger language plpgsql as $$
begin
  perform note_slot_days((select array_agg(specialist_id) from concerned), '-infinity', 'infinity');
  return null;
end $$;
create trigger slots_follow_new_offers after insert on specialist_services
  referencing new table as concerned for each statement execute function slots_follow_offers();
create trigger slots_follow_ended_offers after delete on specialist_services
  referencing old table as concerned for each statement execute function slots_follow_offers();

-- Whoever empties a table changes everybody's days.
create function slots_follow_truncation() returns trigger language plpgsql as $$
begin
  perform note_slot_days((select array_agg(id) from specialists), '-infinity', 'infinity');
  return null;
end $$;
create trigger slots_follow_truncation after truncate on bookings
  for each statement execute function slots_follow_truncation();
create trigger slots_follow_truncation after truncate on real_trainings
  for each statement execute function slots_follow_truncation();
create trigger slots_follow_truncation after truncate on calendar_overrides
  for each statement execute function slots_follow_truncation();
create trigger slots_follow_truncation after truncate on specialist_absences
  for each statement execute function slots_follow_truncation();
