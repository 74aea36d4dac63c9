-- The file that "export everything" makes: a worker writes it, and any host of the API hands it over. It goes after a day, with the next
-- one, with its run, and when somebody is erased.
create table export_parts (
  run_id integer not null references automated_process_history on delete cascade,
  n integer not null check (n > 0),
  bytes bytea not null,
  made_at timestamptz not null default now(),
  primary key (run_id, n)
);
-- They are packed already.
alter table export_parts alter bytes set storage external;
