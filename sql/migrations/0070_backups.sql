-- Backups (R33). What lies in BACKUP_DIR is described there as well, beside each file: this table may be restored, the folder is not.
create table backups (
  id integer generated always as identity primary key,
  kind text not null check (kind in ('base', 'dump')),
  file text not null unique,
  started_at timestamptz not null,
  finished_at timestamptz,
  bytes bigint check (bytes > 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  schema_version integer,
  row_counts jsonb,
  verified_at timestamptz,
  error text,
  deleted_at timestamptz,
  constraint a_finished_backup_is_described check (
    finished_at is null or (error is null and num_nulls(bytes, sha256, schema_version, row_counts) = 0)),
  constraint a_verified_backup_is_finished check (verified_at is null or finished_at is not null)
);
create index on backups (finished_at) where finished_at is not null;
comment on column backups.kind is 'base: the files of the embedded database, from which its write-ahead log goes on; dump: pg_dump -Fc';
comment on column backups.file is 'below BACKUP_DIR; those of Sundays lie in archive/';
comment on column backups.error is 'why it is not complete';
comment on column backups.verified_at is 'when it was restored into a scratch server, and its migrations, row counts and audit were right (R34)';

-- Restores of this database (R35), the latest one last.
create table restores (
  id integer generated always as identity primary key,
  restored_at timestamptz not null default now(),
  file text not null,
  point_at timestamptz,
  messages_skipped integer not null,
  ticks_skipped integer not null,
  sessions_ended integer not null
);
comment on column restores.point_at is 'the moment that was asked for; null: all there was';
