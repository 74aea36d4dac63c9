-- A window of generation registers thousands at once. Their trainings are looked up one by one: joined freely, the statement's plan
-- reads all trainings there are, for each window.
-- The exclusion constraint stays as it is, and costs most (measured with 40,000: 1.6 of 3.6 s of CPU go into looking for what meets a
-- registration and entering it). Tried and dropped: the span first in the index (four times slower), one range of person and second
-- (as slow, on GiST or SP-GiST), boxes (a quarter faster, but every look-up would have to be one).
create or replace function registrations_occupy() returns trigger language plpgsql as $$
declare met record;
begin
  perform from real_trainings where id in (
    select real_training_id from entered where status in ('REGISTERED', 'PRESENT')) order by id for share;
  begin
    insert into occupancies (person_id, capacity, during, real_training_id)
    select student_id, 'student', training.during, real_training_id
    from (
      select real_training_id, array_agg(student_id) as students from entered
      where status in ('REGISTERED', 'PRESENT') group by real_training_id
    ) as roster
    cross join lateral (
      select tstzrange(starts_at, ends_at) as during, trainer_id from real_trainings
      where id = roster.real_training_id and status <> 'cancelled' offset 0
    ) as training
    cross join lateral unnest(students) as student_id
    where student_id <> trainer_id
    order by student_id, training.during;
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

-- A training that is given to somebody else, or another room, leaves those in it where they are: only what differs is written.
create or replace function training_changes_place() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or new.status = 'cancelled' then
    delete from occupancies where real_training_id = old.id;
    return null;
  end if;
  delete from occupancies there where real_training_id = old.id and not exists (
    select from whereabouts place
    where place.real_training_id = new.id and place.capacity = there.capacity and place.during = there.during
      and (place.person_id = there.person_id or place.room_id = there.room_id));
  perform occupy(array[new.id], '{}');
  return null;
end $$;

-- Trainings and bookings, by id: whatever of theirs is not entered yet.
create or replace function occupy(training_ids integer[], booking_ids integer[]) returns void language plpgsql as $$
declare met record;
begin
  insert into occupancies (person_id, room_id, capacity, during, real_training_id, booking_id)
  select person_id, room_id, capacity, during, real_training_id, booking_id from (
    select * from whereabouts where real_training_id = any(training_ids)
    union all
    select * from whereabouts where booking_id = any(booking_ids)
  ) as place
  where not exists (
    select from occupancies there
    where (there.real_training_id = place.real_training_id or there.booking_id = place.booking_id)
      and there.capacity = place.capacity and there.during = place.during
      and (there.person_id = place.person_id or there.room_id = place.room_id));
exception when exclusion_violation then
  for met in select * from whereabouts where real_training_id = any(training_ids) or booking_id = any(booking_ids) loop
    perform refuse_what_meets(met.capacity, met.person_id, met.room_id, met.during, met.real_training_id, met.booking_id);
  end loop;
  raise;
end $$;
