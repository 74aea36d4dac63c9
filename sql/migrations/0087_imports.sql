-- Spreadsheets that were shown and wait for a yes (R25). What a file said is kept until its time is over, what became of it stays in changes_log.
create table imports (
  id integer generated always as identity primary key,
  kind text not null check (kind in ('students', 'templates')),
  file_name text check (char_length(file_name) <= 200),
  file_sha256 text not null,
  overwrite boolean not null,
  -- The day on which ages and terms were judged.
  judged_on date not null,
  -- The rows as they were understood, and a print of what was to become of them.
  given jsonb not null,
  print text not null,
  columns jsonb not null,
  counts jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  confirmed_at timestamptz,
  confirmed_by text,
  result jsonb
);
create index on imports (expires_at);

create table import_rows (
  import_id integer not null references imports on delete cascade,
  row integer not null,
  outcome text not null check (outcome in ('new', 'same', 'change', 'conflict', 'error')),
  name text not null,
  person_id integer,
  notes jsonb not null,
  primary key (import_id, row)
);
comment on column import_rows.person_id is 'whom it is about, as a preview; no reference, for nothing follows from it';
