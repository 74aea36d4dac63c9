-- Attendance by hand (R8): who marked, how, and everything that was marked before.
alter table real_training_students
  add column marked_by text check (marked_by in ('automatic', 'person', 'check-in')),
  -- Excused: what was charged came back, and nothing is charged any more; the status stays ABSENT.
  add column excused_at timestamptz,
  add column mark_notes text check (char_length(mark_notes) <= 500),
  add constraint excused_are_absent check (excused_at is null or status = 'ABSENT'),
  add constraint excused_are_not_charged check (excused_at is null or charged_at is null);
update real_training_students set marked_by = 'automatic' where attendance_marked_at is not null;

create table attendance_marks (
  id bigint generated always as identity primary key,
  real_training_student_id integer not null references real_training_students on delete cascade,
  was text not null,
  was_marked_by text,
  was_excused boolean not null,
  status text not null check (status in ('PRESENT', 'ABSENT')),
  is_excused boolean not null,
  marked_by text not null check (marked_by in ('person', 'check-in')),
  author text not null,
  notes text,
  marked_at timestamptz not null
);
create index on attendance_marks (real_training_student_id);

-- What a client shows at the desk: a code of six digits and a token in a QR, for two minutes.
create table check_in_codes (
  user_id integer primary key references users on delete cascade,
  digits text not null constraint check_in_digits_are_unique unique check (digits ~ '^\d{6}$'),
  token_hash bytea not null constraint check_in_token_is_unique unique,
  expires_at timestamptz not null
);
