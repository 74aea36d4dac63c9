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
