-- A training that somebody else gives while its trainer is away (R14).
alter table real_trainings add regular_trainer_id integer references specialists;
comment on column real_trainings.regular_trainer_id is 'whose training it is while a substitute gives it; null: whoever gives it';
create index on real_trainings (regular_trainer_id) where regular_trainer_id is not null;

-- Whoever has it back substitutes for nobody.
create function regular_trainer_is_back() returns trigger language plpgsql as $$
begin
  new.regular_trainer_id := null;
  return new;
end $$;
create trigger regular_trainer_is_back before insert or update of trainer_id, regular_trainer_id on real_trainings
  for each row when (new.trainer_id = new.regular_trainer_id) execute function regular_trainer_is_back();

-- What was decided of the trainings that an absence runs into.
create table absence_decisions (
  absence_id integer not null references specialist_absences on delete cascade,
  real_training_id integer not null references real_trainings,
  decision text not null check (decision in ('substitute', 'cancel', 'keep')),
  trainer_id integer references specialists,
  decided_by text not null,
  decided_at timestamptz not null,
  primary key (absence_id, real_training_id),
  check ((decision = 'substitute') = (trainer_id is not null))
);
create index on absence_decisions (real_training_id);

-- A trial: one per person and program, ever (R16). Its registration may have a price of its own.
alter table training_types add program text check (char_length(program) between 1 and 100);
comment on column training_types.program is 'types of one program share it; null: the type is a program of its own';
alter table real_training_students add own_price_minor bigint check (own_price_minor between 0 and 1000000000000);
comment on column real_training_students.own_price_minor is 'what this place costs; null: what the training costs';

create table trials (
  id integer generated always as identity primary key,
  student_id integer not null references students,
  phone text,
  program text not null,
  real_training_student_id integer not null references real_training_students,
  created_by text not null,
  created_at timestamptz not null default now(),
  constraint person_had_a_trial_already unique (student_id, program),
  constraint phone_had_a_trial_already unique (phone, program)
);
comment on column trials.phone is 'the one the person had then: whoever comes again under another name is the same person';
create index on trials (real_training_student_id);

-- Trials, and the first subscription that was bought from then on and within thirty days of the training.
create view trial_conversions as
  select trials.id, trials.student_id, program, training.id as real_training_id, training_date, starts_at, seat.status,
    bought.id as student_subscription_id, bought.created_at as converted_at
  from trials
  join real_training_students seat on seat.id = real_training_student_id
  join real_trainings training on training.id = seat.real_training_id
  left join lateral (
    select held.id, held.created_at from student_subscriptions held
    where held.student_id = trials.student_id and held.created_at >= trials.created_at
      and held.created_at <= training.starts_at + interval '30 days'
    order by held.created_at, held.id limit 1
  ) as bought on true;

-- A booking may be paid with a session of a subscription that covers its service (D50).
create table subscription_services (
  subscription_id integer not null references subscriptions on delete cascade,
  service_id integer not null references services on delete cascade,
  primary key (subscription_id, service_id)
);
create index on subscription_services (service_id);

alter table session_entries
  add booking_id integer references bookings,
  drop constraint session_entries_reason_check,
  add constraint session_entries_reason_check check (reason in
    ('granted', 'training', 'booking', 'returned', 'carried_out', 'carried_in', 'expired', 'cancelled', 'refunded', 'adjustment')),
  add constraint session_of_a_booking check (reason <> 'booking' or (booking_id is not null and delta in (0, -1)));
-- A booking takes one session at most, ever: what is given back is an entry of its own.
create unique index booking_took_a_session_already on session_entries (booking_id) where reason = 'booking';

alter table bookings
  drop constraint bookings_pay_from_check,
  add constraint bookings_pay_from_check check (pay_from in ('wallet', 'package', 'subscription', 'later')),
  add constraint session_pays_the_whole check (pay_from <> 'subscription' or price_minor = 0);

-- Who changed groups, memberships, schedules and trials is kept as of standing places.
do $$
declare
  kept record;
begin
  for kept in
    select * from (values ('groups', 'group'), ('group_members', 'membership'), ('subscription_schedules', 'schedule'), ('trials', 'trial'))
      as list (relation, record)
  loop
    execute format('create trigger log_created after insert on %I referencing new table as entered for each statement
      execute function log_created(%L, %L, %L)', kept.relation, kept.record, 'id', '');
    execute format('create trigger log_changed after update on %I referencing old table as leaving new table as entered for each statement
      execute function log_changed(%L, %L, %L)', kept.relation, kept.record, 'id', '');
    execute format('create trigger log_deleted after delete on %I referencing old table as leaving for each statement
      execute function log_deleted(%L, %L, %L)', kept.relation, kept.record, 'id', '');
  end loop;
end $$;
