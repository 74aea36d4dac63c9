-- One person, one calendar, in whatever capacity: who gives a training or a service, who takes part in one, who is away. Rooms
-- likewise. `whereabouts` says where everybody is by the tables that are the truth; `occupancies` is its copy, kept by triggers,
-- over which the database can refuse what meets, whoever writes first and by whichever table.
-- A registration takes time while it is REGISTERED or PRESENT: who is ABSENT, cancelled or on the waitlist is not there. A booking
-- takes its specialist and its room until the break is over, its client until he may go. Whoever is his own client, or takes part
-- in the training he gives, is in one place.
create view whereabouts as
  select trainer_id as person_id, null::integer as room_id, 'trainer' as capacity, tstzrange(starts_at, ends_at) as during,
    id as real_training_id, null::integer as booking_id, null::integer as absence_id
  from real_trainings where status <> 'cancelled'
  union all
  select null, room_id, 'room', tstzrange(starts_at, ends_at), id, null, null
  from real_trainings where status <> 'cancelled' and room_id is not null
  union all
  select seat.student_id, null, 'student', tstzrange(training.starts_at, training.ends_at), training.id, null, null
  from real_training_students seat join real_trainings training on training.id = seat.real_training_id
  where seat.status in ('REGISTERED', 'PRESENT') and training.status <> 'cancelled' and seat.student_id <> training.trainer_id
  union all
  select specialist_id, null, 'specialist', tstzrange(starts_at, busy_until), null, id, null from bookings where is_live
  union all
  select client_id, null, 'client', tstzrange(starts_at, ends_at), null, id, null
  from bookings where is_live and client_id <> specialist_id
  union all
  select null, room_id, 'room', tstzrange(starts_at, busy_until), null, id, null from bookings where is_live and room_id is not null
  union all
  select specialist_id, null, 'absence', tstzrange(from_at, to_at), null, null, id from specialist_absences;

create table occupancies (
  person_id integer,
  room_id integer,
  capacity text not null check (capacity in ('trainer', 'student', 'specialist', 'client', 'room', 'absence')),
  during tstzrange not null,
  real_training_id integer references real_trainings on delete cascade,
  booking_id integer references bookings on delete cascade,
  absence_id integer references specialist_absences on delete cascade,
  is_exclusive boolean not null default true,
  check (num_nonnulls(person_id, room_id) = 1),
  check (num_nonnulls(real_training_id, booking_id, absence_id) = 1),
  check (not (is_exclusive and absence_id is not null))
);
comment on table occupancies is 'who and what is where when; kept by triggers and never written by hand';
comment on column occupancies.is_exclusive is
  'nothing else of this kind may meet it. False: an absence, which may be entered over what exists, and what met something before this rule; new things are refused beside both';

-- What meets already stands: of two that meet, the one that was there later in this order is let be. Only people and rooms that are
-- in two places at all are looked at pair by pair.
create function fill_occupancies() returns void language sql as $$
  with places as materialized (
    select *, row_number() over (
      order by real_training_id is null, real_training_id, booking_id, absence_id, person_id nulls first) as n
    from whereabouts
  ), crowded as materialized (
    select distinct person_id, room_id from (
      select person_id, room_id, lower(during) < max(upper(during)) over (
        partition by person_id, room_id order by lower(during), n rows between unbounded preceding and 1 preceding) as meets
      from places where capacity <> 'absence'
    ) as in_order where meets
  ), meeting as materialized (
    select places.* from places join crowded
      on crowded.person_id is not distinct from places.person_id and crowded.room_id is not distinct from places.room_id
    where capacity <> 'absence'
  )
  insert into occupancies (person_id, room_id, capacity, during, real_training_id, booking_id, absence_id, is_exclusive)
  select person_id, room_id, capacity, during, real_training_id, booking_id, absence_id,
    capacity <> 'absence' and n not in (
      select later.n from meeting later join meeting earlier
        on earlier.n < later.n and earlier.during && later.during
          and (earlier.person_id = later.person_id or earlier.room_id = later.room_id))
  from places
$$;
select fill_occupancies();

alter table occupancies
  add constraint person_is_elsewhere exclude using gist (person_id with =, during with &&)
    where (is_exclusive and person_id is not null),
  add constraint room_is_taken exclude using gist (room_id with =, during with &&)
    where (is_exclusive and room_id is not null);
create index occupancies_let_be on occupancies using gist (person_id, during) where (not is_exclusive);
create index rooms_let_be on occupancies using gist (room_id, during) where (not is_exclusive and room_id is not null);
create index occupancies_of_trainings on occupancies (real_training_id, person_id) where real_training_id is not null;
create index occupancies_of_bookings on occupancies (booking_id, person_id) where booking_id is not null;
create index occupancies_of_absences on occupancies (absence_id) where absence_id is not null;
analyze occupancies;

create function occupancies_are_not_set() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'occupancies follow trainings, registrations, bookings and absences: write those instead'
      using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create trigger occupancies_are_not_set before insert or update or delete on occupancies
  for each statement execute function occupancies_are_not_set();

-- What is in the way of somebody or of a room, in words, and the name of the rule it breaks; no row when nothing is. What the
-- training or the booking itself occupies is not in its way. `is_held`: it is a booking that somebody is still paying.
create function what_meets(
  new_capacity text, person integer, room integer, new_during tstzrange, training integer, booking integer
) returns table (words text, rule text, is_held boolean) language sql stable as $$
  select
    format(case there.capacity
      when 'trainer' then 'the %1$s gives the training %2$s (%3$s) at that time'
      when 'student' then 'the %1$s is registered in the training %2$s (%3$s) at that time'
      when 'specialist' then 'the %1$s is booked at that time (booking %4$s, %5$s)'
      when 'client' then case when new_capacity = 'client' then 'the client has another booking at that time'
        else 'the %1$s has the booking %4$s (%5$s) at that time' end
      when 'absence' then 'the %1$s is absent at that time'
      else case when there.booking_id is null then 'the training %2$s (%3$s) has the room at that time'
        else 'the booking %4$s (%5$s) has the room at that time' end
      end, new_capacity, there.real_training_id, type.name, there.booking_id, service.name),
    case
      when there.capacity = 'absence' then new_capacity || '_is_absent'
      when new_capacity = 'specialist' and there.capacity = 'trainer' then 'specialist_gives_a_training'
      when new_capacity = 'trainer' and there.capacity = 'specialist' then 'trainer_is_booked'
      when new_capacity = 'room' and booking is not null and there.booking_id is null then 'training_has_the_room'
      when new_capacity = 'room' and booking is null and there.booking_id is not null then 'room_is_booked_then'
      else new_capacity || '_is_elsewhere'
    end,
    held.held_until is not null
  from (
    select * from occupancies where person_id = person and person_id is not null and is_exclusive and during && new_during
    union all
    select * from occupancies where room_id = room and room_id is not null and is_exclusive and during && new_during
    union all
    select * from occupancies where person_id = person and not is_exclusive and during && new_during
    union all
    select * from occupancies where room_id = room and room_id is not null and not is_exclusive and during && new_during
  ) as there
  left join real_trainings on real_trainings.id = there.real_training_id
  left join training_types type on type.id = real_trainings.training_type_id
  left join bookings held on held.id = there.booking_id
  left join services service on service.id = held.service_id
  where there.real_training_id is distinct from training or there.booking_id is distinct from booking
  order by lower(there.during), there.capacity limit 1
$$;

create function refuse_what_meets(
  new_capacity text, person integer, room integer, new_during tstzrange, training integer, booking integer
) returns void language plpgsql as $$
declare met record;
begin
  select * into met from what_meets(new_capacity, person, room, new_during, training, booking);
  if found then
    raise exception '%', met.words using errcode = 'exclusion_violation', constraint = met.rule,
      table = case when booking is null then 'real_trainings' else 'bookings' end;
  end if;
end $$;

-- What has just been occupied: absences wait until it is committed, and it waits for them; then it is refused beside an absence
-- and beside what is only let be. Whoever is a specialist and takes part in something has other slots now.
create function occupied() returns trigger language plpgsql as $$
declare met record;
begin
  perform pg_advisory_xact_lock_shared(hashtext('calendar of a specialist'), id)
  from (
    select id from specialists where id in (select person_id from taking where is_exclusive) order by id
  ) as wanted;
  perform pg_advisory_xact_lock_shared(hashtext('calendar of a room'), id)
  from (select distinct room_id as id from taking where is_exclusive and room_id is not null order by room_id) as wanted;
  for met in
    select taking.* from occupancies there join taking on taking.is_exclusive and there.during && taking.during
      and there.person_id = taking.person_id
    where not there.is_exclusive
    union all
    select taking.* from occupancies there join taking on taking.is_exclusive and there.during && taking.during
      and there.room_id = taking.room_id
    where not there.is_exclusive and there.room_id is not null
    limit 1
  loop
    perform refuse_what_meets(met.capacity, met.person_id, met.room_id, met.during, met.real_training_id, met.booking_id);
  end loop;
  insert into slot_changes (specialist_id, from_at, to_at)
  select specialists.id, lower(during), upper(during) from taking join specialists on specialists.id = person_id
  where capacity in ('student', 'client');
  return null;
end $$;
create trigger occupied after insert on occupancies referencing new table as taking
  for each statement execute function occupied();

create function released() returns trigger language plpgsql as $$
begin
  insert into slot_changes (specialist_id, from_at, to_at)
  select specialists.id, lower(during), upper(during) from leaving join specialists on specialists.id = person_id
  where capacity in ('student', 'client');
  return null;
end $$;
create trigger released after delete on occupancies referencing old table as leaving
  for each statement execute function released();

-- Registrations: many thousands in one statement. Their training keeps its time until the transaction ends.
create function registrations_occupy() returns trigger language plpgsql as $$
declare met record;
begin
  perform from real_trainings where id in (
    select real_training_id from entered where status in ('REGISTERED', 'PRESENT')) order by id for share;
  begin
    insert into occupancies (person_id, capacity, during, real_training_id)
    select student_id, 'student', tstzrange(starts_at, ends_at), training.id
    from entered join real_trainings training on training.id = real_training_id
    where entered.status in ('REGISTERED', 'PRESENT') and training.status <> 'cancelled' and student_id <> trainer_id;
  exception when exclusion_violation then
    for met in
      select student_id, tstzrange(starts_at, ends_at) as during, training.id
      from entered join real_trainings training on training.id = real_training_id
      where entered.status in ('REGISTERED', 'PRESENT') and training.status <> 'cancelled' and student_id <> trainer_id
    loop
      perform refuse_what_meets('student', met.student_id, null, met.during, met.id, null);
    end loop;
    raise;
  end;
  return null;
end $$;
create trigger registrations_occupy after insert on real_training_students referencing new table as entered
  for each statement execute function registrations_occupy();

create function registration_changes_place() returns trigger language plpgsql as $$
declare met record;
begin
  if old.status in ('REGISTERED', 'PRESENT') then
    delete from occupancies
    where real_training_id = old.real_training_id and person_id = old.student_id and capacity = 'student';
  end if;
  if tg_op = 'DELETE' or new.status not in ('REGISTERED', 'PRESENT') then return null; end if;
  select starts_at, ends_at into met from real_trainings
  where id = new.real_training_id and status <> 'cancelled' and trainer_id <> new.student_id for share;
  if not found then return null; end if;
  begin
    insert into occupancies (person_id, capacity, during, real_training_id)
    values (new.student_id, 'student', tstzrange(met.starts_at, met.ends_at), new.real_training_id);
  exception when exclusion_violation then
    perform refuse_what_meets('student', new.student_id, null, tstzrange(met.starts_at, met.ends_at), new.real_training_id, null);
    raise;
  end;
  return null;
end $$;
create trigger registration_changes_place after update on real_training_students for each row
  when ((old.status in ('REGISTERED', 'PRESENT'), old.real_training_id, old.student_id)
    is distinct from (new.status in ('REGISTERED', 'PRESENT'), new.real_training_id, new.student_id))
  execute function registration_changes_place();
create trigger registration_leaves after delete on real_training_students for each row
  execute function registration_changes_place();

-- Trainings and bookings, by id.
create function occupy(training_ids integer[], booking_ids integer[]) returns void language plpgsql as $$
declare met record;
begin
  insert into occupancies (person_id, room_id, capacity, during, real_training_id, booking_id)
  select person_id, room_id, capacity, during, real_training_id, booking_id from whereabouts
  where real_training_id = any(training_ids) or booking_id = any(booking_ids);
exception when exclusion_violation then
  for met in select * from whereabouts where real_training_id = any(training_ids) or booking_id = any(booking_ids) loop
    perform refuse_what_meets(met.capacity, met.person_id, met.room_id, met.during, met.real_training_id, met.booking_id);
  end loop;
  raise;
end $$;

create function trainings_occupy() returns trigger language plpgsql as $$
declare met record;
begin
  insert into occupancies (person_id, room_id, capacity, during, real_training_id)
  select trainer_id, null::integer, 'trainer', tstzrange(starts_at, ends_at), id from entered where status <> 'cancelled'
  union all
  select null, room_id, 'room', tstzrange(starts_at, ends_at), id from entered where status <> 'cancelled' and room_id is not null;
  return null;
exception when exclusion_violation then
  for met in select * from entered where status <> 'cancelled' loop
    perform refuse_what_meets('trainer', met.trainer_id, null, tstzrange(met.starts_at, met.ends_at), met.id, null);
    perform refuse_what_meets('room', null, met.room_id, tstzrange(met.starts_at, met.ends_at), met.id, null);
  end loop;
  raise;
end $$;
create trigger trainings_occupy after insert on real_trainings referencing new table as entered
  for each statement execute function trainings_occupy();

-- A training that is moved takes everybody in it along.
create function training_changes_place() returns trigger language plpgsql as $$
begin
  delete from occupancies where real_training_id = old.id;
  perform occupy(array[new.id], '{}');
  return null;
end $$;
create trigger training_changes_place after update on real_trainings for each row
  when ((old.trainer_id, old.room_id, old.starts_at, old.ends_at, old.status = 'cancelled')
    is distinct from (new.trainer_id, new.room_id, new.starts_at, new.ends_at, new.status = 'cancelled'))
  execute function training_changes_place();

create function bookings_occupy() returns trigger language plpgsql as $$
declare met record;
begin
  insert into occupancies (person_id, room_id, capacity, during, booking_id)
  select specialist_id, null::integer, 'specialist', tstzrange(starts_at, busy_until), id from entered where status <> 'CANCELLED'
  union all
  select client_id, null, 'client', tstzrange(starts_at, ends_at), id from entered
  where status <> 'CANCELLED' and client_id <> specialist_id
  union all
  select null, room_id, 'room', tstzrange(starts_at, busy_until), id from entered where status <> 'CANCELLED' and room_id is not null;
  return null;
exception when exclusion_violation then
  for met in select * from entered where status <> 'CANCELLED' loop
    perform refuse_what_meets('specialist', met.specialist_id, null, tstzrange(met.starts_at, met.busy_until), null, met.id);
    perform refuse_what_meets('client', met.client_id, null, tstzrange(met.starts_at, met.ends_at), null, met.id);
    perform refuse_what_meets('room', null, met.room_id, tstzrange(met.starts_at, met.busy_until), null, met.id);
  end loop;
  raise;
end $$;
create trigger bookings_occupy after insert on bookings referencing new table as entered
  for each statement execute function bookings_occupy();

create function booking_changes_place() returns trigger language plpgsql as $$
begin
  delete from occupancies where booking_id = old.id;
  perform occupy('{}', array[new.id]);
  return null;
end $$;
create trigger booking_changes_place after update on bookings for each row
  when ((old.specialist_id, old.client_id, old.room_id, old.starts_at, old.ends_at, old.busy_until, old.status = 'CANCELLED')
    is distinct from (new.specialist_id, new.client_id, new.room_id, new.starts_at, new.ends_at, new.busy_until, new.status = 'CANCELLED'))
  execute function booking_changes_place();

create function absence_changes_place() returns trigger language plpgsql as $$
begin
  delete from occupancies where absence_id = new.id;
  insert into occupancies (person_id, capacity, during, absence_id, is_exclusive)
  values (new.specialist_id, 'absence', tstzrange(new.from_at, new.to_at), new.id, false);
  return null;
end $$;
create trigger absence_changes_place after insert or update on specialist_absences
  for each row execute function absence_changes_place();

-- Whoever empties a table that is referred to empties this one as well: what is left elsewhere is filled in again.
create function occupancies_are_filled_again() returns trigger language plpgsql as $$
begin
  perform fill_occupancies();
  return null;
end $$;
create trigger occupancies_are_filled_again after truncate on occupancies
  for each statement execute function occupancies_are_filled_again();

create function all_registrations_leave() returns trigger language plpgsql as $$
begin
  delete from occupancies where capacity = 'student';
  return null;
end $$;
create trigger all_registrations_leave after truncate on real_training_students
  for each statement execute function all_registrations_leave();

-- What looked from one table into the other under a lock is superfluous now. A booking's spans are still computed before it is written.
drop trigger bookings_share_the_calendar on bookings;
drop trigger moved_bookings_share_the_calendar on bookings;
drop function bookings_share_the_calendar();
drop trigger trainings_share_the_calendar on real_trainings;
drop function trainings_share_the_calendar();
drop trigger moved_training_shares_the_calendar on real_trainings;
drop function moved_training_shares_the_calendar();

create function bookings_have_spans() returns trigger language plpgsql as $$
begin
  new.ends_at := new.starts_at + make_interval(mins => new.duration_minutes);
  new.busy_until := new.starts_at + make_interval(mins => 15 * ((new.duration_minutes + 14) / 15 + (new.break_minutes + 14) / 15));
  return new;
end $$;
create trigger bookings_have_spans before insert on bookings for each row execute function bookings_have_spans();
create trigger moved_bookings_have_spans
  before update of starts_at, ends_at, busy_until, duration_minutes, break_minutes on bookings
  for each row execute function bookings_have_spans();
