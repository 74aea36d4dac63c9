-- Holidays and other days of a country's or the studio's own calendar (R17). `off` closes; the others only say so.
create table calendar_days (
  id integer generated always as identity primary key,
  country text check (country ~ '^[A-Z]{2}$'),
  date date not null check (date between '2000-01-01' and '2100-12-31'),
  kind text not null check (kind in ('off', 'short', 'working')),
  name text not null check (char_length(name) between 1 and 100),
  location_id integer references locations on delete cascade
);
create unique index calendar_day_is_known_already on calendar_days (date, coalesce(country, ''), coalesce(location_id, 0));
comment on column calendar_days.country is 'null: the studio''s own';
comment on column calendar_days.location_id is 'null: every location that does not work on such days';

alter table locations add works_on_off_days boolean not null default false;
comment on column locations.works_on_off_days is 'whether it stays open on days off that name no location';

-- What replaces weekly hours on a day: the overrides there are, and days off where no override of the day says otherwise. A day off without
-- a location also closes whoever belongs to none.
create view day_closings as
  select id, specialist_id, location_id, day, intervals, reason, null::text as day_off from calendar_overrides
  union all
  select null, null, place.id, off.date, '[]'::jsonb, off.name, off.name
  from calendar_days off join locations place
    on case when off.location_id is null then not place.works_on_off_days else place.id = off.location_id end
  where off.kind = 'off' and not exists (select from calendar_overrides own where own.location_id = place.id and own.day = off.date)
  union all
  select null, person.id, null, off.date, '[]'::jsonb, off.name, off.name
  from calendar_days off join specialists person on person.location_id is null
  where off.kind = 'off' and off.location_id is null
    and not exists (select from calendar_overrides own where own.specialist_id = person.id and own.day = off.date);

-- Slots follow; a calendar waits for the trainings that are just being made, as an override does.
create function slots_follow_days_off() returns trigger language plpgsql as $$
declare
  changed calendar_days;
begin
  foreach changed in array case tg_op when 'INSERT' then array[new] when 'DELETE' then array[old] else array[old, new] end loop
    continue when changed.kind <> 'off';
    insert into slot_changes (location_id, from_day, to_day)
    select id, changed.date, changed.date from locations where id = coalesce(changed.location_id, id);
    insert into slot_changes (specialist_id, from_day, to_day)
    select id, changed.date, changed.date from specialists where location_id is null and changed.location_id is null;
  end loop;
  return null;
end $$;
create trigger slots_follow_days_off after insert or update or delete on calendar_days for each row execute function slots_follow_days_off();
create trigger days_off_wait_for_the_roster before insert or update on calendar_days
  for each statement execute function overrides_wait_for_the_roster();
create trigger slots_follow_opening_on_days_off after update on locations for each row
  when (old.works_on_off_days <> new.works_on_off_days) execute function slots_follow_locations();

create trigger log_created after insert on calendar_days referencing new table as entered for each statement
  execute function log_created('calendar day', 'id', '');
create trigger log_changed after update on calendar_days referencing old table as leaving new table as entered for each statement
  execute function log_changed('calendar day', 'id', '');
create trigger log_deleted after delete on calendar_days referencing old table as leaving for each statement
  execute function log_deleted('calendar day', 'id', '');
