-- Belts and what each step out of one needs (R1). What is 0 or null is not asked.
create table belts (
  id integer generated always as identity primary key,
  program text not null check (char_length(program) between 1 and 100),
  path text not null check (path in ('kids', 'adult')),
  position smallint not null check (position between 1 and 100),
  name text not null check (char_length(name) between 1 and 60),
  max_stripes smallint not null default 4 check (max_stripes between 0 and 20),
  min_age smallint check (min_age between 0 and 120),
  max_age smallint check (max_age between 0 and 120),
  months smallint not null default 0 check (months between 0 and 600),
  young_months smallint check (young_months between 0 and 600),
  trainings integer not null default 0 check (trainings between 0 and 100000),
  stripe_months smallint[] not null default '{}' check (cardinality(stripe_months) <= 20),
  stripe_trainings integer not null default 0 check (stripe_trainings between 0 and 100000),
  becomes smallint check (becomes between 1 and 100),
  constraint belts_position_is_taken unique (program, path, position),
  constraint belts_name_is_taken unique (program, path, name),
  check (max_age >= min_age)
);
comment on column belts.program is 'that of training types: trainings of it count';
comment on column belts.min_age is 'in the year it is awarded: that year minus the year of birth (R2)';
comment on column belts.months is 'at least so many with this belt before the next one';
comment on column belts.young_months is 'instead of months in the years of turning 16 and 17; null: as months';
comment on column belts.trainings is 'at least so many PRESENT with this belt before the next one';
comment on column belts.stripe_months is 'the nth: from the nth stripe to the next; the last one holds for the rest';
comment on column belts.becomes is 'of kids'' belts: the highest adult position it may become in the year of turning 16 (R5)';

insert into belts (program, path, position, name, min_age, max_age, becomes)
select 'BJJ', 'kids', position, name, min_age, 15, becomes
from (values
  (1, 'White', 4, 1), (2, 'Grey/White', 4, 2), (3, 'Grey', 4, 2), (4, 'Grey/Black', 4, 2),
  (5, 'Yellow/White', 7, 2), (6, 'Yellow', 7, 2), (7, 'Yellow/Black', 7, 2),
  (8, 'Orange/White', 10, 2), (9, 'Orange', 10, 2), (10, 'Orange/Black', 10, 2),
  (11, 'Green/White', 13, 3), (12, 'Green', 13, 3), (13, 'Green/Black', 13, 3)
) as kids (position, name, min_age, becomes);

insert into belts (program, path, position, name, max_stripes, min_age, months, young_months, stripe_months)
values
  ('BJJ', 'adult', 1, 'White', 4, 16, 0, null, '{}'),
  ('BJJ', 'adult', 2, 'Blue', 4, 16, 24, 0, '{}'),
  ('BJJ', 'adult', 3, 'Purple', 4, 16, 18, 24, '{}'),
  ('BJJ', 'adult', 4, 'Brown', 4, 18, 12, null, '{}'),
  ('BJJ', 'adult', 5, 'Black', 6, 19, 0, null, '{36,36,36,60,60,60}');

-- What somebody reached, when (R3). Written once; what was wrong is voided.
create table belt_awards (
  id integer generated always as identity primary key,
  student_id integer not null references students on delete cascade,
  program text not null,
  belt_id integer not null references belts,
  stripes smallint not null default 0 check (stripes between 0 and 20),
  awarded_on date not null,
  awarded_by text not null,
  exam_id integer references belt_exams,
  skip_reason text check (char_length(skip_reason) between 1 and 500),
  belt_before text,
  created_at timestamptz not null default now(),
  voided_at timestamptz,
  voided_by text,
  void_reason text check (char_length(void_reason) between 1 and 500),
  check ((voided_at is null) = (void_reason is null) and (voided_at is null) = (voided_by is null))
);
create index on belt_awards (student_id, program, awarded_on, id) where voided_at is null;
create index on belt_awards (student_id, id);
create unique index exam_awards_once on belt_awards (exam_id) where voided_at is null;
comment on column belt_awards.belt_before is 'what students.current_belt said before it';

create function awards_are_append_only() returns trigger language plpgsql as $$
begin
  if old.voided_at is null and new.voided_at is not null
    and to_jsonb(old) - '{voided_at,voided_by,void_reason}'::text[] = to_jsonb(new) - '{voided_at,voided_by,void_reason}'::text[]
  then
    return new;
  end if;
  raise exception 'belt_awards is append-only: void an award and enter another' using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update on belt_awards for each row execute function awards_are_append_only();

-- The newest award of all that stands; without any, what was there before the first.
create function current_belt_follows() returns trigger language plpgsql as $$
begin
  update students set current_belt = coalesce(
    (select belts.name from belt_awards award join belts on belts.id = award.belt_id
      where award.student_id = new.student_id and award.voided_at is null order by awarded_on desc, award.id desc limit 1),
    (select belt_before from belt_awards where student_id = new.student_id order by id limit 1))
  where id = new.student_id;
  return null;
end $$;
create function awards_know_the_belt_before() returns trigger language plpgsql as $$
begin
  new.belt_before := (select current_belt from students where id = new.student_id);
  return new;
end $$;
create trigger belt_before before insert on belt_awards for each row execute function awards_know_the_belt_before();
create trigger current_belt_follows after insert or update on belt_awards for each row execute function current_belt_follows();

-- Whoever is ready and is to wait (R4).
create table belt_deferrals (
  id integer generated always as identity primary key,
  student_id integer not null references students on delete cascade,
  program text not null,
  deferred_until date not null,
  reason text check (char_length(reason) between 1 and 500),
  deferred_by text not null,
  constraint belt_is_deferred_already unique (student_id, program)
);

-- Steps that trainers and administrators were told of: once per student and step.
create table belt_steps_told (
  student_id integer not null references students on delete cascade,
  belt_id integer not null references belts,
  stripes smallint not null,
  told_at timestamptz not null default now(),
  primary key (student_id, belt_id, stripes)
);

-- What became of an exam (R6). Exams of before name no belt of a program.
alter table belt_exams
  add program text,
  add belt_id integer references belts,
  add stripes smallint not null default 0 check (stripes between 0 and 20),
  add status text not null default 'planned' check (status in ('planned', 'passed', 'failed', 'cancelled')),
  add examiner_id integer references specialists,
  add decided_at timestamptz,
  add decided_by text,
  add notes text check (char_length(notes) <= 2000),
  add override_reason text check (char_length(override_reason) between 1 and 500),
  add planned_by text not null default 'system',
  add reminded_for timestamptz,
  add changes integer not null default 0,
  add check ((belt_id is null) = (program is null)),
  add check ((status in ('passed', 'failed')) <= (decided_at is not null));
create unique index exam_is_planned_already on belt_exams (student_id, program) where status = 'planned' and program is not null;
create index on belt_exams (student_id, id);
create index on belt_exams (examiner_id) where examiner_id is not null;
comment on column belt_exams.reminded_for is 'the time for which it was announced a day before';
comment on column belt_exams.changes is 'how often those concerned were told of a change';

do $$
declare
  kept record;
begin
  for kept in
    select * from (values ('belts', 'belt', ''), ('belt_awards', 'belt award', 'belt_before,created_at'), ('belt_deferrals', 'belt deferral', ''),
      ('belt_exams', 'belt exam', 'announced_for,announcements,reminded_for,changes,created_at')) as list (relation, record, bookkeeping)
  loop
    execute format('create trigger log_created after insert on %I referencing new table as entered for each statement
      execute function log_created(%L, %L, %L)', kept.relation, kept.record, 'id', kept.bookkeeping);
    execute format('create trigger log_changed after update on %I referencing old table as leaving new table as entered for each statement
      execute function log_changed(%L, %L, %L)', kept.relation, kept.record, 'id', kept.bookkeeping);
    execute format('create trigger log_deleted after delete on %I referencing old table as leaving for each statement
      execute function log_deleted(%L, %L, %L)', kept.relation, kept.record, 'id', kept.bookkeeping);
  end loop;
end $$;
