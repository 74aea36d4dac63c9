-- A change of a location concerns whoever is there once it is committed. A transaction that changes one cannot know them: it does
-- not see who arrives by another transaction, and who arrives does not see its schedule. So it notes the location, and who is there
-- is found out when the note is read, which needs no locks: the note and its cause are seen together, whoever arrived before is
-- seen with them, and whoever arrives later has a note of his own.
-- Services need no such thing: who offers what, and how long it takes, is in nobody's stored days.
alter table slot_changes
  alter specialist_id drop not null,
  add location_id integer references locations on delete cascade,
  add constraint change_is_of_one check (num_nonnulls(specialist_id, location_id) = 1);
comment on column slot_changes.location_id is 'instead of a specialist: everybody there';
create index on slot_changes (location_id) where location_id is not null;

-- Of a location that is just being deleted nothing is noted.
create function note_location_days(place integer, from_day date, to_day date) returns void language sql as $$
  insert into slot_changes (location_id, from_day, to_day)
  select id, note_location_days.from_day, note_location_days.to_day from locations where id = place
$$;

create or replace function slots_follow_locations() returns trigger language plpgsql as $$
begin
  perform note_location_days(new.id, '-infinity', 'infinity');
  return null;
end $$;

create or replace function slots_follow_overrides() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    perform note_slot_days(array[old.specialist_id], old.day, old.day);
    perform note_location_days(old.location_id, old.day, old.day);
  end if;
  if tg_op <> 'DELETE' then
    perform note_slot_days(array[new.specialist_id], new.day, new.day);
    perform note_location_days(new.location_id, new.day, new.day);
  end if;
  return null;
end $$;

drop function specialists_at(integer);

-- Who is entered anew under an id that was somebody's before finds what was stored for that one.
create trigger slots_follow_newcomers after insert on specialists for each row
  execute function slots_follow_specialists();
