-- What the studio's people note on a client's card.
create table person_notes (
  id integer generated always as identity primary key,
  user_id integer not null references users on delete cascade,
  note text not null check (char_length(note) between 1 and 2000),
  author text not null,
  created_at timestamptz not null default now()
);
comment on column person_notes.author is 'a key''s name, person:ID or telegram:ID, as in changes_log';
create index on person_notes (user_id, created_at);

create trigger log_created after insert on person_notes referencing new table as entered for each statement
  execute function log_created('note', 'user_id', 'created_at');
create trigger log_deleted after delete on person_notes referencing old table as leaving for each statement
  execute function log_deleted('note', 'user_id', '');
create trigger changes_of_new_rows after insert on person_notes referencing new table as touched
  for each statement execute function changes_of_people('user_id');
create trigger changes_of_deleted_rows after delete on person_notes referencing old table as touched
  for each statement execute function changes_of_people('user_id');
