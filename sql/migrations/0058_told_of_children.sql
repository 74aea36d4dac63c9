-- Of which children somebody who pays for them does not want to be told. What they owe themselves they are told all the same.
create table child_notifications (
  reader_id integer not null references users on delete cascade,
  student_id integer not null references students on delete cascade,
  is_on boolean not null,
  primary key (reader_id, student_id)
);
create index on child_notifications (student_id);
