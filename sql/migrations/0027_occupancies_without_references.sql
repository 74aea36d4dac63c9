-- References of the calendar cost a third of a registration, where forty thousand are made in one go. Triggers write its rows, and
-- delete them as well.
alter table occupancies
  drop constraint occupancies_real_training_id_fkey,
  drop constraint occupancies_booking_id_fkey,
  drop constraint occupancies_absence_id_fkey;
comment on table occupancies is 'who and what is where when; kept by triggers, which also delete, and never written by hand';

create or replace function training_changes_place() returns trigger language plpgsql as $$
begin
  delete from occupancies where real_training_id = old.id;
  if tg_op = 'UPDATE' then perform occupy(array[new.id], '{}'); end if;
  return null;
end $$;
create trigger training_leaves after delete on real_trainings for each row execute function training_changes_place();

create or replace function booking_changes_place() returns trigger language plpgsql as $$
begin
  delete from occupancies where booking_id = old.id;
  if tg_op = 'UPDATE' then perform occupy('{}', array[new.id]); end if;
  return null;
end $$;
create trigger booking_leaves after delete on bookings for each row execute function booking_changes_place();

create or replace function absence_changes_place() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then delete from occupancies where absence_id = old.id; end if;
  if tg_op <> 'DELETE' then
    insert into occupancies (person_id, capacity, during, absence_id, is_exclusive)
    values (new.specialist_id, 'absence', tstzrange(new.from_at, new.to_at), new.id, false);
  end if;
  return null;
end $$;
create trigger absence_leaves after delete on specialist_absences for each row execute function absence_changes_place();

-- Whoever empties a table empties its share of this one.
drop trigger occupancies_are_filled_again on occupancies;
drop trigger all_registrations_leave on real_training_students;
drop function all_registrations_leave();
create or replace function occupancies_are_filled_again() returns trigger language plpgsql as $$
begin
  truncate occupancies;
  perform fill_occupancies();
  return null;
end $$;
create trigger occupancies_are_filled_again after truncate on bookings
  for each statement execute function occupancies_are_filled_again();
create trigger occupancies_are_filled_again after truncate on real_trainings
  for each statement execute function occupancies_are_filled_again();
create trigger occupancies_are_filled_again after truncate on real_training_students
  for each statement execute function occupancies_are_filled_again();
create trigger occupancies_are_filled_again after truncate on specialist_absences
  for each statement execute function occupancies_are_filled_again();

-- An absence is in the way also of who has neither a training nor a booking yet.
create or replace function what_meets(
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
  where there.absence_id is not null or there.real_training_id is distinct from training
    or there.booking_id is distinct from booking
  order by lower(there.during), there.capacity limit 1
$$;
