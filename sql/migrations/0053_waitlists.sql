-- A full training has a line of those who wait (R15). A registration that was cancelled and waits now waits from now on, not from when
-- it was made; and whoever was promoted shortly before the start may decline for an hour.
alter table real_training_students
  add waiting_since timestamptz,
  add promoted_at timestamptz;
comment on column real_training_students.waiting_since is 'of one on the waitlist: its place goes by it, then by id; null: by created_at';
comment on column real_training_students.promoted_at is 'when it came from the waitlist to its place; null: it was registered otherwise';
create index registrations_waiting on real_training_students (real_training_id) where status = 'WAITLIST';
